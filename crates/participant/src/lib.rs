//! Sans-IO headless client of the LiveKit protocol.
//!
//! One implementation for everything that needs a client without a browser: rooms in virtual time,
//! load over real sockets, the participant of a demonstration. [`Participant`] speaks both modes of
//! the protocol, publishes packets that its owner hands it, and judges what it receives
//! ([`Report`]). What it wants of the world it says as [`Output`]: a signalling connection, frames
//! on it, media packets, a time to be woken.
//!
//! Invariants: no I/O, no clock, no lock; what a server sends never panics it, and what it cannot
//! use makes it join anew.

mod backoff;
mod clip;
mod connection;
mod continuity;
mod data;
mod io;
mod join;
mod participant;
mod publications;
mod report;
mod roster;
mod sdp;
mod vp8;
mod wire;

pub use clip::{Clip, ClipError, Player};
pub use continuity::{Fault, StreamReport};
pub use io::{
    Channel, Config, Data, Datagram, Dial, End, Event, Input, Kind, Layer, Message, Output, Packet,
    Publish, Received, Request, TrackKey, Transmit, Wire,
};
pub use livekit_protocol::{
    DisconnectReason, ParticipantInfo, TrackSource, leave_request::Action, participant_info::State,
};
pub use participant::Participant;
pub use report::Report;
pub use vp8::{Vp8Packet, Vp8Packetizer};
