use app::sign_ins::CreateError;
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SignInCookie, SignedIn};
use crate::{
    edge::Edge,
    extract::JsonBody,
    guard::client::ClientAddress,
    problem::{Kind, Problem, problems},
};

/// What a user signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    email: String,
    password: String,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, WrongCredentials, CrossOriginRefused, TooManyAttempts);

/// Sign in
#[utoipa::path(post, path = "/sign-ins", tag = "sign-ins", operation_id = "sign_in",
    request_body = Credentials, responses((status = 201, body = SignedIn), Refusals))]
pub(super) async fn create(
    State(edge): State<Edge>,
    ClientAddress(address): ClientAddress,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<(StatusCode, SignInCookie, Json<SignedIn>), Problem> {
    let credentials = app::sign_ins::Credentials {
        email: credentials.email,
        password: credentials.password,
        address,
    };
    let signed_in = app::sign_ins::create(edge.app(), credentials).await?;
    let user = Json(SignedIn::from(&signed_in));
    Ok((
        StatusCode::CREATED,
        SignInCookie::keep(&signed_in, &edge),
        user,
    ))
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::WrongCredentials => Kind::WrongCredentials.into(),
            CreateError::TooManyAttempts { retry_after } => Self::too_many_attempts(retry_after),
            CreateError::Overloaded => Self::overloaded(),
            CreateError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Installation, PASSWORD};

    fn credentials(password: &str) -> Value {
        json!({ "email": "Olga@Example.com", "password": password })
    }

    #[tokio::test]
    async fn the_right_password_gives_a_cookie_that_scripts_cannot_read() {
        let (installation, _) = Installation::set_up().await;
        let mut browser = installation.browser();
        let answer = browser
            .post("/api/v1/sign-ins", &credentials(PASSWORD))
            .await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.text("/user/email"), "olga@example.com");
        insta::assert_snapshot!(answer.headers_of_interest());
    }

    #[tokio::test]
    async fn a_wrong_password_and_an_unknown_email_are_told_apart_by_nobody() {
        let (installation, _) = Installation::set_up().await;
        let mut browser = installation.browser();
        let wrong = browser
            .post("/api/v1/sign-ins", &credentials("wrong"))
            .await;
        let nobody = json!({ "email": "nobody@example.com", "password": PASSWORD });
        let unknown = browser.post("/api/v1/sign-ins", &nobody).await;
        assert_eq!(wrong.problem(), "wrong-credentials");
        assert_eq!(wrong.body, unknown.body);
        assert!(!wrong.headers.contains_key("set-cookie"));
    }

    #[tokio::test]
    async fn guessing_is_stopped_with_the_time_to_wait_and_others_are_not() {
        let (installation, _) = Installation::set_up().await;
        let mut guesser = installation.browser();
        let mut answer = guesser
            .post("/api/v1/sign-ins", &credentials("wrong"))
            .await;
        for _ in 0..50 {
            if answer.status == 429 {
                break;
            }
            answer = guesser
                .post("/api/v1/sign-ins", &credentials("wrong"))
                .await;
        }
        assert_eq!(answer.problem(), "too-many-attempts");
        let wait = answer.headers["retry-after"].to_str().expect("ASCII");
        assert_eq!(answer.body["retry_after_s"].to_string(), wait);

        let mut other = installation.browser();
        other.address = ([198, 51, 100, 7], 1).into();
        let nobody = json!({ "email": "nobody@example.com", "password": "wrong" });
        let untouched = other.post("/api/v1/sign-ins", &nobody).await;
        assert_eq!(untouched.problem(), "wrong-credentials");
    }
}
