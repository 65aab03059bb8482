use app::sessions::ShowError;
use axum::{Json, extract::State};
use domain::SessionId;

use crate::{
    caller::SessionCaller,
    edge::Edge,
    extract::PathId,
    problem::{Kind, Problem, problems},
    views::Session,
};

problems!(Refusals: SeatNeeded, NotFound);

/// Read one session
#[utoipa::path(get, path = "/sessions/{id}", tag = "sessions", operation_id = "read_session",
    params(("id" = String, Path)), responses((status = 200, body = Session), Refusals))]
pub(super) async fn read(
    State(edge): State<Edge>,
    SessionCaller(caller): SessionCaller,
    PathId(session): PathId<SessionId>,
) -> Result<Json<Session>, Problem> {
    let view = app::sessions::show(edge.app(), &caller, session).await?;
    Ok(Json(Session::new(&view, edge.links())))
}

impl From<ShowError> for Problem {
    fn from(error: ShowError) -> Self {
        match error {
            ShowError::NotFound => Kind::NotFound.into(),
            ShowError::Store(error) => Self::store(&error),
        }
    }
}
