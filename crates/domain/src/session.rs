//! A session: one case of assistance.
//!
//! 1. `open`: people can join, come and go, for days.
//! 2. `ended`: nobody is in, the record stays.
//! 3. `open` again when somebody re-opens it; the same record goes on.

use time::OffsetDateTime;

use crate::{OrganisationId, SessionId, SessionTitle, UserId};

/// One case of assistance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, also its room's name.
    pub id: SessionId,
    /// Whose it is.
    pub organisation_id: OrganisationId,
    /// What it is about.
    pub title: Option<SessionTitle>,
    /// Whether people can join.
    pub state: SessionState,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// Who created it.
    pub created_by: UserId,
}

/// Whether people can join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// They can.
    Open,
    /// They cannot.
    Ended {
        /// Since when.
        at: OffsetDateTime,
    },
}

/// What can happen to a session's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionInput {
    /// Somebody ends it for all.
    End {
        /// When.
        at: OffsetDateTime,
    },
    /// Somebody re-opens it.
    Reopen,
}

/// The session is already as wanted; a repeated request is no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session is already in that state")]
pub struct NoTransition;

impl SessionState {
    /// The state after `input`.
    ///
    /// # Errors
    /// [`NoTransition`] when nothing changes.
    pub fn after(self, input: SessionInput) -> Result<Self, NoTransition> {
        match (self, input) {
            (Self::Open, SessionInput::End { at }) => Ok(Self::Ended { at }),
            (Self::Ended { .. }, SessionInput::Reopen) => Ok(Self::Open),
            (Self::Open, SessionInput::Reopen) | (Self::Ended { .. }, SessionInput::End { .. }) => {
                Err(NoTransition)
            }
        }
    }

    /// Whether people can join.
    pub fn is_open(self) -> bool {
        self == Self::Open
    }

    /// When it ended.
    pub fn ended_at(self) -> Option<OffsetDateTime> {
        match self {
            Self::Open => None,
            Self::Ended { at } => Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_ended_session_opens_again_and_can_end_again() {
        let first = datetime!(2026-01-01 0:00 UTC);
        let second = datetime!(2026-01-02 0:00 UTC);
        let ended = SessionState::Open
            .after(SessionInput::End { at: first })
            .expect("it ends");
        assert_eq!(ended.ended_at(), Some(first));
        let open = ended.after(SessionInput::Reopen).expect("it opens");
        assert!(open.is_open());
        let again = open
            .after(SessionInput::End { at: second })
            .expect("it ends again");
        assert_eq!(again.ended_at(), Some(second));
    }

    #[test]
    fn ending_twice_keeps_the_first_time() {
        let ended = SessionState::Ended {
            at: datetime!(2026-01-01 0:00 UTC),
        };
        let at = datetime!(2026-01-02 0:00 UTC);
        assert_eq!(ended.after(SessionInput::End { at }), Err(NoTransition));
        assert_eq!(
            SessionState::Open.after(SessionInput::Reopen),
            Err(NoTransition)
        );
    }
}
