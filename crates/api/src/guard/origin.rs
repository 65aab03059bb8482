//! Refuses what another site makes a browser send with the user's cookies.
//!
//! Unsafe methods and WebSocket upgrades must come from our own pages: by `Sec-Fetch-Site`, or by
//! an `Origin` that is the public address or the address of this very request. A request with
//! neither header comes from no browser that we support; it passes when it carries no cookie.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::client::Peer;
use crate::{
    edge::Edge,
    problem::{Kind, Problem},
};

/// Lets a request pass that our own page, or no page at all, has sent.
pub(crate) async fn check(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let is_safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) && !request.headers().contains_key(header::SEC_WEBSOCKET_KEY);
    let is_tls = request
        .extensions()
        .get::<Peer>()
        .is_some_and(|peer| peer.is_tls);
    if is_safe || is_own_page(request.headers(), is_tls, edge.public_origin()) {
        next.run(request).await
    } else {
        Problem::new(Kind::CrossOriginRefused).into_response()
    }
}

fn is_own_page(headers: &HeaderMap, is_tls: bool, public_origin: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    match (text("sec-fetch-site"), text("origin")) {
        (Some("same-origin"), _) => true,
        (_, Some(origin)) => {
            let scheme = if is_tls { "https" } else { "http" };
            let is_this_host = text("host").is_some_and(|host| {
                origin.split_once("://") == Some((scheme, host)) && !host.is_empty()
            });
            origin == public_origin || is_this_host
        }
        (Some(_), None) => false,
        (None, None) => !headers.contains_key(header::COOKIE),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn passes(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        is_own_page(&headers.collect(), false, "https://help.example.com")
    }

    #[test]
    fn our_own_pages_pass_by_either_header() {
        assert!(passes(&[("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("origin", "https://help.example.com")]));
        assert!(passes(&[
            ("origin", "http://10.0.0.1:8080"),
            ("host", "10.0.0.1:8080")
        ]));
    }

    #[test]
    fn other_sites_are_refused_with_and_without_cookies() {
        for origin in [
            "https://evil.example",
            "null",
            "",
            "https://help.example.com.evil.example",
            "https://10.0.0.1:8080",
        ] {
            let host = ("host", "10.0.0.1:8080");
            assert!(!passes(&[("origin", origin), host]), "{origin}");
            assert!(!passes(&[
                ("origin", origin),
                host,
                ("sec-fetch-site", "cross-site")
            ]));
        }
        assert!(!passes(&[("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn without_either_header_cookies_do_not_count() {
        assert!(passes(&[]));
        assert!(!passes(&[("cookie", "helpsight_sign_in=x")]));
    }
}
