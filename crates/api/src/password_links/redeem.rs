use app::password_links::RedeemError;
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    edge::Edge,
    extract::JsonBody,
    problem::{Kind, Problem, problems},
    sign_ins::{SignInCookie, SignedIn},
};

/// The link's token and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeemPasswordLink {
    token: String,
    #[schema(min_length = 10, max_length = 256)]
    password: String,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, CrossOriginRefused, LinkExpired);

/// Set the password and sign in; the user's other sign-ins end
#[utoipa::path(post, path = "/password-links/redemptions", tag = "password-links", operation_id = "redeem_password_link",
    request_body = RedeemPasswordLink, responses((status = 201, body = SignedIn), Refusals))]
pub(super) async fn redeem(
    State(edge): State<Edge>,
    JsonBody(link): JsonBody<RedeemPasswordLink>,
) -> Result<(StatusCode, SignInCookie, Json<SignedIn>), Problem> {
    let signed_in = app::password_links::redeem(edge.app(), &link.token, link.password).await?;
    let user = Json(SignedIn::from(&signed_in));
    Ok((
        StatusCode::CREATED,
        SignInCookie::keep(&signed_in, &edge),
        user,
    ))
}

impl From<RedeemError> for Problem {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Expired => Kind::LinkExpired.into(),
            RedeemError::InvalidInput(fields) => (&fields).into(),
            RedeemError::Overloaded => Self::overloaded(),
            RedeemError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Installation, PASSWORD};

    #[tokio::test]
    async fn a_link_says_whose_it_is_and_works_once() {
        let (installation, mut owner) = Installation::set_up().await;
        let user = json!({ "name": "Uma", "email": "uma@example.com", "role": "expert" });
        let added = owner.post("/api/v1/users", &user).await;
        let (_, token) = added
            .text("/password_link/url")
            .split_once('#')
            .expect("a token");
        let mut browser = installation.browser();
        let link = json!({ "token": token });
        let found = browser.post("/api/v1/password-links/look-ups", &link).await;
        assert_eq!(
            found.body,
            json!({ "name": "Uma", "email": "uma@example.com", "organisation_name": "Acme" })
        );
        let redemption = json!({ "token": token, "password": PASSWORD });
        let path = "/api/v1/password-links/redemptions";
        assert_eq!(browser.post(path, &redemption).await.status, 201);
        assert_eq!(browser.get("/api/v1/sign-ins/current").await.status, 200);
        let again = browser.post(path, &redemption).await;
        assert_eq!(
            (again.status.as_u16(), again.problem()),
            (410, "link-expired")
        );
        let gone = browser.post("/api/v1/password-links/look-ups", &link).await;
        assert_eq!(gone.problem(), "link-expired");
    }
}
