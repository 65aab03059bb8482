use app::users::ChangeError;
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::{JsonBody, PathId},
    problem::{Kind, Problem, problems},
    views::{User, user::UserRole},
};

/// What to change about a user; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeUser {
    #[schema(max_length = 80, nullable = false)]
    name: Option<String>,
    #[schema(nullable = false)]
    role: Option<UserRole>,
    #[schema(nullable = false)]
    state: Option<Activation>,
}

/// Whether the user may sign in.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Activation {
    Active,
    Deactivated,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, NotSignedIn, Forbidden, CrossOriginRefused, NotFound, LastOwner);

/// Change a user's name, role or state
#[utoipa::path(patch, path = "/users/{id}", tag = "users", operation_id = "change_user",
    params(("id" = String, Path)),
    request_body = ChangeUser, responses((status = 200, body = User), Refusals))]
pub(super) async fn change(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    PathId(user): PathId<domain::UserId>,
    JsonBody(change): JsonBody<ChangeUser>,
) -> Result<Json<User>, Problem> {
    let change = app::users::ChangeUser {
        name: change.name,
        role: change.role.map(domain::UserRole::from),
        activation: change.state.map(domain::Activation::from),
    };
    let changed = app::users::change(edge.app(), &signed_in, user, change).await?;
    Ok(Json(User::from(&changed)))
}

impl From<Activation> for domain::Activation {
    fn from(state: Activation) -> Self {
        match state {
            Activation::Active => Self::On,
            Activation::Deactivated => Self::Off,
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotAllowed => Kind::Forbidden.into(),
            ChangeError::NotFound => Kind::NotFound.into(),
            ChangeError::LastOwner => Kind::LastOwner.into(),
            ChangeError::InvalidInput(fields) => (&fields).into(),
            ChangeError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::json;

    use crate::testing::Installation;

    #[tokio::test]
    async fn a_deactivated_user_is_out_at_once() {
        let (installation, mut owner) = Installation::set_up().await;
        let mut user = installation
            .user(&mut owner, "uma@example.com", "expert")
            .await;
        let me = user.get("/api/v1/sign-ins/current").await;
        let path = format!("/api/v1/users/{}", me.text("/user/id"));
        let change = json!({ "state": "deactivated" });
        let changed = owner.request(Method::PATCH, &path, Some(&change)).await;
        assert_eq!(
            (changed.status.as_u16(), changed.text("/state")),
            (200, "deactivated")
        );
        let refused = user.get("/api/v1/sessions").await;
        assert_eq!(refused.problem(), "not-signed-in");
    }

    #[tokio::test]
    async fn the_last_owner_stays_owner() {
        let (_installation, mut owner) = Installation::set_up().await;
        let me = owner.get("/api/v1/sign-ins/current").await;
        let path = format!("/api/v1/users/{}", me.text("/user/id"));
        let change = json!({ "role": "member" });
        let refused = owner.request(Method::PATCH, &path, Some(&change)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem()),
            (409, "last-owner")
        );
    }
}
