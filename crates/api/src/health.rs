//! Whether the process lives, and whether it can serve: for supervisors and load balancers.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::time::timeout;

use crate::{
    edge::Edge,
    problem::{Kind, Problem},
};

pub(crate) fn routes() -> Router<Edge> {
    Router::new()
        .route("/healthz", get(StatusCode::NO_CONTENT))
        .route("/readyz", get(ready))
}

/// Ready as long as the database and the whole media engine answer and nobody has asked for a stop.
async fn ready(State(edge): State<Edge>) -> Response {
    if edge.stopping().is_cancelled() {
        return unready("the server is stopping");
    }
    let media = timeout(ANSWER_WITHIN, edge.rtc().health());
    if !matches!(media.await, Ok(Ok(()))) {
        return unready("the media engine does not answer");
    }
    let database = app::installation::describe(edge.app());
    match timeout(ANSWER_WITHIN, database).await {
        Ok(Ok(_)) => ([(header::CACHE_CONTROL, "no-store")], "ready\n").into_response(),
        Ok(Err(error)) => Problem::store(&error).into_response(),
        Err(_) => unready("the database does not answer"),
    }
}

fn unready(detail: &str) -> Response {
    Problem::new(Kind::Unavailable)
        .with_detail(detail)
        .into_response()
}

/// Supervisors ask every few seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use crate::testing::Installation;

    #[tokio::test]
    async fn a_stopping_server_lives_but_is_not_ready() {
        let installation = Installation::fresh().await;
        let mut browser = installation.browser();
        assert_eq!(browser.get("/healthz").await.status, 204);
        assert_eq!(browser.get("/readyz").await.status, 200);
        installation.api.stop();
        assert_eq!(browser.get("/healthz").await.status, 204);
        assert_eq!(browser.get("/readyz").await.problem(), "unavailable");
    }

    #[tokio::test]
    async fn a_server_without_its_media_engine_is_not_ready() {
        let installation = Installation::fresh().await;
        installation.engine.stop();
        let refused = installation.browser().get("/readyz").await;
        assert_eq!(refused.text("/detail"), "the media engine does not answer");
    }

    #[tokio::test]
    async fn an_engine_that_hangs_keeps_nobody_waiting_for_ever() {
        let installation = Installation::fresh().await;
        installation.engine.hang();
        // Nothing here touches the database, so that time can jump to the end of the wait.
        tokio::time::pause();
        let refused = installation.browser().get("/readyz").await;
        assert_eq!(refused.text("/detail"), "the media engine does not answer");
    }
}
