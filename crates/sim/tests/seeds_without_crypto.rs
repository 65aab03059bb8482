//! Runs of very many seeds with the crypto edge replaced.

mod many;

use many::{expect_kept, expect_one_kept, from_environment};
use sim::{Length, replace_crypto};

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

/// The seed of the variable `SIM_SEED`, with all that can be said of it.
#[test]
fn one_seed() {
    replace_crypto();
    expect_one_kept(from_environment(), Length::UntilWell);
}
