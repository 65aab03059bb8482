//! The durable, ordered log of what happened in a session.
//!
//! Events hold ids and facts, never names: a name lives on the participant and can be erased
//! there without touching the log.

use time::OffsetDateTime;

use crate::{EventId, NetworkPath, ParticipantId, ParticipantRole, words::words};

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEvent {
    /// Its place in the session's order: 1, 2, 3, … without gaps.
    pub seq: u64,
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: OffsetDateTime,
    /// Whom it is about or who did it, if that is a participant.
    pub participant_id: Option<ParticipantId>,
    /// What happened.
    pub data: EventData,
}

/// An entry that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: OffsetDateTime,
    /// Whom it is about or who did it, if that is a participant.
    pub participant_id: Option<ParticipantId>,
    /// What happened.
    pub data: EventData,
    /// Appending again with the same key stores nothing and yields the stored event.
    pub idempotency_key: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventData {
    /// The session came to be.
    SessionCreated,
    /// It was ended for all.
    SessionEnded,
    /// It was opened again.
    SessionReopened,
    /// It has a new invite; the old one opens nothing.
    InviteRenewed,
    /// Somebody's media came up.
    ParticipantJoined {
        /// Their role at that time.
        role: ParticipantRole,
    },
    /// Somebody is out.
    ParticipantLeft {
        /// Why.
        reason: LeaveReason,
    },
    /// Somebody has another role.
    RoleChanged {
        /// The role before.
        from: ParticipantRole,
        /// The role after.
        to: ParticipantRole,
    },
    /// Somebody's media travels another way.
    PathChanged {
        /// The rung in use.
        path: NetworkPath,
    },
}

impl EventData {
    /// The kind's spelling in the database and in the API.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SessionCreated => "session_created",
            Self::SessionEnded => "session_ended",
            Self::SessionReopened => "session_reopened",
            Self::InviteRenewed => "invite_renewed",
            Self::ParticipantJoined { .. } => "participant_joined",
            Self::ParticipantLeft { .. } => "participant_left",
            Self::RoleChanged { .. } => "role_changed",
            Self::PathChanged { .. } => "path_changed",
        }
    }
}

/// Why somebody is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaveReason {
    /// By their own wish.
    Left,
    /// Nothing was heard of them for too long.
    ConnectionLost,
    /// Somebody removed them.
    Removed,
    /// The session was ended for all.
    SessionEnded,
    /// The server stopped and started again.
    ServerRestarted,
    /// The same participant joined from elsewhere.
    Replaced,
}

words!(LeaveReason {
    Left = "left",
    ConnectionLost = "connection_lost",
    Removed = "removed",
    SessionEnded = "session_ended",
    ServerRestarted = "server_restarted",
    Replaced = "replaced",
});
