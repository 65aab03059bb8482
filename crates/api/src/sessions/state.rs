//! Ending a session and opening it again.

use app::sessions::StateError;
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

/// End a session for all; ending it twice is no failure
#[utoipa::path(post, path = "/sessions/{id}/end", tag = "sessions", operation_id = "end_session",
    params(("id" = String, Path)), responses((status = 200, body = Session), Refusals))]
pub(super) async fn end(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    PathId(session): PathId<SessionId>,
) -> Result<Json<Session>, Problem> {
    let view = app::sessions::end(edge.app(), &signed_in, session).await?;
    Ok(Json(Session::new(&view, edge.links())))
}

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

impl From<StateError> for Problem {
    fn from(error: StateError) -> Self {
        match error {
            StateError::NotFound => Kind::NotFound.into(),
            StateError::NotAllowed => Kind::Forbidden.into(),
            StateError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Installation, redemption};

    #[tokio::test]
    async fn an_ended_session_takes_nobody_until_it_is_opened_again() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let path = format!("/api/v1/sessions/{}", created.text("/session/id"));

        let ended = owner.post(&format!("{path}/end"), &json!(null)).await;
        assert_eq!(
            (ended.status.as_u16(), ended.text("/state")),
            (200, "ended")
        );
        assert!(ended.body["invite"].is_null());
        let again = owner.post(&format!("{path}/end"), &json!(null)).await;
        assert_eq!(again.body["ended_at"], ended.body["ended_at"]);
        let mut guest = installation.browser();
        let redemption = redemption(&created.body);
        let refused = guest.post("/api/v1/invites/redemptions", &redemption).await;
        assert!(
            ["session-ended", "invite-not-found"].contains(&refused.problem()),
            "{refused:?}"
        );
        let no_token = owner
            .post(&format!("{path}/rtc-tokens"), &json!(null))
            .await;
        assert_eq!(no_token.problem(), "session-ended");

        let reopened = owner.post(&format!("{path}/reopen"), &json!(null)).await;
        assert_eq!(reopened.text("/state"), "open");
        assert!(reopened.body["invite"].is_object());
    }
}
