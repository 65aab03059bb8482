//! The embedded web application.
//!
//! A GET that no endpoint takes comes here: a file of the web build is served as it is, anything
//! else is answered with the one HTML page, whose script then reads the address. What looks like
//! a file but is none, and everything under `/api`, is a plain 404 instead.
//!
//! Invariant: only hashed files may be kept by caches; the HTML never is.

mod encoding;
mod files;
mod page;
mod policy;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use url::Url;

use crate::{
    edge::Edge,
    problem::{Kind, Problem},
};
use encoding::Accepted;
use files::Files;
use page::Page;

/// The files and the page that the server was built with.
#[derive(Debug)]
pub(crate) struct WebApp {
    files: Files,
    page: Page,
}

impl WebApp {
    /// The embedded web build; a page that says how to build it when there is none.
    pub(crate) fn embedded(public_url: &Url, asset_base_url: Option<&Url>) -> Self {
        Self::new(Files::embedded(), public_url, asset_base_url)
    }

    fn new(files: Files, public_url: &Url, asset_base_url: Option<&Url>) -> Self {
        let page = match files.read("index.html") {
            Some(html) => Page::new(&html, public_url, asset_base_url),
            None => Page::new(NOT_BUILT.as_bytes(), public_url, None),
        };
        Self { files, page }
    }

    /// Answers a request that no endpoint takes.
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        if path == "/api" || path.starts_with("/api/") {
            return Problem::new(Kind::NotFound).into_response();
        }
        if !matches!(*method, Method::GET | Method::HEAD) {
            let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
            return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
        }
        let accepted = Accepted::from_headers(headers);
        let path = path.trim_start_matches('/');
        let mut response = if path.is_empty() || path == "index.html" {
            self.page.respond(accepted, headers)
        } else if let Some(file) = self.files.respond(path, accepted, headers) {
            file
        } else if looks_like_a_file(path) {
            (StatusCode::NOT_FOUND, "not found\n").into_response()
        } else {
            self.page.respond(accepted, headers)
        };
        // Public bytes without credentials: LiveKit clients ask `/` from any origin whether the
        // server can be reached, and an asset host fetches the files.
        response.headers_mut().insert(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        );
        response
    }
}

/// Serves the web application to whatever no endpoint takes.
pub(crate) async fn serve(State(edge): State<Edge>, request: Request<Body>) -> Response {
    let web = edge.web();
    web.answer(request.method(), request.uri().path(), request.headers())
}

/// Pages have no dot in their address; files do.
fn looks_like_a_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("_app/") || name.contains('.')
}

const NOT_BUILT: &str = include_str!("not_built.html");

#[cfg(test)]
mod tests;
