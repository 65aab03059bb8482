//! What use-cases answer with, where a domain type alone does not say it.

use domain::{
    Cursor, Invite, InviteToken, JoinCode, PersonName, SecretToken, Session, SessionRights, UserId,
    UserRole,
};
use store::SessionDetails;
use time::OffsetDateTime;

use crate::{Caller, SignedIn};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, Id> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor<Id>>,
}

impl<T, Id> Page<T, Id> {
    /// Makes a page of up to `limit` entries from what was found when asking for one more.
    pub(crate) fn of(mut found: Vec<T>, limit: usize, cursor: impl Fn(&T) -> Cursor<Id>) -> Self {
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| has_more).map(cursor);
        Self { items: found, next }
    }
}

/// A one-time link with which a user sets their password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLink {
    /// What the link carries.
    pub token: SecretToken,
    /// Until when it works.
    pub expires_at: OffsetDateTime,
}

/// A session as one viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session.
    pub session: Session,
    /// What its creator is called; `None` once that user is deleted.
    pub creator_name: Option<PersonName>,
    /// Whether the viewer, a user, created it or has a place in it.
    pub is_mine: bool,
    /// How many people are in the room.
    pub participants_present: u32,
    /// How others get in, for those who may invite.
    pub invite: Option<InviteView>,
    /// What the viewer may do.
    pub rights: SessionRights,
}

/// How others get into a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteView {
    /// Nine digits to read out.
    pub code: JoinCode,
    /// What the link carries.
    pub token: InviteToken,
    /// Until when both work.
    pub expires_at: OffsetDateTime,
    /// Whether that time is over.
    pub is_expired: bool,
}

/// Through whose eyes a session is seen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Viewer {
    User { id: UserId, role: UserRole },
    Guest,
}

impl Viewer {
    fn user_id(self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(id),
            Self::Guest => None,
        }
    }

    fn rights(self, session: &Session) -> SessionRights {
        match self {
            Self::User { id, role } => SessionRights::of_user(session, id, role),
            Self::Guest => SessionRights::of_guest(),
        }
    }
}

impl From<&SignedIn> for Viewer {
    fn from(signed_in: &SignedIn) -> Self {
        Self::User {
            id: signed_in.user.id,
            role: signed_in.user.role,
        }
    }
}

impl From<&Caller> for Viewer {
    fn from(caller: &Caller) -> Self {
        match caller {
            Caller::User(signed_in) => signed_in.into(),
            Caller::Seat(_) => Self::Guest,
        }
    }
}

impl SessionView {
    pub(crate) fn of(
        details: SessionDetails,
        viewer: impl Into<Viewer>,
        now: OffsetDateTime,
    ) -> Self {
        let viewer = viewer.into();
        let rights = viewer.rights(&details.session);
        let created_by_viewer = viewer.user_id() == Some(details.session.created_by);
        Self {
            creator_name: details.creator_name,
            is_mine: created_by_viewer || details.has_viewers_place,
            participants_present: details.participants_present,
            invite: details
                .invite
                .filter(|_| rights.invite)
                .map(|invite| InviteView::of(&invite, now)),
            rights,
            session: details.session,
        }
    }
}

impl InviteView {
    fn of(invite: &Invite, now: OffsetDateTime) -> Self {
        Self {
            code: invite.code,
            token: invite.token,
            expires_at: invite.expires_at,
            is_expired: invite.is_expired(now),
        }
    }
}
