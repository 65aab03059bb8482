use app::sessions::RenewInviteError;
use axum::{Json, extract::State};
use domain::SessionId;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::PathId,
    problem::{Kind, Problem, problems},
    views::Session,
};

problems!(Refusals: NotSignedIn, Forbidden, CrossOriginRefused, NotFound, SessionEnded);

/// Make a new code and link; the old ones stop working
#[utoipa::path(post, path = "/sessions/{id}/invite/renewals", tag = "sessions", operation_id = "renew_invite",
    params(("id" = String, Path)), responses((status = 200, body = Session), Refusals))]
pub(super) async fn renew_invite(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    PathId(session): PathId<SessionId>,
) -> Result<Json<Session>, Problem> {
    let view = app::sessions::renew_invite(edge.app(), &signed_in, session).await?;
    Ok(Json(Session::new(&view, edge.links())))
}

impl From<RenewInviteError> for Problem {
    fn from(error: RenewInviteError) -> Self {
        match error {
            RenewInviteError::NotFound => Kind::NotFound.into(),
            RenewInviteError::NotAllowed => Kind::Forbidden.into(),
            RenewInviteError::Ended => Kind::SessionEnded.into(),
            RenewInviteError::Store(error) => Self::store(&error),
        }
    }
}
