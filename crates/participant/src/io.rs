//! What goes into a [`Participant`](crate::Participant) and what comes out of it.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use livekit_protocol::{DisconnectReason, TrackSource, leave_request::Action};

/// What a participant is built with.
#[derive(Debug, Clone)]
pub struct Config {
    /// How it talks to the server, and from which addresses.
    pub wire: Wire,
    /// Whether what breaks is made again, as people's clients do. Otherwise the owner decides.
    pub is_persistent: bool,
    /// Whether it receives everything that others publish without asking for it.
    pub is_auto_subscribing: bool,
}

/// The protocol's two modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// `/rtc/v1`: one peer connection; the client makes all offers.
    Single {
        /// Where its packets come from.
        address: SocketAddr,
    },
    /// `/rtc`: one peer connection to publish and one, offered by the server, to subscribe.
    Dual {
        /// Where the packets of the first come from.
        publisher: SocketAddr,
        /// Where the packets of the second come from; another socket, as in browsers.
        subscriber: SocketAddr,
    },
}

/// Everything that can happen to a participant.
#[derive(Debug)]
pub enum Input<'a> {
    /// Its owner wants something.
    Request(Request),
    /// A binary frame from the server, on the connection of the last [`Output::Dial`].
    Frame(&'a [u8]),
    /// That connection could not be opened, or has ended.
    Lost {
        /// The HTTP status of a refusal.
        status: Option<u16>,
    },
    /// A media packet arrived.
    Datagram(Datagram<'a>),
    /// Time has passed.
    Timeout,
}

/// A packet from the network.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// Who sent it.
    pub source: SocketAddr,
    /// Which of the addresses of [`Wire`] it came to.
    pub destination: SocketAddr,
    /// The packet.
    pub payload: &'a [u8],
}

/// A packet for the network.
#[derive(Debug)]
pub struct Transmit {
    /// Which of the addresses of [`Wire`] it is sent from.
    pub source: SocketAddr,
    /// Who it is for.
    pub destination: SocketAddr,
    /// The packet.
    pub payload: Vec<u8>,
}

/// Names a publication to the participant's owner, who chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackKey(pub u32);

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

/// What is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// What the owner calls it.
    pub track: TrackKey,
    /// What others are told that it is.
    pub source: TrackSource,
    /// Its encodings, lowest first. One is sent plainly, several as simulcast; sound has one.
    pub layers: Vec<Layer>,
}

/// One encoding of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layer {
    /// In pixels; 0 for sound.
    pub width: u32,
    /// In pixels; 0 for sound.
    pub height: u32,
    /// What the publisher means to send.
    pub bitrate_bps: u32,
}

/// An RTP packet to send. Sequence numbers are the participant's.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Of which publication.
    pub track: TrackKey,
    /// Of which of its layers, lowest first.
    pub layer: usize,
    /// In ticks of the codec's clock.
    pub timestamp: u32,
    /// Whether it ends a picture or begins a spurt of talk.
    pub is_marked: bool,
    /// How loud the sound is: RFC 6464, in dBov from -127 to 0.
    pub level_dbov: Option<i8>,
    /// The codec's packet with its descriptor.
    pub payload: Arc<[u8]>,
}

/// A message for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// By which channel.
    pub channel: Channel,
    /// What it is about.
    pub topic: Option<String>,
    /// Whom it is for; nobody means everybody else.
    pub recipients: Vec<String>,
    /// What is said.
    pub payload: Vec<u8>,
}

/// What the owner can ask for. What does not make sense at the moment is ignored.
#[derive(Debug, Clone)]
pub enum Request {
    /// Join, or join anew from scratch with what is published.
    Join {
        /// The access token.
        token: String,
    },
    /// Go on with the stay whose signalling connection was lost.
    Resume,
    /// Publish a track.
    Publish(Publish),
    /// Stop publishing it.
    Unpublish {
        /// Which.
        track: TrackKey,
    },
    /// Say that a track is muted, or is not any more.
    Mute {
        /// Which.
        track: TrackKey,
        /// How it is.
        is_muted: bool,
    },
    /// Send an RTP packet; dropped while there is nowhere to send it.
    Write(Packet),
    /// Send a message. Reliable ones wait for their channel, lossy ones do not.
    Send(Message),
    /// Ask for a key frame of a received track.
    RequestKeyframe {
        /// Its sid.
        sid: String,
    },
    /// Start or stop receiving a track.
    Subscribe {
        /// Its sid.
        sid: String,
        /// Whether it is wanted.
        is_wanted: bool,
    },
    /// Say in what size a received track is shown; nothing when it is not shown.
    Show {
        /// Its sid.
        sid: String,
        /// Width and height in pixels.
        size: Option<(u32, u32)>,
    },
    /// Leave.
    Leave,
}

/// Everything a participant can want.
#[derive(Debug)]
pub enum Output {
    /// Open a signalling connection instead of any earlier one.
    Dial(Dial),
    /// Send this binary frame on it.
    Frame(Vec<u8>),
    /// Close it, after the frames that came before.
    Hangup,
    /// Send this media packet.
    Transmit(Transmit),
    /// Tell the owner.
    Event(Event),
    /// Nothing more; call [`Participant::handle`](crate::Participant::handle) at this time at the
    /// latest.
    Timeout {
        /// When, if at all.
        at: Option<Instant>,
    },
}

/// Where a signalling connection is opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Dial {
    /// Path and query, below the server's address.
    pub target: String,
    /// The access token, which goes into the header `Authorization`.
    pub bearer: String,
}

impl std::fmt::Debug for Dial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dial").finish_non_exhaustive()
    }
}

/// News for the owner.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It is in the room; a new stay.
    Joined,
    /// The stay goes on after a lost connection.
    Resumed,
    /// Media flows: the connection that the mode waits for first is up.
    Connected,
    /// The signalling connection is gone. A persistent participant makes a new one.
    Lost,
    /// The server ended the stay. A persistent participant obeys the action.
    Dismissed {
        /// Why.
        reason: DisconnectReason,
        /// What is to be done.
        action: Action,
    },
    /// It is over until [`Request::Join`].
    Ended(End),
    /// The server took a publication.
    Published {
        /// Which.
        track: TrackKey,
        /// What the server calls it.
        sid: String,
    },
    /// The server did not take it.
    NotPublished {
        /// Which.
        track: TrackKey,
    },
    /// The server mutes a publication.
    Muted {
        /// Which.
        track: TrackKey,
    },
    /// Which layers of a publication somebody receives, lowest first; the others need not be sent.
    LayersWanted {
        /// Which.
        track: TrackKey,
        /// By layer.
        is_wanted: [bool; 3],
    },
    /// Somebody needs a key frame.
    KeyframeWanted {
        /// Of which publication.
        track: TrackKey,
        /// Of which of its layers.
        layer: usize,
    },
    /// An RTP packet arrived.
    Received(Received),
    /// A message arrived.
    Data(Data),
}

/// Why it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The owner asked for it.
    Left,
    /// The server sent it away for good.
    Dismissed(DisconnectReason),
    /// The server did not let it in: an HTTP status.
    Refused(u16),
    /// The transport closed, or the server sent what cannot be used. Persistent ones join anew.
    Failed,
}

/// An RTP packet that arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The track, if it is known already.
    pub sid: Option<Arc<str>>,
    /// Its stream.
    pub ssrc: u32,
    /// Sound or picture.
    pub kind: Kind,
    /// Extended sequence number.
    pub sequence: u64,
    /// In ticks of the codec's clock.
    pub timestamp: u32,
    /// The marker bit.
    pub is_marked: bool,
    /// Whether a key frame begins here.
    pub is_keyframe: bool,
    /// The codec's packet with its descriptor.
    pub payload: Arc<[u8]>,
}

/// A message that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// From whom, as stamped by the server.
    pub identity: String,
    /// By which channel.
    pub channel: Channel,
    /// What it is about.
    pub topic: Option<String>,
    /// What is said.
    pub payload: Vec<u8>,
}
