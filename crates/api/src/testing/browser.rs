//! A browser of a test, and what it gets to see.

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use serde_json::Value;
use tower::ServiceExt as _;

use super::ORIGIN;
use crate::Peer;

/// A browser: keeps its cookies and says where its requests come from.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) address: SocketAddr,
    /// Name, path and value.
    cookies: Vec<(String, String, String)>,
}

impl Browser {
    pub(super) fn new(router: Router, address: SocketAddr) -> Self {
        Self {
            router,
            address,
            cookies: Vec::new(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.request(Method::GET, path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Answer {
        self.request(Method::DELETE, path, None).await
    }

    pub(crate) async fn request(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let builder = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ORIGIN, ORIGIN)
            .header(header::COOKIE, self.cookies_for(path))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |json| Body::from(json.to_string()));
        self.send(builder.body(body).expect("a request")).await
    }

    /// Asks for a WebSocket.
    pub(crate) async fn upgrade(&mut self, path: &str) -> Answer {
        let request = Request::builder()
            .uri(path)
            .header(header::ORIGIN, ORIGIN)
            .header(header::COOKIE, self.cookies_for(path))
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// What another site makes this browser send.
    pub(crate) async fn lured(&mut self, method: Method, path: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ORIGIN, "https://evil.example")
            .header(header::COOKIE, self.cookies_for(path))
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from("{}")).expect("a request"))
            .await
    }

    /// Sends a request as it is, without cookies of its own.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(Peer {
            address: self.address,
            is_tls: false,
        });
        let router = self.router.clone();
        let response = router.oneshot(request).await.expect("an answer");
        let (head, body) = response.into_parts();
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            self.take_cookie(cookie.to_str().expect("ASCII"));
        }
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        Answer {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    pub(crate) fn set_cookie(&mut self, name: &str, path: &str, value: &str) {
        self.cookies
            .retain(|(kept, at, _)| kept != name || at != path);
        let cookie = (name.to_owned(), path.to_owned(), value.to_owned());
        self.cookies.push(cookie);
    }

    /// The `Cookie` header for a path.
    pub(crate) fn cookies_for(&self, path: &str) -> String {
        let sent = self
            .cookies
            .iter()
            .filter(|(_, at, _)| path.starts_with(at.as_str()));
        let pairs = sent.map(|(name, _, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn take_cookie(&mut self, cookie: &str) {
        let mut parts = cookie.split("; ");
        let pair = parts.next().and_then(|pair| pair.split_once('='));
        let (name, value) = pair.expect("a name and a value");
        let path = parts.find_map(|part| part.strip_prefix("Path="));
        self.set_cookie(name, path.expect("a path"), value);
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The problem's slug, after a look at what all problems have in common.
    pub(crate) fn problem(&self) -> &str {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json",
            "{self:?}"
        );
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(self.body["status"], self.status.as_u16());
        let kind = self.body["type"].as_str().expect("a type");
        kind.strip_prefix("/problems/").expect("a slug")
    }

    /// A text of the body, by its JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        let value = self.body.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("no text at {pointer} in {self:?}"))
    }

    /// What a snapshot should show of the headers.
    pub(crate) fn headers_of_interest(&self) -> String {
        let names = ["content-type", "cache-control", "set-cookie", "retry-after"];
        let lines = names.iter().filter_map(|name| {
            let value = self.headers.get(*name)?.to_str().expect("ASCII");
            Some(format!("{name}: {value}\n"))
        });
        lines.collect()
    }
}
