//! Bounds the time from a request to the beginning of its answer.

use std::time::Duration;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::{Kind, Problem};

/// Gives up on a request that takes longer than [`ANSWER_WITHIN`], body included.
pub(crate) async fn keep(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Kind::Unavailable)
            .with_detail("the request took too long")
            .into_response(),
    }
}

/// Far beyond what any request of a reachable client needs.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_hangs_is_given_up() {
        let router = Router::new()
            .route("/", get(std::future::pending::<()>))
            .layer(middleware::from_fn(keep));
        let request = Request::builder().body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), 503);
    }
}
