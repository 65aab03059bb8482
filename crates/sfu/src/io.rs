//! What goes into a [`Shard`](crate::Shard) and what comes out of it.

use std::{collections::BTreeMap, fmt, net::SocketAddr, sync::Arc, time::Instant};

/// Fills a buffer with unpredictable bytes; ICE passwords are made of them.
pub type RandomSource = Box<dyn FnMut(&mut [u8]) + Send>;

/// What a shard is built with.
pub struct Config {
    /// Addresses that clients can reach the media socket at, best first.
    pub candidates: Vec<SocketAddr>,
    /// First characters of every ICE ufrag of this shard, by which a shared socket finds it.
    pub ufrag_prefix: String,
    /// Where unpredictable bytes come from.
    pub random: RandomSource,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("candidates", &self.candidates)
            .field("ufrag_prefix", &self.ufrag_prefix)
            .finish_non_exhaustive()
    }
}

/// One WebRTC connection; numbers are never reused in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub u64);

/// A published track, unique in its shard and never reused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(Arc<str>);

impl TrackId {
    /// The text form, as it stands in the SDP.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for TrackId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Opus.
    Audio,
    /// VP8.
    Video,
}

/// Which data channel a message goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Ordered, retransmitted.
    Reliable,
    /// Unordered, sent once.
    Lossy,
}

/// What carries a peer's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// UDP straight to the media port.
    Udp,
    /// RFC 4571 frames over TCP.
    Tcp,
}

/// A packet from the network.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// What carried it.
    pub transport: Transport,
    /// Who sent it.
    pub source: SocketAddr,
    /// Which of [`Config::candidates`] it was sent to.
    pub destination: SocketAddr,
    /// The packet.
    pub payload: &'a [u8],
}

/// A packet for the network.
#[derive(Debug)]
pub struct Transmit {
    /// What carries it.
    pub transport: Transport,
    /// Which of [`Config::candidates`] it is sent from.
    pub source: SocketAddr,
    /// Who it is for.
    pub destination: SocketAddr,
    /// The packet.
    pub payload: Vec<u8>,
}

/// Everything that can happen to a shard.
#[derive(Debug)]
pub enum Input<'a> {
    /// A packet arrived.
    Datagram(Datagram<'a>),
    /// The protocol edge wants something.
    Request(Request),
    /// Time has passed.
    Timeout,
}

/// What the protocol edge can ask for. Unknown peers and tracks are ignored: they may have gone
/// in the meantime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A new connection in a room; the room comes into being with its first peer.
    AddPeer {
        /// The new peer.
        peer: PeerId,
        /// The room's name.
        room: Arc<str>,
        /// Names the peer in the `msid` of what it publishes.
        label: Arc<str>,
    },
    /// The connection is over; its tracks end for everybody.
    RemovePeer {
        /// Who.
        peer: PeerId,
    },
    /// The client's SDP offer.
    Offer {
        /// Whose.
        peer: PeerId,
        /// The client's number for it, echoed in the answer.
        id: u32,
        /// The SDP.
        sdp: String,
    },
    /// A client is about to publish: the next fitting section it offers carries this track.
    Announce {
        /// The publisher.
        peer: PeerId,
        /// The track's id.
        track: TrackId,
        /// Sound or picture.
        kind: Kind,
        /// The ids that the client may use for it in its SDP.
        client_ids: Vec<String>,
    },
    /// The publisher's track ends, whatever its SDP says.
    Unpublish {
        /// The publisher.
        peer: PeerId,
        /// The track.
        track: TrackId,
    },
    /// Starts forwarding a track of the same room.
    Subscribe {
        /// The receiver.
        peer: PeerId,
        /// The track.
        track: TrackId,
    },
    /// Stops forwarding it.
    Unsubscribe {
        /// The receiver.
        peer: PeerId,
        /// The track.
        track: TrackId,
    },
    /// Sends a message on a data channel. While the channel is not open yet, reliable messages
    /// wait and lossy ones are dropped.
    Send {
        /// The receiver.
        peer: PeerId,
        /// The channel.
        channel: Channel,
        /// The message.
        payload: Arc<[u8]>,
    },
}

impl Request {
    /// Whom it is about.
    pub fn peer(&self) -> PeerId {
        match self {
            Self::AddPeer { peer, .. }
            | Self::RemovePeer { peer }
            | Self::Offer { peer, .. }
            | Self::Announce { peer, .. }
            | Self::Unpublish { peer, .. }
            | Self::Subscribe { peer, .. }
            | Self::Unsubscribe { peer, .. }
            | Self::Send { peer, .. } => *peer,
        }
    }
}

/// Everything a shard can want.
#[derive(Debug)]
pub enum Output {
    /// Send this packet.
    Transmit(Transmit),
    /// Tell the protocol edge.
    Event(Event),
    /// Nothing more; call [`Shard::handle`](crate::Shard::handle) at this time at the latest.
    Timeout {
        /// When, if at all.
        at: Option<Instant>,
    },
}

/// News for the protocol edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The answer to an offer.
    Answer {
        /// For whom.
        peer: PeerId,
        /// The offer's number.
        id: u32,
        /// The SDP.
        sdp: String,
        /// Which section carries which track to this client: the whole map, every time.
        tracks_by_mid: BTreeMap<String, TrackId>,
    },
    /// The client should offer again, with this many more receiving sections.
    SectionsWanted {
        /// Who should.
        peer: PeerId,
        /// Additional sections for sound.
        audio: u32,
        /// Additional sections for pictures.
        video: u32,
    },
    /// The media connection is up.
    Connected {
        /// Whose.
        peer: PeerId,
    },
    /// What carries the media is known, or has changed.
    PathChanged {
        /// Whose.
        peer: PeerId,
        /// The path.
        transport: Transport,
    },
    /// An announced track has a section now: others may subscribe.
    TrackLive {
        /// The publisher.
        peer: PeerId,
        /// The track.
        track: TrackId,
        /// Its section at the publisher.
        mid: String,
    },
    /// A live track is gone.
    TrackEnded {
        /// The publisher.
        peer: PeerId,
        /// The track.
        track: TrackId,
    },
    /// A message from a data channel.
    Received {
        /// From whom.
        peer: PeerId,
        /// By which channel.
        channel: Channel,
        /// The message.
        payload: Vec<u8>,
    },
    /// The connection is over on the engine's side; the peer is gone.
    Closed {
        /// Whose.
        peer: PeerId,
        /// Why.
        reason: Reason,
    },
}

/// Why a peer was closed by the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its SDP could not be used.
    BadOffer,
    /// The client closed the transport.
    TransportClosed,
    /// The transport broke.
    TransportFailed,
}
