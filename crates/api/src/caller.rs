//! Who asks: by the sign-in's cookie, or by the cookie of a guest's seat.
//!
//! A sign-in slides: when it is used late in its life the use-case prolongs it, and the browser
//! must be told. Extractors cannot touch the answer, so they leave the cookie in [`Renewal`],
//! and [`renew`] puts it there.

use std::sync::{Arc, OnceLock};

use app::{Caller, SignedIn, seats, sign_ins};
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use domain::SessionId;

use crate::{
    cookies,
    edge::Edge,
    extract::PathId,
    problem::{Kind, Problem},
};

/// A user who has signed in; anybody else is refused.
pub(crate) struct SignedInUser(pub(crate) SignedIn);

/// A user if one has signed in.
pub(crate) struct MaybeSignedIn(pub(crate) Option<SignedIn>);

/// Somebody who may have to do with the session in the path: a user, or a guest with a seat.
pub(crate) struct SessionCaller(pub(crate) Caller);

impl FromRequestParts<Edge> for MaybeSignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Problem> {
        let Some(token) = cookies::sign_in(&parts.headers) else {
            return Ok(Self(None));
        };
        let found = sign_ins::authenticate(edge.app(), token).await;
        let Some(found) = found.map_err(|error| Problem::store(&error))? else {
            return Ok(Self(None));
        };
        if found.renewed_until.is_some()
            && let Some(renewal) = parts.extensions.get::<Renewal>()
        {
            renewal.leave(cookies::keep_sign_in(token, edge.is_https()));
        }
        Ok(Self(Some(found.signed_in)))
    }
}

impl FromRequestParts<Edge> for SignedInUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Problem> {
        let MaybeSignedIn(user) = MaybeSignedIn::from_request_parts(parts, edge).await?;
        user.map(Self).ok_or_else(|| Kind::NotSignedIn.into())
    }
}

impl FromRequestParts<Edge> for SessionCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Problem> {
        let MaybeSignedIn(user) = MaybeSignedIn::from_request_parts(parts, edge).await?;
        let seat = cookies::seat(&parts.headers).map(str::to_owned);
        if user.is_none() && seat.is_none() {
            return Err(Kind::SeatNeeded.into());
        }
        let PathId(session) = PathId::<SessionId>::from_request_parts(parts, edge).await?;
        let caller = seats::caller(edge.app(), session, user, seat.as_deref()).await;
        let caller = caller.map_err(|error| Problem::store(&error))?;
        caller.map(Self).ok_or_else(|| Kind::SeatNeeded.into())
    }
}

/// Where an extractor leaves the cookie of a prolonged sign-in.
#[derive(Debug, Clone, Default)]
struct Renewal(Arc<OnceLock<HeaderValue>>);

impl Renewal {
    fn leave(&self, cookie: HeaderValue) {
        // The same sign-in may be looked at twice; its cookie is the same.
        let _ = self.0.set(cookie);
    }
}

/// Tells the browser when its sign-in has been prolonged.
pub(crate) async fn renew(mut request: Request, next: Next) -> Response {
    let renewal = Renewal::default();
    request.extensions_mut().insert(renewal.clone());
    let mut response = next.run(request).await;
    // An endpoint that signs in or out has the last word.
    if let Some(cookie) = renewal.0.get()
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        let headers = response.headers_mut();
        headers.insert(header::SET_COOKIE, cookie.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Browser, Installation};

    const SIGN_IN: &str = "helpsight_sign_in";

    /// Signs the guest's browser in as somebody who is signed in elsewhere.
    fn sign_in(guest: &mut Browser, user: &Browser) {
        let cookies = user.cookies_for("/");
        let token = cookies.split("; ").find_map(|pair| {
            let (name, token) = pair.split_once('=')?;
            (name == SIGN_IN).then_some(token)
        });
        guest.set_cookie(SIGN_IN, "/", token.expect("they are signed in"));
    }

    #[tokio::test]
    async fn a_guest_who_signs_in_keeps_their_seat_where_the_account_has_none() {
        let (installation, mut owner) = Installation::set_up().await;
        let created = owner
            .post("/api/v1/sessions", &json!({ "role": "expert" }))
            .await;
        let path = format!("/api/v1/sessions/{}", created.text("/session/id"));
        let member = installation
            .user(&mut owner, "mia@example.com", "member")
            .await;
        let foreigner = installation.foreign_owner().await;
        for user in [&member, &foreigner] {
            let mut guest = installation.guest(&created.body).await;
            sign_in(&mut guest, user);
            let me = guest.get(&format!("{path}/participants/me")).await;
            assert_eq!(me.text("/participant/kind"), "guest");
            let token = guest.post(&format!("{path}/rtc-tokens"), &json!({})).await;
            assert_eq!(token.status, 201, "{token:?}");
        }
        // Who can see the session with their account is there with it.
        let mut guest = installation.guest(&created.body).await;
        sign_in(&mut guest, &owner);
        let me = guest.get(&format!("{path}/participants/me")).await;
        assert_eq!(me.text("/participant/kind"), "user");
        // An account that sees nothing, and no seat.
        let mut member = member;
        let nothing = member.get(&format!("{path}/participants/me")).await;
        assert_eq!(nothing.problem(), "not-found");
    }
}
