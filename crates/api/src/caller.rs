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
        if let MaybeSignedIn(Some(user)) = MaybeSignedIn::from_request_parts(parts, edge).await? {
            return Ok(Self(Caller::User(user)));
        }
        let token = cookies::seat(&parts.headers)
            .ok_or(Kind::SeatNeeded)?
            .to_owned();
        let PathId(session) = PathId::<SessionId>::from_request_parts(parts, edge).await?;
        let seat = seats::authenticate(edge.app(), session, &token).await;
        let seat = seat.map_err(|error| Problem::store(&error))?;
        let seat = seat.ok_or(Kind::SeatNeeded)?;
        Ok(Self(Caller::Seat(seat)))
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
