use crate::{Session, SessionState, UserId, UserRole};

/// What somebody may do with a session in its present state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionRights {
    /// End it for all.
    pub end: bool,
    /// Open it again.
    pub reopen: bool,
    /// See the invite and make a new one.
    pub invite: bool,
    /// Remove participants, change their roles, change the title.
    pub remove: bool,
}

impl SessionRights {
    /// The rights of a user of the session's own organisation.
    pub fn of_user(session: &Session, user: UserId, role: UserRole) -> Self {
        let runs_it = role.may_run_every_session() || session.created_by == user;
        match session.state {
            SessionState::Open => Self {
                end: runs_it,
                reopen: false,
                invite: true,
                remove: runs_it,
            },
            SessionState::Ended { .. } => Self {
                end: false,
                reopen: runs_it,
                invite: false,
                remove: runs_it,
            },
        }
    }

    /// A guest takes part and decides nothing.
    pub fn of_guest() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{OrganisationId, SessionId};

    fn session(state: SessionState) -> Session {
        Session {
            id: SessionId::from_random([1; 16]),
            organisation_id: OrganisationId::from_random([1; 16]),
            title: None,
            state,
            created_at: datetime!(2026-01-01 0:00 UTC),
            created_by: creator(),
        }
    }

    fn creator() -> UserId {
        UserId::from_random([1; 16])
    }

    fn somebody() -> UserId {
        UserId::from_random([2; 16])
    }

    const ENDED: SessionState = SessionState::Ended {
        at: datetime!(2026-01-02 0:00 UTC),
    };

    #[test]
    fn a_member_runs_only_the_session_that_they_created() {
        let own = SessionRights::of_user(&session(SessionState::Open), creator(), UserRole::Member);
        assert!(own.end && own.invite && own.remove && !own.reopen);
        let other =
            SessionRights::of_user(&session(SessionState::Open), somebody(), UserRole::Member);
        assert!(!other.end && !other.remove && other.invite);
    }

    #[test]
    fn an_ended_session_is_opened_again_by_its_creator_or_an_expert() {
        let ended = session(ENDED);
        assert!(SessionRights::of_user(&ended, creator(), UserRole::Member).reopen);
        for role in [UserRole::Expert, UserRole::Admin, UserRole::Owner] {
            let rights = SessionRights::of_user(&ended, somebody(), role);
            assert!(rights.reopen && !rights.end && !rights.invite);
        }
        assert!(!SessionRights::of_user(&ended, somebody(), UserRole::Member).reopen);
    }
}
