use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invite_key;
use crate::{
    caller::MaybeSignedIn,
    edge::Edge,
    extract::JsonBody,
    guard::client::ClientAddress,
    problem::{Problem, problems},
    views::Timestamp,
};

/// A join code or the token of a link: exactly one of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LookUpInvite {
    /// Nine digits; spaces and dashes between them are ignored.
    #[schema(nullable = false)]
    code: Option<String>,
    #[schema(nullable = false)]
    token: Option<String>,
}

/// What somebody is invited to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FoundInvite {
    session_id: String,
    #[schema(required = true)]
    title: Option<String>,
    organisation_name: String,
    #[schema(required = true)]
    invited_by: Option<String>,
    expires_at: Timestamp,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, CrossOriginRefused, GuestsNotAllowed, InviteNotFound, InviteExpired, SessionEnded, TooManyAttempts);

/// Say what a code or link invites to, without joining
#[utoipa::path(post, path = "/invites/look-ups", tag = "invites", operation_id = "look_up_invite",
    request_body = LookUpInvite, responses((status = 200, body = FoundInvite), Refusals))]
pub(super) async fn look_up(
    State(edge): State<Edge>,
    MaybeSignedIn(user): MaybeSignedIn,
    ClientAddress(address): ClientAddress,
    JsonBody(invite): JsonBody<LookUpInvite>,
) -> Result<Json<FoundInvite>, Problem> {
    let key = invite_key(invite.code.as_deref(), invite.token.as_deref())?;
    let preview = app::invites::look_up(edge.app(), user.as_ref(), key, address).await?;
    Ok(Json(FoundInvite {
        session_id: preview.session_id.to_string(),
        title: preview.title.map(|title| title.as_str().to_owned()),
        organisation_name: preview.organisation_name.as_str().to_owned(),
        invited_by: preview.invited_by.map(|name| name.as_str().to_owned()),
        expires_at: preview.expires_at.into(),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::Duration;

    use crate::testing::Installation;

    const PATH: &str = "/api/v1/invites/look-ups";

    #[tokio::test]
    async fn a_code_or_a_link_says_what_it_opens() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert", "title": "Pump 7" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let code = created.text("/session/invite/code");
        let spaced = format!("{} {}-{}", &code[..3], &code[3..6], &code[6..]);
        let (_, token) = created
            .text("/session/invite/link")
            .split_once('#')
            .expect("a token");
        for key in [json!({ "code": spaced }), json!({ "token": token })] {
            let found = installation.browser().post(PATH, &key).await;
            assert_eq!(found.status, 200, "{found:?}");
            assert_eq!(found.text("/title"), "Pump 7");
            assert_eq!(found.text("/invited_by"), "Olga");
        }
        installation.clock.advance(Duration::days(8));
        let late = installation
            .browser()
            .post(PATH, &json!({ "code": code }))
            .await;
        assert_eq!(
            (late.status.as_u16(), late.problem()),
            (410, "invite-expired")
        );
    }

    #[tokio::test]
    async fn a_code_and_a_token_at_once_or_neither_is_no_question() {
        let (installation, _) = Installation::set_up().await;
        let both = json!({ "code": "123456789", "token": "x" });
        for (key, field) in [(json!({}), "code"), (both, "token")] {
            let refused = installation.browser().post(PATH, &key).await;
            assert_eq!(refused.text("/fields/0/field"), field);
        }
    }

    #[tokio::test]
    async fn what_is_no_code_costs_a_try_like_a_wrong_one() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let redemptions = "/api/v1/invites/redemptions";
        let mut guesser = installation.browser();
        let mut tries = 0;
        'guessing: loop {
            for code in ["1234", "12345678x", "", "1234567890"] {
                let redemption = json!({ "code": code, "name": "G", "role": "assisted" });
                let answers = [
                    guesser.post(PATH, &json!({ "code": code })).await,
                    guesser.post(redemptions, &redemption).await,
                ];
                for answer in answers {
                    match answer.problem() {
                        "invite-not-found" => tries += 1,
                        "too-many-attempts" => break 'guessing,
                        other => panic!("{other}"),
                    }
                }
            }
            assert!(tries < 100, "nothing was counted");
        }
        // They have paid for what they try next, and nobody else has.
        let code = json!({ "code": created.text("/session/invite/code") });
        let refused = guesser.post(PATH, &code).await;
        assert_eq!(refused.problem(), "too-many-attempts");
        let mut guest = installation.browser();
        guest.address = ([198, 51, 100, 7], 1).into();
        assert_eq!(guest.post(PATH, &code).await.status, 200);
    }

    #[tokio::test]
    async fn ten_thousand_wrong_codes_find_nothing_and_stop_nobody_else() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let mut guesser = installation.browser();
        let mut refused = 0;
        for guess in 0..10_000_u32 {
            let key = json!({ "code": format!("{guess:09}") });
            let answer = guesser.post(PATH, &key).await;
            match answer.problem() {
                "invite-not-found" => {}
                "too-many-attempts" => {
                    assert!(answer.headers.contains_key("retry-after"));
                    refused += 1;
                }
                other => panic!("{other}"),
            }
        }
        assert!(refused > 9_900, "only {refused} were refused");
        let mut guest = installation.browser();
        guest.address = ([198, 51, 100, 7], 1).into();
        let code = created.text("/session/invite/code");
        let found = guest.post(PATH, &json!({ "code": code })).await;
        assert_eq!(found.status, 200, "{found:?}");
    }
}
