//! The first run: the set-up link makes the organisation and its first owner.

use app::setup::CompleteError;
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    edge::Edge,
    extract::JsonBody,
    problem::{Kind, Problem, problems},
    sign_ins::SignInCookie,
    views::User,
};

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new().routes(routes!(set_up))
}

/// The organisation and its first owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Setup {
    /// From the link that the server printed at its start.
    setup_token: String,
    #[schema(max_length = 80)]
    organisation_name: String,
    #[schema(max_length = 80)]
    name: String,
    email: String,
    #[schema(min_length = 10, max_length = 256)]
    password: String,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, SetupTokenWrong, CrossOriginRefused, AlreadySetUp);

/// Set up the installation: creates the organisation and signs its first owner in
#[utoipa::path(post, path = "/setup", tag = "installation", operation_id = "set_up",
    request_body = Setup, responses((status = 201, body = User), Refusals))]
async fn set_up(
    State(edge): State<Edge>,
    JsonBody(setup): JsonBody<Setup>,
) -> Result<(StatusCode, SignInCookie, Json<User>), Problem> {
    let setup = app::setup::SetUp {
        token: setup.setup_token,
        organisation_name: setup.organisation_name,
        name: setup.name,
        email: setup.email,
        password: setup.password,
    };
    let signed_in = app::setup::complete(edge.app(), setup).await?;
    let user = Json(User::from(&signed_in.user));
    Ok((
        StatusCode::CREATED,
        SignInCookie::keep(&signed_in, &edge),
        user,
    ))
}

impl From<CompleteError> for Problem {
    fn from(error: CompleteError) -> Self {
        match error {
            CompleteError::TokenWrong => Kind::SetupTokenWrong.into(),
            CompleteError::AlreadySetUp => Kind::AlreadySetUp.into(),
            CompleteError::InvalidInput(fields) => (&fields).into(),
            CompleteError::Overloaded => Self::overloaded(),
            CompleteError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Installation;

    fn setup(token: &str, password: &str) -> serde_json::Value {
        json!({
            "setup_token": token,
            "organisation_name": "Acme",
            "name": "Olga",
            "email": "olga@example.com",
            "password": password,
        })
    }

    #[tokio::test]
    async fn the_link_makes_an_owner_once_and_signs_them_in() {
        let (installation, mut owner) = Installation::set_up().await;
        let me = owner.get("/api/v1/sign-ins/current").await;
        assert_eq!(me.text("/user/role"), "owner");
        let again = setup("anything", "correct horse battery");
        let refused = installation.browser().post("/api/v1/setup", &again).await;
        assert_eq!(refused.problem(), "already-set-up");
    }

    #[tokio::test]
    async fn a_wrong_link_sets_nothing_up() {
        let installation = Installation::fresh().await;
        let wrong = setup("wrong", "correct horse battery");
        let refused = installation.browser().post("/api/v1/setup", &wrong).await;
        assert_eq!(refused.problem(), "setup-token-wrong");
    }

    #[tokio::test]
    async fn every_bad_field_is_named_at_once() {
        let installation = Installation::fresh().await;
        let token = app::setup::token(&installation.app).await.expect("a read");
        let token = token.expect("not set up").expose();
        let mut bad = setup(&token, "short");
        bad["name"] = json!(" ");
        let refused = installation.browser().post("/api/v1/setup", &bad).await;
        assert_eq!(refused.problem(), "invalid-input");
        assert_eq!(
            refused.body["fields"],
            json!([
                { "field": "name", "code": "required" },
                { "field": "password", "code": "too_short" },
            ])
        );
    }
}
