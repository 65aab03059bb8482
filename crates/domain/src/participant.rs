use time::OffsetDateTime;

use crate::{ParticipantId, PersonName, SessionId, UserId, words::words};

/// Somebody's place in a session; it outlives their comings and goings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Its id, also the identity in the room.
    pub id: ParticipantId,
    /// Where the place is.
    pub session_id: SessionId,
    /// What they are in the session for.
    pub role: ParticipantRole,
    /// Whose place it is.
    pub person: Person,
    /// Whether they are in the room.
    pub presence: Presence,
    /// Whether somebody took the place away from them.
    pub is_removed: bool,
}

/// What somebody is in a session for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParticipantRole {
    /// Needs help and shows the problem.
    Assisted,
    /// Helps.
    Expert,
    /// Watches and listens.
    Observer,
}

words!(ParticipantRole {
    Assisted = "assisted",
    Expert = "expert",
    Observer = "observer",
});

/// Who a participant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// Somebody with an account.
    User {
        /// Their id.
        id: UserId,
        /// What they are called; `None` once the user is deleted.
        name: Option<PersonName>,
    },
    /// Somebody without.
    Guest {
        /// What they called themselves.
        name: PersonName,
    },
}

impl Person {
    /// What they are called; `None` for a deleted user.
    pub fn name(&self) -> Option<&PersonName> {
        match self {
            Self::User { name, .. } => name.as_ref(),
            Self::Guest { name } => Some(name),
        }
    }

    /// Their user id; `None` for a guest.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::Guest { .. } => None,
        }
    }
}

/// Whether a participant is in the room.
///
/// 1. `Expected`: the seat is taken, the media never was up.
/// 2. `Present`: in, by one *stay* (a rejoin is another stay).
/// 3. `Gone`: out; back to 2 with the next stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Never was in.
    Expected,
    /// Is in.
    Present {
        /// Since when.
        joined_at: OffsetDateTime,
        /// The engine's name for this stay.
        stay: String,
        /// How the media travels, once known.
        path: Option<NetworkPath>,
    },
    /// Was in.
    Gone {
        /// Since when they were in.
        joined_at: OffsetDateTime,
        /// Until when.
        left_at: OffsetDateTime,
    },
}

impl Presence {
    /// Whether they are in.
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Present { .. })
    }
}

/// The rung of the network ladder that carries a participant's media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NetworkPath {
    /// UDP straight to the media port.
    Udp,
    /// ICE over TCP.
    Tcp,
    /// Through the relay.
    Relay,
}

words!(NetworkPath {
    Udp = "udp",
    Tcp = "tcp",
    Relay = "relay",
});
