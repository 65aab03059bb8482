use app::SessionView;
use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use super::Timestamp;
use crate::links::Links;

/// One assistance case, as this reader may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
pub(crate) struct Session {
    pub(crate) id: String,
    #[schema(required = true)]
    pub(crate) title: Option<String>,
    pub(crate) state: SessionState,
    pub(crate) created_at: Timestamp,
    #[schema(required = true)]
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) created_by: Creator,
    /// Whether the reader created it.
    pub(crate) is_mine: bool,
    /// How many people are in it at the moment.
    pub(crate) participants_present: u32,
    /// Only for those who may invite, and only while it is open.
    #[schema(required = true)]
    pub(crate) invite: Option<Invite>,
    pub(crate) can: Abilities,
}

/// Whether a session can be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionState {
    Open,
    Ended,
}

/// Who created a session; both are `null` when that user has been deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
pub(crate) struct Creator {
    #[schema(required = true)]
    pub(crate) user_id: Option<String>,
    #[schema(required = true)]
    pub(crate) name: Option<String>,
}

/// The ways into a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
pub(crate) struct Invite {
    /// Nine digits.
    pub(crate) code: String,
    pub(crate) link: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) is_expired: bool,
}

/// What the reader may do with a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
pub(crate) struct Abilities {
    pub(crate) end: bool,
    pub(crate) reopen: bool,
    pub(crate) invite: bool,
    pub(crate) remove: bool,
}

impl Session {
    pub(crate) fn new(view: &SessionView, links: &Links) -> Self {
        let session = &view.session;
        Self {
            id: session.id.to_string(),
            title: session
                .title
                .as_ref()
                .map(|title| title.as_str().to_owned()),
            state: if session.state.is_open() {
                SessionState::Open
            } else {
                SessionState::Ended
            },
            created_at: session.created_at.into(),
            ended_at: session.state.ended_at().map(Timestamp::from),
            created_by: Creator::new(view),
            is_mine: view.is_mine,
            participants_present: view.participants_present,
            invite: view.invite.as_ref().map(|invite| Invite {
                code: invite.code.to_string(),
                link: links.invite(&invite.token),
                expires_at: invite.expires_at.into(),
                is_expired: invite.is_expired,
            }),
            can: Abilities {
                end: view.rights.end,
                reopen: view.rights.reopen,
                invite: view.rights.invite,
                remove: view.rights.remove,
            },
        }
    }
}

impl Creator {
    fn new(view: &SessionView) -> Self {
        let name = view.creator_name.as_ref();
        Self {
            user_id: name.map(|_| view.session.created_by.to_string()),
            name: name.map(|name| name.as_str().to_owned()),
        }
    }
}
