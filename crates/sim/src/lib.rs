//! Whole rooms in virtual time: many participants, one edge, and a bad network, from a seed.
//!
//! [`run`] plays one seed to its end and tells what it saw. Everything that is chosen is chosen by
//! the seed: who comes, how, over which network, and what goes wrong ([`Plan`]). The clock is
//! virtual and moves from one thing that is due to the next.
//!
//! What str0m draws from the system itself is not the seed's: ICE credentials, DTLS keys and
//! signatures, SSRCs, names of sections, numbers of STUN transactions and of SCTP. They change bytes
//! and lengths of packets, and with them the time at which a packet passes a narrow way. The trace
//! that two runs of a seed share therefore holds who joined, what broke, what everybody received
//! and how it ended, and neither packets nor times. What depends on these draws can differ between
//! two runs of a seed: a failure may need several plays of its seed to show again.

mod camera;
mod network;
mod person;
mod plan;
mod random;
mod server;
mod verdict;
mod world;

pub use network::{Quality, Way};
pub use plan::{CALM_AT, END_AT, Happening, LAST_LOOK_AT, Person, Plan, Severity};
pub use random::Random;
pub use server::hush_planned_panics;
pub use verdict::Outcome;

/// Plays the run of a seed.
pub fn run(seed: u64) -> Outcome {
    world::World::new(seed).run()
}
