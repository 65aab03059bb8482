//! One line per request, with nothing in it that tells who asked for what.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};

/// Logs method, path template, status and time; never the query, a header or an id.
pub(crate) async fn access(request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    tracing::debug!(
        %method,
        route = route.as_ref().map_or("(web app)", MatchedPath::as_str),
        status = response.status().as_u16(),
        time_ms = begin.elapsed().as_millis() as u64,
        "request answered"
    );
    response
}
