use app::invites::RedeemError;
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invite_key;
use crate::{
    caller::MaybeSignedIn,
    cookies,
    edge::Edge,
    extract::{IdempotencyKey, JsonBody},
    guard::client::ClientAddress,
    problem::{FieldCode, Kind, Problem, problems},
    views::{Participant, ParticipantRole},
};

/// A join code or the token of a link, and who joins with it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeemInvite {
    /// Nine digits; spaces and dashes between them are ignored.
    #[schema(nullable = false)]
    code: Option<String>,
    #[schema(nullable = false)]
    token: Option<String>,
    /// What the others see; signed-in users leave it out.
    #[schema(nullable = false, max_length = 80)]
    name: Option<String>,
    role: ParticipantRole,
}

/// The place in the session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RedeemedInvite {
    session_id: String,
    participant: Participant,
}

problems!(Refusals: InvalidJson, InvalidInput, BodyTooLarge, CrossOriginRefused, GuestsNotAllowed, RemovedFromSession, InviteNotFound, InviteExpired, InviteUsedUp, SessionEnded, TooManyAttempts, IdempotencyKeyReused);

/// Take a place in the session with a code or link; a guest's browser gets the seat as a cookie, and keeps the one that it has
#[utoipa::path(post, path = "/invites/redemptions", tag = "invites", operation_id = "redeem_invite",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a guest's repeated request take no second place. Whoever shows it gets a seat: 128 random bits, as 16 to 128 characters")),
    request_body = RedeemInvite, responses((status = 201, body = RedeemedInvite), Refusals))]
pub(super) async fn redeem(
    State(edge): State<Edge>,
    MaybeSignedIn(user): MaybeSignedIn,
    ClientAddress(address): ClientAddress,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    headers: HeaderMap,
    JsonBody(invite): JsonBody<RedeemInvite>,
) -> Result<(StatusCode, HeaderMap, Json<RedeemedInvite>), Problem> {
    if idempotency_key
        .as_ref()
        .is_some_and(|key| key.len() < KEY_BYTES_MIN)
    {
        return Err(Problem::field(IdempotencyKey::NAME, FieldCode::TooShort));
    }
    let redeem = app::invites::Redeem {
        key: invite_key(invite.code.as_deref(), invite.token.as_deref())?,
        name: invite.name,
        role: invite.role.into(),
        address,
        idempotency_key,
        seats: cookies::held_seats(&headers).map(str::to_owned).collect(),
    };
    let redeemed = app::invites::redeem(edge.app(), user.as_ref(), redeem).await?;
    let mut headers = HeaderMap::new();
    if let Some(seat) = &redeemed.seat {
        for cookie in cookies::keep_seat(redeemed.session_id, &seat.token, edge.is_https()) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    let redeemed = RedeemedInvite {
        session_id: redeemed.session_id.to_string(),
        participant: Participant::from(&redeemed.participant),
    };
    Ok((StatusCode::CREATED, headers, Json(redeemed)))
}

impl From<RedeemError> for Problem {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Invite(error) => error.into(),
            RedeemError::InvalidInput(fields) => (&fields).into(),
            RedeemError::UsedUp => Kind::InviteUsedUp.into(),
            RedeemError::Removed => Kind::RemovedFromSession.into(),
            RedeemError::IdempotencyKeyReused => Kind::IdempotencyKeyReused.into(),
            RedeemError::Store(error) => Self::store(&error),
        }
    }
}

/// The key of a seat: 128 bits in the tightest usual writing are longer than this.
const KEY_BYTES_MIN: usize = 16;

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Method, Request},
    };
    use serde_json::json;

    use crate::testing::{Installation, redemption};

    #[tokio::test]
    async fn a_guest_gets_a_seat_in_this_session_only() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let other = owner.post("/api/v1/sessions", &session).await;
        let mut guest = installation.browser();
        let joined = guest
            .post("/api/v1/invites/redemptions", &redemption(&created.body))
            .await;
        assert_eq!(joined.status, 201);
        let id = created.text("/session/id");
        let cookies: Vec<&str> = joined
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|cookie| cookie.to_str().expect("ASCII"))
            .collect();
        let [cookie, again] = cookies[..] else {
            panic!("there are other cookies: {cookies:?}");
        };
        assert!(again.contains("Path=/api/v1/invites/redemptions; "));
        assert!(again.contains("HttpOnly; SameSite=Lax; Secure"));
        for part in [
            format!("Path=/api/v1/sessions/{id}"),
            "HttpOnly; SameSite=Lax; Secure".to_owned(),
        ] {
            assert!(cookie.contains(&part), "{part} is not in {cookie}");
        }
        let me = format!("/api/v1/sessions/{id}/participants/me");
        assert_eq!(guest.get(&me).await.text("/participant/name"), "Gus");

        let cookies = guest.cookies_for(&me);
        let (_, token) = cookies.split_once('=').expect("a seat");
        let other_path = format!("/api/v1/sessions/{}", other.text("/session/id"));
        guest.set_cookie("helpsight_seat", &other_path, token);
        let refused = guest.get(&format!("{other_path}/participants/me")).await;
        assert_eq!(refused.problem(), "seat-needed");
    }

    #[tokio::test]
    async fn a_signed_in_user_needs_no_name_and_gets_no_seat_cookie() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let mut user = installation
            .user(&mut owner, "uma@example.com", "member")
            .await;
        let code = &created.body["session"]["invite"]["code"];
        let redemption = json!({ "code": code, "role": "assisted" });
        let joined = user.post("/api/v1/invites/redemptions", &redemption).await;
        assert_eq!(joined.text("/participant/kind"), "user");
        assert!(!joined.headers.contains_key("set-cookie"));
    }

    #[tokio::test]
    async fn a_browser_that_has_a_seat_keeps_it_and_the_role_that_it_was_given() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let other = owner.post("/api/v1/sessions", &session).await;
        let mut guest = installation.guest(&created.body).await;
        // Another session in between does not make the browser forget the first.
        let elsewhere = guest
            .post("/api/v1/invites/redemptions", &redemption(&other.body))
            .await;
        let path = format!(
            "/api/v1/sessions/{}/participants",
            created.text("/session/id")
        );
        let me = guest.get(&format!("{path}/me")).await;
        let id = me.text("/participant/id");
        assert_ne!(elsewhere.text("/participant/id"), id);
        let observer = json!({ "role": "observer" });
        let place = format!("{path}/{id}");
        let changed = owner.request(Method::PATCH, &place, Some(&observer)).await;
        assert_eq!(changed.status, 200);

        let again = guest
            .post("/api/v1/invites/redemptions", &redemption(&created.body))
            .await;
        assert_eq!(again.status, 201);
        assert_eq!(again.text("/participant/id"), id);
        assert_eq!(again.text("/participant/role"), "observer");
        let me = guest.get(&format!("{path}/me")).await;
        assert_eq!(me.text("/participant/id"), id);
    }

    #[tokio::test]
    async fn a_redemption_that_is_repeated_takes_one_place() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let redemption = redemption(&created.body);
        let mut guest = installation.browser();
        let mut ask = async |key: &str| {
            let request = Request::post("/api/v1/invites/redemptions")
                .header("content-type", "application/json")
                .header("sec-fetch-site", "same-origin")
                .header("idempotency-key", key)
                .body(Body::from(redemption.to_string()));
            guest.send(request.expect("a request")).await
        };
        let first = ask("0123456789abcdef").await;
        let again = ask("0123456789abcdef").await;
        assert_eq!(first.status, 201);
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        let other = ask("fedcba9876543210").await;
        assert_ne!(other.text("/participant/id"), first.text("/participant/id"));
        let guessable = ask("1").await;
        assert_eq!(guessable.text("/fields/0/field"), "idempotency-key");
    }
}
