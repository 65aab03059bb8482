//! Runs of many seeds: what must hold on every network.

mod many;

use many::{expect_kept, expect_one_kept, expect_one_room_to_pay, from_environment};
use sim::{Happening, Length, hush_planned_panics, run};

#[test]
fn a_hundred_seeds_keep_their_promises() {
    expect_kept(0..100, Length::Full);
}

#[test]
#[ignore = "long: ten times as many seeds"]
fn a_thousand_seeds_keep_their_promises() {
    expect_kept(100..1100, Length::Full);
}

#[test]
fn two_runs_of_a_seed_tell_the_same_story() {
    hush_planned_panics();
    for seed in [0, 1, 2, 5, 8, 11] {
        let (one, other) = (run(seed, Length::Full), run(seed, Length::Full));
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert_eq!(one.trace_hash(), other.trace_hash());
    }
    assert_ne!(
        run(2, Length::Full).trace_hash(),
        run(5, Length::Full).trace_hash()
    );
}

#[test]
fn a_panicking_shard_costs_one_room() {
    expect_one_room_to_pay(Happening::Panic(0));
}

/// The seed of the variable `SIM_SEED`, with all that can be said of it.
#[test]
fn one_seed() {
    expect_one_kept(from_environment(), Length::Full);
}
