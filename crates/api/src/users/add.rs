use app::users::AddError;
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::{IdempotencyKey, JsonBody},
    problem::{Kind, Problem, problems},
    views::{PasswordLink, User, user::UserRole},
};

/// Somebody to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddUser {
    #[schema(max_length = 80)]
    name: String,
    email: String,
    role: UserRole,
}

/// The new user and the link for their password.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AddedUser {
    user: User,
    password_link: PasswordLink,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, NotSignedIn, Forbidden, CrossOriginRefused, EmailTaken, IdempotencyKeyReused);

/// Add a user; the link in the answer lets them set a password
#[utoipa::path(post, path = "/users", tag = "users", operation_id = "add_user",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request answer like the first")),
    request_body = AddUser, responses((status = 201, body = AddedUser), Refusals))]
pub(super) async fn add(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    JsonBody(user): JsonBody<AddUser>,
) -> Result<(StatusCode, Json<AddedUser>), Problem> {
    let user = app::users::AddUser {
        name: user.name,
        email: user.email,
        role: user.role.into(),
        idempotency_key,
    };
    let added = app::users::add(edge.app(), &signed_in, user).await?;
    let added = AddedUser {
        user: User::from(&added.user),
        password_link: PasswordLink::new(&added.password_link, edge.links()),
    };
    Ok((StatusCode::CREATED, Json(added)))
}

impl From<AddError> for Problem {
    fn from(error: AddError) -> Self {
        match error {
            AddError::NotAllowed => Kind::Forbidden.into(),
            AddError::EmailTaken => Kind::EmailTaken.into(),
            AddError::IdempotencyKeyReused => Kind::IdempotencyKeyReused.into(),
            AddError::InvalidInput(fields) => (&fields).into(),
            AddError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Method, Request},
    };
    use serde_json::json;

    use crate::testing::{Browser, Installation, ORIGIN};

    async fn add_with_key(owner: &mut Browser, key: &str, email: &str) -> crate::testing::Answer {
        let user = json!({ "name": "Uma", "email": email, "role": "expert" });
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/users")
            .header("origin", ORIGIN)
            .header("cookie", owner.cookies_for("/"))
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(Body::from(user.to_string()));
        owner.send(request.expect("a request")).await
    }

    #[tokio::test]
    async fn the_answer_has_the_user_and_the_link_for_the_password() {
        let (_installation, mut owner) = Installation::set_up().await;
        let user = json!({ "name": "Uma", "email": "uma@example.com", "role": "expert" });
        let added = owner.post("/api/v1/users", &user).await;
        assert_eq!(added.status, 201);
        assert_eq!(added.text("/user/state"), "invited");
        let link = added.text("/password_link/url");
        assert!(
            link.starts_with("https://help.example.com/welcome#"),
            "{link}"
        );
    }

    #[tokio::test]
    async fn an_email_is_taken_once() {
        let (_installation, mut owner) = Installation::set_up().await;
        let user = json!({ "name": "Olga", "email": "OLGA@example.com", "role": "member" });
        let refused = owner.post("/api/v1/users", &user).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem()),
            (409, "email-taken")
        );
    }

    #[tokio::test]
    async fn a_repeated_request_with_its_key_answers_like_the_first() {
        let (_installation, mut owner) = Installation::set_up().await;
        let first = add_with_key(&mut owner, "k1", "uma@example.com").await;
        let again = add_with_key(&mut owner, "k1", "uma@example.com").await;
        assert_eq!(again.status, 201, "{again:?}");
        assert_eq!(again.text("/user/id"), first.text("/user/id"));
        let other = add_with_key(&mut owner, "k1", "other@example.com").await;
        assert_eq!(other.problem(), "idempotency-key-reused");
        let too_long = add_with_key(&mut owner, &"k".repeat(200), "x@example.com").await;
        assert_eq!(too_long.problem(), "invalid-input");
    }

    #[tokio::test]
    async fn experts_and_members_may_not_add_anybody() {
        let (installation, mut owner) = Installation::set_up().await;
        let mut expert = installation
            .user(&mut owner, "uma@example.com", "expert")
            .await;
        let user = json!({ "name": "X", "email": "x@example.com", "role": "member" });
        let refused = expert.post("/api/v1/users", &user).await;
        assert_eq!(refused.problem(), "forbidden");
    }
}
