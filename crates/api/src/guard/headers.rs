//! The headers that keep an answer from being used for something else.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// Adds the security headers; what an endpoint has set itself stays.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in SECURITY {
        let value = HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Answers of the API belong to nobody's cache.
pub(crate) async fn forbid_caching(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

const SECURITY: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), \
         fullscreen=(self), geolocation=(), payment=(), usb=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Method, Request, header::ORIGIN},
    };
    use serde_json::json;

    use super::*;
    use crate::testing::{Answer, Installation};

    fn check(what: &str, answer: &Answer) {
        for (name, value) in SECURITY {
            let found = answer.headers.get_all(&name).iter().collect::<Vec<_>>();
            assert_eq!(found.len(), 1, "{what}: {name}: {found:?}");
            if name == header::CONTENT_SECURITY_POLICY {
                let policy = found[0].to_str().expect("ASCII");
                for directive in ["default-src 'none'", "frame-ancestors 'none'"] {
                    assert!(policy.contains(directive), "{what}: {policy}");
                }
            } else {
                assert_eq!(found[0], value, "{what}: {name}");
            }
        }
    }

    #[tokio::test]
    async fn every_kind_of_answer_carries_them() {
        let (installation, mut owner) = Installation::set_up().await;
        for (path, status) in [
            ("/", 200),
            ("/join", 200),
            ("/_app/immutable/gone.js", 404),
            ("/robots.txt", 404),
            ("/api/v1/installation", 200),
            ("/api/v1/users", 200),
            ("/api/v1/nothing", 404),
            ("/api/v1/users/no-id", 405),
            ("/api/v1/openapi.json", 200),
            ("/api/v1/sessions?limit=x", 422),
            ("/healthz", 204),
            ("/readyz", 200),
            ("/rtc/v1", 404),
            ("/rtc/v1/validate", 401),
        ] {
            let answer = owner.get(path).await;
            assert_eq!(answer.status, status, "{path}: {answer:?}");
            check(path, &answer);
        }
        let mut stranger = installation.browser();
        check("no sign-in", &stranger.get("/api/v1/users").await);
        let lured = owner.lured(Method::POST, "/api/v1/sessions").await;
        check("another site", &lured);
        let wrong = stranger.post("/api/v1/sign-ins", &json!({ "x": 1 })).await;
        check("wrong fields", &wrong);
        check("wrong method", &owner.delete("/api/v1/users").await);
        check("wrong method", &owner.delete("/people").await);
        check("too large", &oversized(&mut stranger).await);
        installation.api.stop();
        check("stopping", &owner.get("/readyz").await);
    }

    async fn oversized(browser: &mut crate::testing::Browser) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/sign-ins")
            .header(ORIGIN, crate::testing::ORIGIN)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(vec![b' '; 2 << 20]));
        let answer = browser.send(request.expect("a request")).await;
        assert_eq!(answer.status, 413);
        answer
    }
}
