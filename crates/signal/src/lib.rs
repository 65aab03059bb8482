//! Sans-IO edge of the LiveKit client protocol: access tokens, wire messages, who is in a room.
//!
//! A connection is opened in two steps. [`Keys::admit`] checks the token and reads the request,
//! without any state, so that a refusal is an HTTP status. [`Edge`] then owns the rest: it keeps
//! the roster of each room, turns wire messages into requests to the [`sfu::Shard`] inside it, and
//! the shard's events into wire messages. Version quirks of clients live here and nowhere else.
//!
//! Invariants: no I/O, no clock, no randomness but what is handed in; a client's bad message ends
//! that client's connection with a reason and nothing else; the sender of data is always stamped
//! by us.

mod access;
mod admission;
mod data;
mod edge;
mod fields;
mod fuzz;
mod io;
mod link_quality;
mod messages;
mod path_mode;
mod recent;
mod roster;
mod token;
mod wire;

pub use admission::{Admission, Rejection, Resume, Route};
pub use edge::Edge;
pub use io::{
    Config, ConnectionId, Event, Input, LeaveReason, Now, Order, Output, Permission, RelayPass,
    Source,
};
pub use livekit_protocol::IceServer;
pub use path_mode::PathMode;
pub use sfu::{Datagram, Transmit, Transport, local_ufrag};
pub use token::{Grant, Keys};
pub use wire::Frame;
