//! What goes into an [`Edge`](crate::Edge) and what comes out of it.

use std::{
    fmt,
    time::{Duration, Instant},
};

use livekit_protocol::IceServer;
use sfu::{Datagram, RandomSource, Transmit, Transport};

use crate::{admission::Admission, token::Keys, wire::Frame};

/// What an edge is built with.
pub struct Config {
    /// Signs the tokens that clients reconnect with.
    pub keys: Keys,
    /// Names this server to clients.
    pub node: String,
    /// Whether clients may ask for faults, to see how they bear them.
    pub simulates_faults: bool,
    /// Whether clients whose way has died, or who have fallen to a lower rung, are told to resume.
    pub mends_ways: bool,
    /// Where the ids of rooms, participants and tracks come from.
    pub random: RandomSource,
    /// What gives a stay its way through the relay; without it there is no relay.
    pub relay: Option<RelayPass>,
}

/// Names the relay to one stay (by its sid), with credentials that are good from that time on, since
/// the Unix epoch.
pub type RelayPass = Box<dyn Fn(&str, Duration) -> IceServer + Send>;

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("node", &self.node)
            .field("simulates_faults", &self.simulates_faults)
            .field("mends_ways", &self.mends_ways)
            .finish_non_exhaustive()
    }
}

/// The time, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For intervals.
    pub instant: Instant,
    /// For tokens and dates: since the Unix epoch.
    pub since_epoch: Duration,
}

/// One signalling connection; numbers are never reused in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Everything that can happen to an edge.
#[derive(Debug)]
pub enum Input<'a> {
    /// A media packet arrived.
    Datagram(Datagram<'a>),
    /// A client was admitted.
    Opened {
        /// Its connection.
        connection: ConnectionId,
        /// What it asked for.
        admission: Box<Admission>,
    },
    /// A frame arrived.
    Frame {
        /// On which connection.
        connection: ConnectionId,
        /// The frame.
        frame: Frame,
    },
    /// A connection broke.
    Lost {
        /// Which.
        connection: ConnectionId,
    },
    /// The product wants something.
    Order(Order),
    /// Time has passed.
    Timeout,
}

/// What the product can order. Unknown names are ignored: they may have gone in the meantime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Removes a participant, who is told so.
    Remove {
        /// The room.
        room: String,
        /// The participant.
        identity: String,
    },
    /// Changes what a participant may do from here on; what it may not publish or receive any more
    /// ends.
    Permit {
        /// The room.
        room: String,
        /// The participant.
        identity: String,
        /// What it may.
        permission: Permission,
    },
    /// Mutes what a participant publishes from one source. Only it can unmute.
    Mute {
        /// The room.
        room: String,
        /// The participant.
        identity: String,
        /// Which of its tracks.
        source: Source,
    },
    /// Ends a room for everybody in it.
    CloseRoom {
        /// The room.
        room: String,
    },
    /// Tells everybody to join anew in a moment: the server stops.
    Stop,
}

/// What a participant may do in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// May receive tracks.
    pub can_subscribe: bool,
    /// May publish tracks.
    pub can_publish: bool,
    /// From which sources; empty means any.
    pub can_publish_sources: Vec<Source>,
    /// May send data.
    pub can_publish_data: bool,
    /// May change its own name, metadata and attributes.
    pub can_update_own_metadata: bool,
}

/// Where a track comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A microphone.
    Microphone,
    /// A camera.
    Camera,
    /// A shared screen, or its sound.
    Screen,
}

/// Everything an edge can want.
#[derive(Debug)]
pub enum Output {
    /// Send this media packet.
    Transmit(Transmit),
    /// Send this frame.
    Frame {
        /// On which connection.
        connection: ConnectionId,
        /// The frame.
        frame: Frame,
    },
    /// Close this connection once its frames are sent.
    Close {
        /// Which.
        connection: ConnectionId,
    },
    /// Tell the product.
    Event(Event),
    /// Nothing more; call [`Edge::handle`](crate::Edge::handle) at this time at the latest.
    Timeout {
        /// When, if at all.
        at: Option<Instant>,
    },
}

/// News for the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A participant's media is up.
    Joined {
        /// The room.
        room: String,
        /// The participant.
        identity: String,
        /// This stay.
        sid: String,
    },
    /// A participant is gone. Only comes after `Joined`.
    Left {
        /// The room.
        room: String,
        /// The participant.
        identity: String,
        /// This stay.
        sid: String,
        /// Why.
        reason: LeaveReason,
    },
    /// What carries a participant's media. Only comes between `Joined` and `Left`.
    PathChanged {
        /// The room.
        room: String,
        /// The participant.
        identity: String,
        /// This stay.
        sid: String,
        /// The path.
        transport: Transport,
    },
}

/// Why a participant left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    /// By its own wish.
    Left,
    /// Nothing was heard of it for too long.
    ConnectionLost,
    /// The product removed it.
    Removed,
    /// The room was closed.
    RoomClosed,
    /// The same identity joined from elsewhere.
    Replaced,
    /// The server stops.
    ServerStopped,
    /// It broke the protocol.
    Misbehaved,
}
