use app::participants::MeError;
use axum::{Json, extract::State};
use domain::SessionId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::SessionCaller,
    edge::Edge,
    extract::PathId,
    problem::{Kind, Problem, problems},
    views::{Participant, Session},
};

/// This browser's place in the session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnPlace {
    participant: Participant,
    session: Session,
}

problems!(Refusals: SeatNeeded, NotFound);

/// Say which place this browser has in the session
#[utoipa::path(get, path = "/sessions/{id}/participants/me", tag = "participants", operation_id = "read_own_participant",
    params(("id" = String, Path)), responses((status = 200, body = OwnPlace), Refusals))]
pub(super) async fn read_me(
    State(edge): State<Edge>,
    SessionCaller(caller): SessionCaller,
    PathId(session): PathId<SessionId>,
) -> Result<Json<OwnPlace>, Problem> {
    let me = app::participants::me(edge.app(), &caller, session).await?;
    Ok(Json(OwnPlace {
        participant: Participant::from(&me.participant),
        session: Session::new(&me.session, edge.links()),
    }))
}

impl From<MeError> for Problem {
    fn from(error: MeError) -> Self {
        match error {
            MeError::NotFound => Kind::NotFound.into(),
            MeError::SeatNeeded => Kind::SeatNeeded.into(),
            MeError::Store(error) => Self::store(&error),
        }
    }
}
