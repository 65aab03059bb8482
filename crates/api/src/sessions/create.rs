use app::sessions::CreateError;
use axum::{Json, extract::State, http::StatusCode};
use domain::{PolicyName, PolicyValue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::{IdempotencyKey, JsonBody},
    problem::{Kind, Problem, problems},
    views::{Participant, ParticipantRole, Session},
};

/// A session to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateSession {
    #[schema(max_length = 120)]
    title: Option<String>,
    /// What the creator is in it: `expert` or `assisted`.
    role: ParticipantRole,
    #[serde(default)]
    #[schema(required = false)]
    policies: SessionPolicies,
}

/// What this one session does otherwise than the organisation; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct SessionPolicies {
    #[serde(rename = "sessions.guests")]
    guests: Option<bool>,
    #[serde(rename = "sessions.code_ttl")]
    code_ttl: Option<u64>,
}

/// The new session and the creator's place in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedSession {
    session: Session,
    participant: Participant,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, NotSignedIn, CrossOriginRefused, IdempotencyKeyReused);

/// Create a session and take a place in it; its invite is in the answer
#[utoipa::path(post, path = "/sessions", tag = "sessions", operation_id = "create_session",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request answer like the first")),
    request_body = CreateSession, responses((status = 201, body = CreatedSession), Refusals))]
pub(super) async fn create(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    JsonBody(session): JsonBody<CreateSession>,
) -> Result<(StatusCode, Json<CreatedSession>), Problem> {
    let session = app::sessions::CreateSession {
        title: session.title,
        role: session.role.into(),
        policies: session.policies.entries(),
        idempotency_key,
    };
    let created = app::sessions::create(edge.app(), &signed_in, session).await?;
    let created = CreatedSession {
        session: Session::new(&created.session, edge.links()),
        participant: Participant::from(&created.participant),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

impl SessionPolicies {
    fn entries(&self) -> Vec<(String, PolicyValue)> {
        let guests = self.guests.map(PolicyValue::Switch);
        let code_ttl = self.code_ttl.map(PolicyValue::Seconds);
        let entries = [
            (PolicyName::SessionsGuests, guests),
            (PolicyName::SessionsCodeTtl, code_ttl),
        ];
        entries
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_string(), value?)))
            .collect()
    }
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::InvalidInput(fields) => (&fields).into(),
            CreateError::Policy(error) => (&error).into(),
            CreateError::IdempotencyKeyReused => Kind::IdempotencyKeyReused.into(),
            CreateError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Installation;

    #[tokio::test]
    async fn there_is_an_invite_and_a_place_at_once() {
        let (_installation, mut owner) = Installation::set_up().await;
        let session = json!({ "title": "Pump 7", "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        assert_eq!(created.status, 201);
        insta::assert_json_snapshot!(created.body);
    }

    #[tokio::test]
    async fn what_cannot_be_accepted_is_named() {
        let (_installation, mut owner) = Installation::set_up().await;
        let short = json!({ "role": "expert", "policies": { "sessions.code_ttl": 5 } });
        let long = json!({ "role": "expert", "title": "x".repeat(121) });
        let wrong = json!({ "role": "boss" });
        let observer = json!({ "role": "observer" });
        for (session, field, code) in [
            (short, "sessions.code_ttl", "out_of_range"),
            (long, "title", "too_long"),
            (wrong, "role", "invalid"),
            (observer, "role", "invalid"),
        ] {
            let refused = owner.post("/api/v1/sessions", &session).await;
            assert_eq!(refused.problem(), "invalid-input", "{field}");
            assert_eq!(
                refused.body["fields"],
                json!([{ "field": field, "code": code }])
            );
        }
    }
}
