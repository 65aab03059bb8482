//! The embedded real-time engine: the only crate with a media socket.
//!
//! One UDP port carries all media. A receiver thread reads it and hands each packet to the shard
//! thread that owns its room; shard threads run a [`signal::Edge`] each and send by themselves.
//! Where UDP does not pass, media comes over connections ([`Door`]), one task for each.
//! Signalling frames come from the HTTP edge through bounded queues.
//!
//! What each shard does and drops is counted, and read without disturbing it ([`METRICS`]).
//!
//! Invariants: a room is owned by one thread, by `&mut`; every queue is bounded (media drops its
//! oldest packet, a slow signalling client is disconnected, news for the product is dropped and
//! counted); a panic in a shard is caught, and its clients join anew.

mod attached;
mod batch;
mod clock;
mod counters;
mod door;
mod engine;
mod fuzz;
mod ice_tcp;
mod packet_queue;
mod paths;
mod receiver;
mod relay_datagrams;
mod relay_host;
mod relay_stream;
mod relayed_addresses;
mod shard_thread;
mod socket;

pub use counters::{METRICS, RELAY_METRICS};
pub use door::{Door, Ends};
pub use engine::{Config, EmbeddedEngine, StartError};
pub use relay_host::RelayConfig;
