use app::participants::RemoveError;
use axum::{extract::State, http::StatusCode};
use domain::{ParticipantId, SessionId};

use crate::{
    caller::SessionCaller,
    edge::Edge,
    extract::{InnerPathId, PathId},
    problem::{Kind, Problem, problems},
};

problems!(Refusals: SeatNeeded, Forbidden, CrossOriginRefused, NotFound);

/// Remove somebody from the session; their seat stops working
#[utoipa::path(delete, path = "/sessions/{id}/participants/{participant_id}", tag = "participants", operation_id = "remove_participant",
    params(("id" = String, Path), ("participant_id" = String, Path)), responses((status = 204), Refusals))]
pub(super) async fn remove(
    State(edge): State<Edge>,
    SessionCaller(caller): SessionCaller,
    PathId(session): PathId<SessionId>,
    InnerPathId(participant): InnerPathId<ParticipantId>,
) -> Result<StatusCode, Problem> {
    app::participants::remove(edge.app(), &caller, session, participant).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<RemoveError> for Problem {
    fn from(error: RemoveError) -> Self {
        match error {
            RemoveError::NotFound => Kind::NotFound.into(),
            RemoveError::NotAllowed => Kind::Forbidden.into(),
            RemoveError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Installation;

    #[tokio::test]
    async fn a_removed_guest_has_no_seat_any_more_and_may_remove_nobody() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let path = format!(
            "/api/v1/sessions/{}/participants",
            created.text("/session/id")
        );
        let mut guest = installation.guest(&created.body).await;
        let me = guest.get(&format!("{path}/me")).await;
        let expert = format!("{path}/{}", created.text("/participant/id"));
        assert_eq!(guest.delete(&expert).await.problem(), "forbidden");

        let place = format!("{path}/{}", me.text("/participant/id"));
        assert_eq!(owner.delete(&place).await.status, 204);
        let gone = guest.get(&format!("{path}/me")).await;
        assert_eq!(gone.problem(), "seat-needed");
    }
}
