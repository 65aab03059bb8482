//! What goes into a [`Shard`](crate::Shard) and what comes out of it.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

/// Fills a buffer with unpredictable bytes; ICE passwords are made of them.
pub type RandomSource = Box<dyn FnMut(&mut [u8]) + Send>;

/// What a shard is built with.
pub struct Config {
    /// Addresses that clients can reach the media socket at, best first.
    pub candidates: Vec<SocketAddr>,
    /// Addresses that clients can open TCP connections to for media, best first (RFC 6544 §3:
    /// passive candidates).
    pub tcp_candidates: Vec<SocketAddr>,
    /// First characters of every ICE ufrag of this shard, by which a shared socket finds it.
    pub ufrag_prefix: String,
    /// Where unpredictable bytes come from.
    pub random: RandomSource,
    /// Whether links are measured and shared; otherwise everybody gets all that they ask for.
    pub estimates_bandwidth: bool,
    /// Whether VP9 and AV1 are forwarded: each picture as one stream with all its layers, of which
    /// none can be left out.
    pub forwards_svc: bool,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("candidates", &self.candidates)
            .field("tcp_candidates", &self.tcp_candidates)
            .field("ufrag_prefix", &self.ufrag_prefix)
            .field("estimates_bandwidth", &self.estimates_bandwidth)
            .field("forwards_svc", &self.forwards_svc)
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
    /// Opus, with redundancy or without.
    Audio,
    /// VP8 or H264; VP9 or AV1 where they are forwarded.
    Video,
}

/// What a track is for, which decides what suffers first when a link is narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody speaks, or the sound of a shared screen.
    Sound,
    /// Somebody shows something: motion counts.
    Camera,
    /// A screen is shared: sharpness counts.
    Screen,
}

impl Purpose {
    /// Sound or picture.
    pub fn kind(self) -> Kind {
        match self {
            Self::Sound => Kind::Audio,
            Self::Camera | Self::Screen => Kind::Video,
        }
    }
}

/// How a publisher is to encode sound: it heeds what the answer says that the receiver prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sound {
    /// Nothing needs to be sent while nobody speaks (DTX).
    pub may_pause: bool,
    /// Two channels; otherwise they are mixed into one.
    pub is_stereo: bool,
}

/// One of the sizes that a picture is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// `q`, or the only one.
    Low,
    /// `h`.
    Medium,
    /// `f`.
    High,
}

impl Layer {
    /// Upwards.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];
}

/// What a subscriber wants of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackSettings {
    /// Keeps the subscription, but sends nothing.
    pub is_disabled: bool,
    /// Nothing above this is useful to it.
    pub layer_max: Layer,
    /// Larger is more important.
    pub priority: u32,
}

impl Default for TrackSettings {
    fn default() -> Self {
        Self {
            is_disabled: false,
            layer_max: Layer::High,
            priority: 0,
        }
    }
}

/// Who writes the offers of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offerer {
    /// The client: it sends and receives.
    Client,
    /// We do: it only receives.
    Server,
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
    /// Our own relay, which hands packets over in memory; to ICE they are UDP.
    Relay,
}

/// Which transports a peer may use. What comes by another is not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transports {
    /// UDP straight to the media port.
    pub udp: bool,
    /// ICE over TCP.
    pub tcp: bool,
    /// The relay.
    pub relay: bool,
}

impl Transports {
    /// All that there are.
    pub const ALL: Self = Self {
        udp: true,
        tcp: true,
        relay: true,
    };

    pub(crate) fn include(self, transport: Transport) -> bool {
        match transport {
            Transport::Udp => self.udp,
            Transport::Tcp => self.tcp,
            Transport::Relay => self.relay,
        }
    }
}

/// A packet from the network.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// What carried it.
    pub transport: Transport,
    /// Who sent it.
    pub source: SocketAddr,
    /// Which of [`Config::candidates`], or of [`Config::tcp_candidates`], it was sent to.
    pub destination: SocketAddr,
    /// The packet.
    pub payload: &'a [u8],
}

/// A packet for the network.
#[derive(Debug)]
pub struct Transmit {
    /// What carries it.
    pub transport: Transport,
    /// Which of the candidates it is sent from.
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
        /// Who offers.
        offerer: Offerer,
        /// What may carry its packets.
        transports: Transports,
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
    /// The client's SDP answer to an [`Event::Offer`].
    Answer {
        /// Whose.
        peer: PeerId,
        /// The offer's number; 0 when the client does not say.
        id: u32,
        /// The SDP.
        sdp: String,
    },
    /// The client's network has changed: where we offer, ICE restarts with the next offer.
    RestartIce {
        /// Whose.
        peer: PeerId,
    },
    /// A client is about to publish: the next fitting section it offers carries this track.
    Announce {
        /// The publisher.
        peer: PeerId,
        /// The track's id.
        track: TrackId,
        /// What it is for.
        purpose: Purpose,
        /// The ids that the client may use for it in its SDP.
        client_ids: Vec<String>,
        /// How it is to be sent, if it is sound.
        sound: Sound,
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
    /// What a subscriber wants of a track, which it may or may not receive yet.
    Configure {
        /// The receiver.
        peer: PeerId,
        /// The track.
        track: TrackId,
        /// The wish.
        settings: TrackSettings,
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
            | Self::Answer { peer, .. }
            | Self::RestartIce { peer }
            | Self::Announce { peer, .. }
            | Self::Unpublish { peer, .. }
            | Self::Subscribe { peer, .. }
            | Self::Unsubscribe { peer, .. }
            | Self::Configure { peer, .. }
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
    /// An offer for the client to answer.
    Offer {
        /// For whom.
        peer: PeerId,
        /// Its number.
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
    /// The link has no room for a subscribed picture any more, or has room again.
    Paused {
        /// The receiver.
        peer: PeerId,
        /// The track.
        track: TrackId,
        /// Whether it is paused.
        is_paused: bool,
    },
    /// The highest layer that anybody wants of a track; `None` when nobody wants any.
    LayersWanted {
        /// The publisher.
        peer: PeerId,
        /// The track.
        track: TrackId,
        /// No layer above this is sent to anybody.
        layer_max: Option<Layer>,
    },
    /// How loud a publisher speaks, after a change: 0 is silence, 100 as loud as can be.
    Speaking {
        /// The publisher.
        peer: PeerId,
        /// In percent.
        level: u8,
    },
    /// How well a link does, every few seconds.
    Link {
        /// Whose.
        peer: PeerId,
        /// What was measured.
        link: Link,
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

/// How well a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// To the client and back.
    pub round_trip: Option<Duration>,
    /// Of what we send, in percent.
    pub loss_down: Option<u8>,
    /// Of what the client sends, in percent.
    pub loss_up: Option<u8>,
    /// What it can carry to the client, as far as that is measured.
    pub estimate_bps: Option<u64>,
}

/// Why a peer was closed by the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its SDP could not be used.
    BadDescription,
    /// It did not answer an offer.
    Unanswered,
    /// The client closed the transport.
    TransportClosed,
    /// The transport broke.
    TransportFailed,
}
