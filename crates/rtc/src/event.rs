/// What happened in a room, in the order in which it happened there.
///
/// The engine is given a bounded channel for these when it is built. When nobody empties it the
/// oldest news is kept and the newest dropped and counted: media never waits for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RtcEvent {
    /// A participant's media transport is up: they are in.
    Joined {
        /// The room's name.
        room: String,
        /// The participant's identity.
        identity: String,
        /// One stay of this participant; a rejoin has another.
        stay: String,
    },
    /// A participant is gone for good (a short signalling loss is not a leave).
    Left {
        /// The room's name.
        room: String,
        /// The participant's identity.
        identity: String,
        /// The stay that ended.
        stay: String,
        /// Why.
        reason: LeaveReason,
    },
    /// The network path that carries a participant's media is known or has changed.
    PathChanged {
        /// The room's name.
        room: String,
        /// The participant's identity.
        identity: String,
        /// The stay it belongs to.
        stay: String,
        /// The rung in use.
        path: Path,
    },
}

/// Why a participant left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    /// By their own wish.
    Left,
    /// Nothing was heard of them for too long.
    ConnectionLost,
    /// Somebody removed them.
    Removed,
    /// The room was closed.
    RoomClosed,
    /// The same identity joined from elsewhere.
    Replaced,
    /// The server stopped.
    ServerStopped,
}

/// The rung of the network ladder that carries media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// UDP straight to the media port.
    Udp,
    /// ICE over TCP.
    Tcp,
    /// Through the relay.
    Relay,
}
