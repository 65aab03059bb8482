use async_trait::async_trait;
use domain::{
    Cursor, Invite, OrganisationId, PageLimit, PersonName, Session, SessionId, SessionState,
    SessionTitle, UserId,
};

use crate::StoreError;

/// The cases of assistance.
#[async_trait]
pub trait Sessions {
    /// Keeps a new session.
    async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError>;

    /// One session, as `viewer` sees it.
    async fn session(
        &mut self,
        organisation: OrganisationId,
        id: SessionId,
        viewer: Option<UserId>,
    ) -> Result<Option<SessionDetails>, StoreError>;

    /// A page of sessions, the newest first, as `viewer` sees them.
    async fn sessions(
        &mut self,
        organisation: OrganisationId,
        viewer: UserId,
        filter: &SessionFilter,
    ) -> Result<Vec<SessionDetails>, StoreError>;

    /// Whose session this is. For ids that come from the media engine.
    async fn organisation_of_session(
        &mut self,
        id: SessionId,
    ) -> Result<Option<OrganisationId>, StoreError>;

    /// Stores the state.
    async fn set_session_state(
        &mut self,
        organisation: OrganisationId,
        id: SessionId,
        state: SessionState,
    ) -> Result<(), StoreError>;

    /// Stores the title.
    async fn set_session_title(
        &mut self,
        organisation: OrganisationId,
        id: SessionId,
        title: Option<&SessionTitle>,
    ) -> Result<(), StoreError>;
}

/// A session and what is told about it everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDetails {
    /// The session.
    pub session: Session,
    /// What its creator is called; `None` once that user is deleted.
    pub creator_name: Option<PersonName>,
    /// How many participants are in the room.
    pub participants_present: u32,
    /// Its invite, also when the session has ended or the invite expired.
    pub invite: Option<Invite>,
    /// Whether the viewer has a place in it.
    pub has_viewers_place: bool,
}

/// Which sessions a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFilter {
    /// In which state.
    pub state: StateFilter,
    /// Only those that the viewer created or has a place in.
    pub is_viewers_only: bool,
    /// After which entry.
    pub after: Option<Cursor<SessionId>>,
    /// How many.
    pub limit: PageLimit,
}

/// Sessions in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StateFilter {
    /// Any.
    #[default]
    All,
    /// Open ones.
    Open,
    /// Ended ones.
    Ended,
}
