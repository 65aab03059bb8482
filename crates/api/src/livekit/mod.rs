//! The paths of the LiveKit protocol, beside the API: here only HTTP, the protocol is the engine's.
//!
//! A client asks `/rtc/v1` to upgrade; the engine admits or refuses before the upgrade, so that
//! the refusal is an HTTP status with a plain sentence. Browsers can't see that status, so on a
//! failure they ask `…/validate` for it, from any origin. Paths may begin with two slashes,
//! because people configure server addresses with a slash at the end.
//!
//! Before either the application is asked whether the token's holder may still come in.
//!
//! Invariant: the query holds tokens; it goes to the engine and nowhere else.

mod admission;
mod connection;
mod cors;
mod open;
mod validate;

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use rtc::{SignalRejection, SignalRoute};

use crate::{edge::Edge, guard::deadline};

pub(crate) fn routes() -> Router<Edge> {
    let mut router = Router::new();
    for root in ["/rtc", "//rtc"] {
        router = router
            .route(root, opening(SignalRoute::V0))
            .route(&format!("{root}/v1"), opening(SignalRoute::V1))
            .route(&format!("{root}/validate"), validating(SignalRoute::V0))
            .route(&format!("{root}/v1/validate"), validating(SignalRoute::V1));
    }
    router
        .layer(middleware::from_fn(deadline::keep))
        .layer(middleware::from_fn(cors::allow_any_origin))
}

fn opening(route: SignalRoute) -> MethodRouter<Edge> {
    get(async move |edge, client, uri, headers, upgrade| {
        open::open(route, edge, client, uri, headers, upgrade).await
    })
}

fn validating(route: SignalRoute) -> MethodRouter<Edge> {
    get(async move |edge, client, uri, headers| {
        validate::validate(route, edge, client, uri, headers).await
    })
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| token.trim().to_owned())
}

fn refuse(rejection: SignalRejection) -> Response {
    let status = StatusCode::from_u16(rejection.status);
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, rejection.message).into_response()
}

#[cfg(test)]
mod tests;
