use domain::EventData;
use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Timestamp, participant::MediaPath, participant::ParticipantRole};

/// One entry of a session's durable, ordered log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
pub(crate) struct SessionEvent {
    /// Its place in the log: 1, 2, 3, …
    #[schema(minimum = 1)]
    pub(crate) seq: u64,
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// Who it is about.
    #[schema(required = true)]
    pub(crate) participant_id: Option<String>,
    #[serde(flatten)]
    pub(crate) happening: Happening,
}

/// What happened, and what belongs to it. Holds no names: those live on the participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub(crate) enum Happening {
    SessionCreated {},
    SessionEnded {},
    SessionReopened {},
    InviteRenewed {},
    ParticipantJoined {
        role: ParticipantRole,
    },
    ParticipantLeft {
        reason: LeftReason,
    },
    RoleChanged {
        from: ParticipantRole,
        to: ParticipantRole,
    },
    PathChanged {
        path: MediaPath,
    },
}

/// Why a participant is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LeftReason {
    Left,
    ConnectionLost,
    Removed,
    SessionEnded,
    ServerRestarted,
    Replaced,
}

impl From<&domain::SessionEvent> for SessionEvent {
    fn from(event: &domain::SessionEvent) -> Self {
        Self {
            seq: event.seq,
            id: event.id.to_string(),
            at: event.at.into(),
            participant_id: event.participant_id.map(|id| id.to_string()),
            happening: event.data.into(),
        }
    }
}

impl From<EventData> for Happening {
    fn from(data: EventData) -> Self {
        match data {
            EventData::SessionCreated => Self::SessionCreated {},
            EventData::SessionEnded => Self::SessionEnded {},
            EventData::SessionReopened => Self::SessionReopened {},
            EventData::InviteRenewed => Self::InviteRenewed {},
            EventData::ParticipantJoined { role } => Self::ParticipantJoined { role: role.into() },
            EventData::ParticipantLeft { reason } => Self::ParticipantLeft {
                reason: reason.into(),
            },
            EventData::RoleChanged { from, to } => Self::RoleChanged {
                from: from.into(),
                to: to.into(),
            },
            EventData::PathChanged { path } => Self::PathChanged { path: path.into() },
        }
    }
}

impl From<domain::LeaveReason> for LeftReason {
    fn from(reason: domain::LeaveReason) -> Self {
        match reason {
            domain::LeaveReason::Left => Self::Left,
            domain::LeaveReason::ConnectionLost => Self::ConnectionLost,
            domain::LeaveReason::Removed => Self::Removed,
            domain::LeaveReason::SessionEnded => Self::SessionEnded,
            domain::LeaveReason::ServerRestarted => Self::ServerRestarted,
            domain::LeaveReason::Replaced => Self::Replaced,
        }
    }
}
