//! What goes into a [`Client`](crate::Client) and what comes out of it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use crate::credentials::Secret;

/// What all clients of an installation have in common.
pub struct Config {
    /// The realm of the credentials (RFC 8489 §9.2): the installation's host name, up to 127
    /// characters.
    pub realm: String,
    /// What credentials and nonces are made of.
    pub secret: Secret,
    /// Where media is received by UDP, as clients are told in candidates: nothing else is relayed to.
    pub peers: Vec<SocketAddr>,
    /// How much payload an allocation may relay in each direction, in bits per second. What is
    /// above it for longer than a second is dropped and counted.
    pub rate_bps_max: u64,
}

impl Config {
    pub(crate) fn has_peer(&self, peer: SocketAddr) -> bool {
        self.peers.contains(&peer)
    }

    pub(crate) fn has_peer_ip(&self, ip: IpAddr) -> bool {
        self.peers.iter().any(|peer| peer.ip() == ip)
    }

    pub(crate) fn has_family(&self, family: Family) -> bool {
        self.peers.iter().any(|&peer| Family::of(peer) == family)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("realm", &self.realm)
            .field("peers", &self.peers)
            .field("rate_bps_max", &self.rate_bps_max)
            .finish_non_exhaustive()
    }
}

/// The time, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For intervals.
    pub instant: Instant,
    /// For credentials and nonces: since the Unix epoch.
    pub since_epoch: Duration,
}

/// How a client reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Each datagram is a message.
    Udp,
    /// TCP or TLS: messages follow each other, cut apart by [`Frames`](crate::frames::Frames).
    Stream,
}

/// An address family (RFC 8656 §18.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    pub(crate) fn of(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(_) => Self::V4,
            SocketAddr::V6(_) => Self::V6,
        }
    }
}

/// A packet for our own media, as if it had come by UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToMedia<'a> {
    /// Where it comes from: a relayed address of the client.
    pub relayed: SocketAddr,
    /// Where it goes: one of [`Config::peers`].
    pub peer: SocketAddr,
    /// What it is, borrowed from the message that it came in.
    pub payload: &'a [u8],
}

/// Everything a client can want of its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A message for the client.
    ToClient(Vec<u8>),
    /// A relayed address is wanted; [`Client::allocated`](crate::Client::allocated) answers.
    Allocate {
        /// Whose credentials these are.
        participant: String,
        /// Of which family it has to be.
        family: Family,
    },
    /// A relayed address is free again.
    Release(SocketAddr),
    /// Nothing more is to be said to this client: its connection or entry ends.
    Close(Reason),
    /// There is nothing to do until then, or ever.
    Timeout {
        /// When to call [`Client::handle_timeout`](crate::Client::handle_timeout).
        at: Option<Instant>,
    },
}

/// Why there is no relayed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The participant has as many as one may have: 486.
    Quota,
    /// The server has as many as it can have: 508.
    Capacity,
}

/// Why a client is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It tried too often without proving who it is.
    #[error("{} messages without valid credentials", crate::UNAUTHENTICATED_MAX)]
    Unauthenticated,
    /// It has no allocation, and has had time for one.
    #[error("no allocation for {} seconds", crate::IDLE_TIME_MAX.as_secs())]
    Idle,
}

/// What became of a client's packets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets relayed to media.
    pub to_media_packets: u64,
    /// Their payload, in bytes.
    pub to_media_bytes: u64,
    /// Packets relayed to the client.
    pub to_client_packets: u64,
    /// Their payload, in bytes.
    pub to_client_bytes: u64,
    /// Packets dropped because of [`Config::rate_bps_max`].
    pub dropped_rate_packets: u64,
    /// Packets dropped for want of a permission, a channel or an allocation, or for their peer.
    pub dropped_forbidden_packets: u64,
    /// Messages that are none.
    pub malformed_messages: u64,
}
