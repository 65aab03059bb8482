use app::users::DeleteError;
use axum::{extract::State, http::StatusCode};
use domain::UserId;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::PathId,
    problem::{Kind, Problem, problems},
};

problems!(Refusals: NotSignedIn, Forbidden, CrossOriginRefused, NotFound, LastOwner);

/// Delete a user: their personal data is erased, what they did stays as a deleted user's
#[utoipa::path(delete, path = "/users/{id}", tag = "users", operation_id = "delete_user",
    params(("id" = String, Path)), responses((status = 204), Refusals))]
pub(super) async fn delete(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    PathId(user): PathId<UserId>,
) -> Result<StatusCode, Problem> {
    app::users::delete(edge.app(), &signed_in, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<DeleteError> for Problem {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::NotAllowed => Kind::Forbidden.into(),
            DeleteError::NotFound => Kind::NotFound.into(),
            DeleteError::LastOwner => Kind::LastOwner.into(),
            DeleteError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Installation, PASSWORD};

    #[tokio::test]
    async fn a_deleted_user_is_gone_and_cannot_sign_in() {
        let (installation, mut owner) = Installation::set_up().await;
        let mut user = installation
            .user(&mut owner, "uma@example.com", "expert")
            .await;
        let me = user.get("/api/v1/sign-ins/current").await;
        let path = format!("/api/v1/users/{}", me.text("/user/id"));
        assert_eq!(owner.delete(&path).await.status, 204);
        assert_eq!(owner.delete(&path).await.problem(), "not-found");
        assert_eq!(user.get("/api/v1/sessions").await.status, 401);
        let credentials = json!({ "email": "uma@example.com", "password": PASSWORD });
        let refused = installation
            .browser()
            .post("/api/v1/sign-ins", &credentials)
            .await;
        assert_eq!(refused.problem(), "wrong-credentials");
    }
}
