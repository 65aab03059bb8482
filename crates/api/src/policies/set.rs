use app::policies::SetError;
use axum::{
    Json,
    extract::{Path, State},
};
use domain::PolicyName;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::JsonBody,
    problem::{Kind, Problem, problems},
    views::policies::{Policies, PolicyValue},
};

/// The organisation's word on one policy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetPolicy {
    /// `null` leaves it to the installation.
    #[schema(required = true)]
    value: Option<PolicyValue>,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, NotSignedIn, Forbidden, CrossOriginRefused, UnknownPolicy);

/// Set what the organisation says about one policy
#[utoipa::path(put, path = "/policies/{name}", tag = "policies", operation_id = "set_policy",
    params(("name" = String, Path, example = "sessions.guests")),
    request_body = SetPolicy, responses((status = 200, body = Policies), Refusals))]
pub(super) async fn set(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    Path(name): Path<String>,
    JsonBody(policy): JsonBody<SetPolicy>,
) -> Result<Json<Policies>, Problem> {
    let name: PolicyName = name.parse().map_err(|_| Kind::UnknownPolicy)?;
    let value = policy.value.map(domain::PolicyValue::from);
    let view = app::policies::set(edge.app(), &signed_in, name, value).await?;
    Ok(Json(Policies::from(&view)))
}

impl From<SetError> for Problem {
    fn from(error: SetError) -> Self {
        match error {
            SetError::NotAllowed => Kind::Forbidden.into(),
            SetError::Policy(error) => (&error).into(),
            SetError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::json;

    use crate::testing::{Installation, redemption};

    #[tokio::test]
    async fn what_the_organisation_forbids_holds_at_once() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let path = "/api/v1/policies/sessions.guests";
        let off = json!({ "value": false });
        let set = owner.request(Method::PUT, path, Some(&off)).await;
        assert_eq!(set.status, 200);
        insta::assert_json_snapshot!(set.body);
        let refused = installation
            .browser()
            .post("/api/v1/invites/redemptions", &redemption(&created.body))
            .await;
        assert_eq!(refused.problem(), "guests-not-allowed");
    }

    #[tokio::test]
    async fn unknown_policies_and_bad_values_are_refused() {
        let (_installation, mut owner) = Installation::set_up().await;
        let off = json!({ "value": false });
        let unknown = "/api/v1/policies/sessions.aliens";
        let refused = owner.request(Method::PUT, unknown, Some(&off)).await;
        assert_eq!(refused.problem(), "unknown-policy");
        let path = "/api/v1/policies/sessions.code_ttl";
        for value in [json!(5), json!(true), json!("long"), json!(-1)] {
            let bad = json!({ "value": value });
            let refused = owner.request(Method::PUT, path, Some(&bad)).await;
            assert_eq!(refused.problem(), "invalid-input", "{value}");
        }
    }
}
