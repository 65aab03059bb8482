use app::sign_ins::ChangePasswordError;
use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::JsonBody,
    guard::client::ClientAddress,
    problem::{FieldCode, Problem, problems},
};

/// The caller's old and new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePassword {
    current_password: String,
    #[schema(min_length = 10, max_length = 256)]
    password: String,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, NotSignedIn, CrossOriginRefused, TooManyAttempts);

/// Change one's own password; all other sign-ins end
#[utoipa::path(post, path = "/password-changes", tag = "sign-ins", operation_id = "change_password",
    request_body = ChangePassword, responses((status = 204), Refusals))]
pub(super) async fn change_password(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    ClientAddress(address): ClientAddress,
    JsonBody(change): JsonBody<ChangePassword>,
) -> Result<StatusCode, Problem> {
    let change = app::sign_ins::PasswordChange {
        current: change.current_password,
        new: change.password,
        address,
    };
    app::sign_ins::change_password(edge.app(), &signed_in, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::WrongPassword => {
                Self::field("current_password", FieldCode::Invalid)
            }
            ChangePasswordError::InvalidInput(fields) => (&fields).into(),
            ChangePasswordError::TooManyAttempts { retry_after } => {
                Self::too_many_attempts(retry_after)
            }
            ChangePasswordError::Overloaded => Self::overloaded(),
            ChangePasswordError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Installation, PASSWORD};

    #[tokio::test]
    async fn a_member_changes_their_own_password_and_a_wrong_one_is_named() {
        let (installation, mut owner) = Installation::set_up().await;
        let mut member = installation
            .user(&mut owner, "mia@example.com", "member")
            .await;
        let path = "/api/v1/password-changes";
        let new = "another horse entirely";
        let wrong = json!({ "current_password": "wrong", "password": new });
        let refused = member.post(path, &wrong).await;
        assert_eq!(refused.problem(), "invalid-input");
        assert_eq!(refused.text("/fields/0/field"), "current_password");
        let short = json!({ "current_password": PASSWORD, "password": "short" });
        let refused = member.post(path, &short).await;
        assert_eq!(refused.text("/fields/0/field"), "password");
        let right = json!({ "current_password": PASSWORD, "password": new });
        let mut elsewhere = member.clone();
        assert_eq!(member.post(path, &right).await.status, 204);
        // The same sign-in, in the same browser.
        assert_eq!(elsewhere.get("/api/v1/sessions").await.status, 200);
        let nobody = installation.browser().post(path, &right).await;
        assert_eq!(nobody.problem(), "not-signed-in");
    }
}
