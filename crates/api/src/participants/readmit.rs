use app::participants::ReadmitError;
use axum::{Json, extract::State};
use domain::{ParticipantId, SessionId};

use crate::{
    caller::SessionCaller,
    edge::Edge,
    extract::{InnerPathId, PathId},
    problem::{Kind, Problem, problems},
    views::Participant,
};

problems!(Refusals: SeatNeeded, Forbidden, CrossOriginRefused, NotFound);

/// Let somebody back in who was removed from the session; letting them in twice is no failure
#[utoipa::path(post, path = "/sessions/{id}/participants/{participant_id}/readmit", tag = "participants", operation_id = "readmit_participant",
    params(("id" = String, Path), ("participant_id" = String, Path)), responses((status = 200, body = Participant), Refusals))]
pub(super) async fn readmit(
    State(edge): State<Edge>,
    SessionCaller(caller): SessionCaller,
    PathId(session): PathId<SessionId>,
    InnerPathId(participant): InnerPathId<ParticipantId>,
) -> Result<Json<Participant>, Problem> {
    let place = app::participants::readmit(edge.app(), &caller, session, participant).await?;
    Ok(Json(Participant::from(&place)))
}

impl From<ReadmitError> for Problem {
    fn from(error: ReadmitError) -> Self {
        match error {
            ReadmitError::NotFound => Kind::NotFound.into(),
            ReadmitError::NotAllowed => Kind::Forbidden.into(),
            ReadmitError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Installation, redemption};

    #[tokio::test]
    async fn a_removed_user_stays_out_until_somebody_lets_them_back_in() {
        let (installation, mut owner) = Installation::set_up().await;
        let seat = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &seat).await;
        let path = format!(
            "/api/v1/sessions/{}/participants",
            created.text("/session/id")
        );
        let redemption = redemption(&created.body);
        for (email, role) in [
            ("mia@example.com", "member"),
            ("emil@example.com", "expert"),
        ] {
            let mut user = installation.user(&mut owner, email, role).await;
            let joined = user.post("/api/v1/invites/redemptions", &redemption).await;
            let place = format!("{path}/{}", joined.text("/participant/id"));
            assert_eq!(owner.delete(&place).await.status, 204);

            let again = user.post("/api/v1/invites/redemptions", &redemption).await;
            assert_eq!(again.problem(), "removed-from-session");
            assert_eq!(again.status, 403);
            let again = user.post(&path, &seat).await;
            assert_eq!(again.problem(), "removed-from-session");
            let readmit = format!("{place}/readmit");
            let by_themselves = user.post(&readmit, &json!({})).await;
            assert_eq!(by_themselves.problem(), "forbidden");

            let readmitted = owner.post(&readmit, &json!({})).await;
            assert_eq!(readmitted.body["is_removed"], false);
            let again = user.post(&path, &seat).await;
            assert_eq!(again.status, 201);
            assert_eq!(again.text("/id"), joined.text("/participant/id"));
        }
    }
}
