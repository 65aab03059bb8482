use app::participants::ChangeRoleError;
use axum::{Json, extract::State};
use domain::{ParticipantId, SessionId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    caller::SessionCaller,
    edge::Edge,
    extract::{InnerPathId, JsonBody, PathId},
    problem::{Kind, Problem, problems},
    views::{Participant, ParticipantRole},
};

/// A participant's new role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeParticipant {
    role: ParticipantRole,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, SeatNeeded, Forbidden, CrossOriginRefused, NotFound, TooManyAttempts);

/// Change what somebody is in the session
#[utoipa::path(patch, path = "/sessions/{id}/participants/{participant_id}", tag = "participants", operation_id = "change_participant",
    params(("id" = String, Path), ("participant_id" = String, Path)),
    request_body = ChangeParticipant, responses((status = 200, body = Participant), Refusals))]
pub(super) async fn change(
    State(edge): State<Edge>,
    SessionCaller(caller): SessionCaller,
    PathId(session): PathId<SessionId>,
    InnerPathId(participant): InnerPathId<ParticipantId>,
    JsonBody(change): JsonBody<ChangeParticipant>,
) -> Result<Json<Participant>, Problem> {
    let role = change.role.into();
    let changed =
        app::participants::change_role(edge.app(), &caller, session, participant, role).await?;
    Ok(Json(Participant::from(&changed)))
}

impl From<ChangeRoleError> for Problem {
    fn from(error: ChangeRoleError) -> Self {
        match error {
            ChangeRoleError::NotFound => Kind::NotFound.into(),
            ChangeRoleError::NotAllowed => Kind::Forbidden.into(),
            ChangeRoleError::TooOften { retry_after } => Self::too_many_attempts(retry_after),
            ChangeRoleError::Store(error) => Self::store(&error),
        }
    }
}
