use domain::{Person, Presence};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Timestamp;

/// A person's place in a session, whether they are there or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
pub(crate) struct Participant {
    pub(crate) id: String,
    pub(crate) role: ParticipantRole,
    pub(crate) kind: ParticipantKind,
    /// `null` once the user has been deleted.
    #[schema(required = true)]
    pub(crate) name: Option<String>,
    #[schema(required = true)]
    pub(crate) user_id: Option<String>,
    pub(crate) is_present: bool,
    #[schema(required = true)]
    pub(crate) joined_at: Option<Timestamp>,
    #[schema(required = true)]
    pub(crate) left_at: Option<Timestamp>,
    /// What carries their media, while they are there.
    #[schema(required = true)]
    pub(crate) path: Option<MediaPath>,
    pub(crate) is_removed: bool,
}

/// What somebody is in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ParticipantRole {
    /// Needs help.
    Assisted,
    /// Helps.
    Expert,
    /// Looks on.
    Observer,
}

/// Whether a participant has an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ParticipantKind {
    User,
    Guest,
}

/// The rung of the network ladder that carries media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MediaPath {
    Udp,
    Tcp,
    Relay,
}

impl From<&domain::Participant> for Participant {
    fn from(participant: &domain::Participant) -> Self {
        let (joined_at, left_at, path) = match &participant.presence {
            Presence::Expected => (None, None, None),
            Presence::Present {
                joined_at, path, ..
            } => (Some(*joined_at), None, *path),
            Presence::Gone { joined_at, left_at } => (Some(*joined_at), Some(*left_at), None),
        };
        Self {
            id: participant.id.to_string(),
            role: participant.role.into(),
            kind: match &participant.person {
                Person::User { .. } => ParticipantKind::User,
                Person::Guest { .. } => ParticipantKind::Guest,
            },
            name: participant
                .person
                .name()
                .map(|name| name.as_str().to_owned()),
            user_id: participant.person.user_id().map(|id| id.to_string()),
            is_present: participant.presence.is_present(),
            joined_at: joined_at.map(Timestamp::from),
            left_at: left_at.map(Timestamp::from),
            path: path.map(MediaPath::from),
            is_removed: participant.is_removed,
        }
    }
}

impl From<domain::ParticipantRole> for ParticipantRole {
    fn from(role: domain::ParticipantRole) -> Self {
        match role {
            domain::ParticipantRole::Assisted => Self::Assisted,
            domain::ParticipantRole::Expert => Self::Expert,
            domain::ParticipantRole::Observer => Self::Observer,
        }
    }
}

impl From<ParticipantRole> for domain::ParticipantRole {
    fn from(role: ParticipantRole) -> Self {
        match role {
            ParticipantRole::Assisted => Self::Assisted,
            ParticipantRole::Expert => Self::Expert,
            ParticipantRole::Observer => Self::Observer,
        }
    }
}

impl From<domain::NetworkPath> for MediaPath {
    fn from(path: domain::NetworkPath) -> Self {
        match path {
            domain::NetworkPath::Udp => Self::Udp,
            domain::NetworkPath::Tcp => Self::Tcp,
            domain::NetworkPath::Relay => Self::Relay,
        }
    }
}
