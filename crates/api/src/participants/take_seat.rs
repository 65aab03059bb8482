use app::participants::TakeSeatError;
use axum::{Json, extract::State, http::StatusCode};
use domain::SessionId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::{JsonBody, PathId},
    problem::{Kind, Problem, problems},
    views::{Participant, ParticipantRole},
};

/// What the caller wants to be in the session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TakeSeat {
    role: ParticipantRole,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, NotSignedIn, CrossOriginRefused, RemovedFromSession, NotFound, SessionEnded, TooManyAttempts);

/// Take a place in a session as a signed-in user, or take it again
#[utoipa::path(post, path = "/sessions/{id}/participants", tag = "participants", operation_id = "take_seat",
    params(("id" = String, Path)),
    request_body = TakeSeat, responses((status = 201, body = Participant), Refusals))]
pub(super) async fn take_seat(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    PathId(session): PathId<SessionId>,
    JsonBody(seat): JsonBody<TakeSeat>,
) -> Result<(StatusCode, Json<Participant>), Problem> {
    let role = seat.role.into();
    let participant = app::participants::take_seat(edge.app(), &signed_in, session, role).await?;
    Ok((StatusCode::CREATED, Json(Participant::from(&participant))))
}

impl From<TakeSeatError> for Problem {
    fn from(error: TakeSeatError) -> Self {
        match error {
            TakeSeatError::NotFound => Kind::NotFound.into(),
            TakeSeatError::SessionEnded => Kind::SessionEnded.into(),
            TakeSeatError::Removed => Kind::RemovedFromSession.into(),
            TakeSeatError::TooOften { retry_after } => Self::too_many_attempts(retry_after),
            TakeSeatError::Store(error) => Self::store(&error),
        }
    }
}
