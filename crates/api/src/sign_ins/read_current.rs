use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::MaybeSignedIn,
    edge::Edge,
    problem::{Problem, problems},
    views::{User, policies::EffectivePolicies},
};

/// The browser's sign-in, and what its user needs to know about the organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CurrentSignIn {
    user: User,
    organisation: Organisation,
    policies: EffectivePolicies,
}

/// The user's organisation.
#[derive(Debug, Serialize, ToSchema)]
struct Organisation {
    id: String,
    name: String,
}

problems!(Refusals: Internal);

/// Say who is signed in; `null` is nobody, which is no failure: guests' pages ask too
#[utoipa::path(get, path = "/sign-ins/current", tag = "sign-ins", operation_id = "read_current_sign_in",
    responses((status = 200, body = Option<CurrentSignIn>), Refusals))]
pub(super) async fn read_current(
    State(edge): State<Edge>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
) -> Result<Json<Option<CurrentSignIn>>, Problem> {
    let Some(signed_in) = signed_in else {
        return Ok(Json(None));
    };
    let policies = app::policies::show(edge.app(), &signed_in).await;
    let policies = policies.map_err(|error| Problem::store(&error))?;
    Ok(Json(Some(CurrentSignIn {
        user: User::from(&signed_in.user),
        organisation: Organisation {
            id: signed_in.organisation.id.to_string(),
            name: signed_in.organisation.name.as_str().to_owned(),
        },
        policies: EffectivePolicies::from(&policies.effective),
    })))
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::Value;
    use time::Duration;

    use crate::testing::Installation;

    #[tokio::test]
    async fn it_says_who_is_signed_in_and_what_holds() {
        let (_installation, mut owner) = Installation::set_up().await;
        let me = owner.get("/api/v1/sign-ins/current").await;
        assert_eq!(me.status, 200);
        assert_eq!(me.text("/organisation/name"), "Acme");
        assert_eq!(me.body["policies"]["sessions.guests"], true);
    }

    #[tokio::test]
    async fn a_forged_and_an_expired_cookie_are_no_sign_in() {
        let (installation, mut owner) = Installation::set_up().await;
        let mut forger = installation.browser();
        for forged in ["", "x", &"0".repeat(52), "\u{0}"] {
            forger.set_cookie("helpsight_sign_in", "/", &forged.replace('\0', ""));
            let refused = forger.get("/api/v1/sign-ins/current").await;
            assert_eq!(
                (refused.status, refused.body),
                (StatusCode::OK, Value::Null)
            );
        }
        installation.clock.advance(Duration::days(31));
        let expired = owner.get("/api/v1/sign-ins/current").await;
        assert_eq!(
            (expired.status, expired.body),
            (StatusCode::OK, Value::Null)
        );
        let refused = owner.get("/api/v1/sessions").await;
        assert_eq!(refused.problem(), "not-signed-in");
    }

    #[tokio::test]
    async fn a_sign_in_in_use_slides_and_the_browser_is_told() {
        let (installation, mut owner) = Installation::set_up().await;
        installation.clock.advance(Duration::days(20));
        let me = owner.get("/api/v1/sign-ins/current").await;
        let cookie = me.headers["set-cookie"].to_str().expect("ASCII");
        assert!(cookie.contains("Max-Age=2592000"), "{cookie}");
        installation.clock.advance(Duration::days(20));
        let still = owner.get("/api/v1/sign-ins/current").await;
        assert_eq!(still.status, 200);
    }
}
