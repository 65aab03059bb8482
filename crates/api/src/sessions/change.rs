use app::sessions::RenameError;
use axum::{Json, extract::State};
use domain::SessionId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::{JsonBody, PathId},
    problem::{Kind, Problem, problems},
    views::Session,
};

/// The session's new title.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeSession {
    /// `null` takes the title away.
    #[schema(required = true, max_length = 120)]
    title: Option<String>,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, NotSignedIn, Forbidden, CrossOriginRefused, NotFound);

/// Change a session's title
#[utoipa::path(patch, path = "/sessions/{id}", tag = "sessions", operation_id = "change_session",
    params(("id" = String, Path)),
    request_body = ChangeSession, responses((status = 200, body = Session), Refusals))]
pub(super) async fn change(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    PathId(session): PathId<SessionId>,
    JsonBody(change): JsonBody<ChangeSession>,
) -> Result<Json<Session>, Problem> {
    let view = app::sessions::rename(edge.app(), &signed_in, session, change.title).await?;
    Ok(Json(Session::new(&view, edge.links())))
}

impl From<RenameError> for Problem {
    fn from(error: RenameError) -> Self {
        match error {
            RenameError::NotFound => Kind::NotFound.into(),
            RenameError::NotAllowed => Kind::Forbidden.into(),
            RenameError::InvalidInput(fields) => (&fields).into(),
            RenameError::Store(error) => Self::store(&error),
        }
    }
}
