//! Who asks.

use domain::{Organisation, OrganisationId, ParticipantId, SessionId, TokenHash, User, UserId};

/// A user who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The user.
    pub user: User,
    /// Where they belong.
    pub organisation: Organisation,
    /// The browser's sign-in, on which the right to ask rests.
    pub sign_in: TokenHash,
}

/// A guest's browser that holds a place in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The session's organisation.
    pub organisation_id: OrganisationId,
    /// The session.
    pub session_id: SessionId,
    /// The place.
    pub participant_id: ParticipantId,
}

/// Somebody who takes part in sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// With an account.
    User(SignedIn),
    /// Without.
    Seat(Seat),
}

impl Caller {
    pub(crate) fn organisation_id(&self) -> OrganisationId {
        match self {
            Self::User(signed_in) => signed_in.organisation.id,
            Self::Seat(seat) => seat.organisation_id,
        }
    }

    pub(crate) fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User(signed_in) => Some(signed_in.user.id),
            Self::Seat(_) => None,
        }
    }

    pub(crate) fn sign_in(&self) -> Option<TokenHash> {
        match self {
            Self::User(signed_in) => Some(signed_in.sign_in),
            Self::Seat(_) => None,
        }
    }
}

impl From<SignedIn> for Caller {
    fn from(signed_in: SignedIn) -> Self {
        Self::User(signed_in)
    }
}

impl From<Seat> for Caller {
    fn from(seat: Seat) -> Self {
        Self::Seat(seat)
    }
}
