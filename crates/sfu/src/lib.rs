//! Sans-IO media engine: rooms of peers that publish tracks, subscribe to them and send data.
//!
//! A [`Shard`] owns rooms; a peer is one WebRTC connection in one room. Packets go in with
//! [`Shard::handle`], everything the engine wants done comes out of [`Shard::poll`]: datagrams to
//! send, events to tell, and the time at which it wants to be woken. Nothing is decoded: RTP is
//! forwarded from the publisher's stream to each subscriber's with rebased sequence numbers and
//! timestamps. Who people are (names, roles, metadata) is not known here; the protocol edge keeps
//! that.
//!
//! Invariants: no I/O, no clock, no randomness but what is handed in; bad input closes one peer
//! and is reported, never panics; a track is only ever forwarded inside its own room.

mod climb;
mod codec;
mod demand;
mod formats;
mod forward;
mod fuzz;
mod io;
mod keyframes;
mod meter;
mod numbers;
mod overtaking;
mod packet;
mod peer;
mod publication;
mod pulse;
mod revival;
mod rewriter;
mod sdp;
mod sections;
mod shard;
mod share;
mod speech;
mod stun;

pub use io::{
    Channel, Config, Datagram, Event, Input, Kind, Layer, Link, Offerer, Output, PeerId, Purpose,
    RandomSource, Reason, Request, Sound, TrackId, TrackSettings, Transmit, Transport, Transports,
};
pub use shard::Shard;
pub use stun::local_ufrag;
