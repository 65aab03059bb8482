//! Sans-IO TURN server (RFC 8656) inside the media server's process, without relay ports.
//!
//! ```text
//! client ──► handle ──► ToMedia { relayed, peer, payload } ──► media input
//! client ◄── to_client ◄── what media sends to a relayed address
//!            poll ──► ToClient | Allocate | Release | Close | Timeout
//! ```
//!
//! One [`Client`] is one transport of a client (RFC 8656 §3: one allocation for each 5-tuple), so
//! nothing is shared between two of them. A relayed address is a name, not a socket: the host hands
//! out one that is unique, and carries packets between it and its own media by plain calls.
//!
//! Invariants: no I/O, no clock and no randomness; data goes to the addresses in [`Config::peers`]
//! and nowhere else, whoever asks; without a permission nothing passes in either direction; what a
//! client can make us keep has a limit with a name; nothing is allocated on the path of a packet.

mod address;
mod allocation;
mod attributes;
mod channel_data;
mod classify;
mod client;
mod credentials;
mod failure;
pub mod frames;
mod fuzz;
mod integrity;
mod io;
mod message;
mod nonce;
mod rate;
mod writer;

pub use allocation::{CHANNELS_MAX, PERMISSIONS_MAX};
pub use classify::{binding_answer, is_binding_query, is_turn};
pub use client::{Client, IDLE_TIME_MAX, UNAUTHENTICATED_MAX};
pub use credentials::{Credentials, Secret};
pub use io::{Config, Counters, Family, Now, Output, Reason, Refusal, ToMedia, Transport};
