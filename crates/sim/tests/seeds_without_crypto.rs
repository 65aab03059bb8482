//! Runs of very many seeds with the crypto edge replaced.

mod many;

use many::{expect_kept, expect_one_kept, expect_one_room_to_pay, from_environment};
use sim::{Happening, Length, Plan, Severity, hush_planned_panics, replace_crypto, run};

#[test]
fn a_thousand_seeds_keep_their_promises_without_crypto() {
    replace_crypto();
    expect_kept(0..1000, Length::UntilWell);
}

#[test]
#[ignore = "long: ten times as many seeds"]
fn ten_thousand_seeds_keep_their_promises_without_crypto() {
    replace_crypto();
    expect_kept(1000..11_000, Length::UntilWell);
}

#[test]
fn two_runs_of_a_seed_tell_the_same_story_and_count_the_same() {
    replace_crypto();
    hush_planned_panics();
    for seed in 0..12 {
        let (one, other) = (run(seed, Length::UntilWell), run(seed, Length::UntilWell));
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert_eq!(one.trace_hash(), other.trace_hash());
        // What SCTP draws outside of the seed changes which packets a broken way drops.
        if Plan::of(seed).severity != Severity::Broken {
            assert_eq!(one.counts, other.counts, "seed {seed}");
            assert_eq!(one.counts_hash(), other.counts_hash());
        }
    }
}

#[test]
fn a_panic_over_a_packet_costs_one_room() {
    replace_crypto();
    expect_one_room_to_pay(Happening::PanicOverPacket(0));
}

/// The seed of the variable `SIM_SEED`, with all that can be said of it.
#[test]
fn one_seed() {
    replace_crypto();
    expect_one_kept(from_environment(), Length::UntilWell);
}
