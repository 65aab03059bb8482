//! Whole rooms in virtual time: many participants, one edge, and a bad network, from a seed.
//!
//! [`run`] plays one seed to its end and tells what it saw. Everything that is chosen is chosen by
//! the seed: who comes, how, over which network, and what goes wrong ([`Plan`]). The clock is
//! virtual and moves from one thing that is due to the next.
//!
//! What str0m draws by `fastrand` is the seed's too: ICE credentials, SSRCs, names of sections,
//! numbers of STUN transactions. What it takes from the system is not, and excluded by name: DTLS
//! keys and signatures, SCTP's numbers, and the order in which it walks through hash maps, by which
//! several packets that are due at once change places. These change bytes and lengths of packets,
//! and with them the time at which a packet passes a narrow way. The trace that two runs of a seed
//! share therefore holds who joined, what broke, what everybody received and how it ended, and
//! neither packets nor times. What depends on such a draw can differ between two runs of a seed: a
//! failure may need several plays of its seed to show again.
//!
//! With [`replace_crypto`] DTLS and SRTP protect nothing and come from the seed as well.

mod camera;
mod crypto;
mod network;
mod person;
mod plan;
mod random;
mod schedule;
mod server;
mod stream;
mod talk;
mod verdict;
mod world;

pub use crypto::replace_crypto;
pub use network::{Quality, Way};
pub use plan::{CALM_AT, END_AT, Happening, LAST_LOOK, Person, Plan, Severity};
pub use random::Random;
pub use server::hush_planned_panics;
pub use verdict::Outcome;
pub use world::Length;

/// Plays the run of a seed.
pub fn run(seed: u64, length: Length) -> Outcome {
    play(seed, Plan::of(seed), length)
}

/// Plays a run that somebody has planned, with the draws of a seed.
pub fn play(seed: u64, plan: Plan, length: Length) -> Outcome {
    fastrand::seed(Random::of(seed, 4).draw());
    world::World::new(seed, plan, length).run()
}
