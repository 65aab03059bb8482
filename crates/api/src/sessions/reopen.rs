use app::sessions::ReopenError;
use axum::{Json, extract::State};
use domain::SessionId;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::PathId,
    problem::{Kind, Problem, problems},
    views::Session,
};

problems!(Refusals: NotSignedIn, Forbidden, CrossOriginRefused, NotFound);

/// Open an ended session again, with a new invite
#[utoipa::path(post, path = "/sessions/{id}/reopen", tag = "sessions", operation_id = "reopen_session",
    params(("id" = String, Path)), responses((status = 200, body = Session), Refusals))]
pub(super) async fn reopen(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    PathId(session): PathId<SessionId>,
) -> Result<Json<Session>, Problem> {
    let view = app::sessions::reopen(edge.app(), &signed_in, session).await?;
    Ok(Json(Session::new(&view, edge.links())))
}

impl From<ReopenError> for Problem {
    fn from(error: ReopenError) -> Self {
        match error {
            ReopenError::NotFound => Kind::NotFound.into(),
            ReopenError::NotAllowed => Kind::Forbidden.into(),
            ReopenError::Store(error) => Self::store(&error),
        }
    }
}
