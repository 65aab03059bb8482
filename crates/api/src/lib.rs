//! The HTTP and WebSocket edge: one endpoint a file, OpenAPI, the embedded web application.
//!
//! A request passes the guards, finds its endpoint, which turns it into one call of a use-case
//! and the result into a view; what no endpoint takes belongs to the web application. LiveKit
//! clients have their own paths beside the API; their frames go to the media engine unread.
//!
//! Invariant: nothing here decides what a person may do. The edge says who asks, `app` answers.

mod caller;
mod cookies;
mod edge;
mod extract;
#[cfg(test)]
mod generated;
mod guard;
mod health;
mod installation;
mod invites;
mod links;
mod live;
mod livekit;
mod openapi;
mod participants;
mod password_links;
mod policies;
mod problem;
mod sessions;
mod setup;
mod sign_ins;
mod socket;
#[cfg(test)]
mod testing;
mod users;
mod views;
mod web;

use app::App;
use axum::{Json, Router, middleware, routing};

pub use edge::{Config, Media};
pub use guard::client::Peer;
pub use links::Links;

use edge::Edge;
use guard::{client, deadline, headers, log, origin};
use problem::{Kind, Problem};

/// The edge of one running server.
#[derive(Debug, Clone)]
pub struct Api {
    edge: Edge,
}

impl Api {
    /// Makes the edge of `app` and of the media engine that it uses.
    pub fn new(app: App, media: Media, config: Config) -> Self {
        let edge = Edge::new(app, media, config);
        Self { edge }
    }

    /// Answers requests. Each must carry its [`Peer`] as an extension.
    pub fn router(&self) -> Router {
        let edge = &self.edge;
        let (endpoints, description) = openapi::endpoints().split_for_parts();
        let description = Json(description);
        let api = endpoints
            .route(
                "/api/v1/openapi.json",
                routing::get(async move || description),
            )
            .method_not_allowed_fallback(async || Problem::new(Kind::MethodNotAllowed))
            .layer(middleware::from_fn(deadline::keep))
            .layer(middleware::from_fn(caller::renew))
            .layer(middleware::from_fn(headers::forbid_caching))
            .layer(middleware::from_fn_with_state(edge.clone(), origin::check));
        Router::new()
            .merge(api)
            .merge(livekit::routes())
            .merge(health::routes())
            .fallback(web::serve)
            .layer(middleware::from_fn(headers::secure))
            .layer(middleware::from_fn(log::access))
            .layer(middleware::from_fn_with_state(edge.clone(), client::settle))
            .with_state(edge.clone())
    }

    /// Says at once that the server is stopping: it is no longer ready, and live connections end.
    pub fn stop(&self) {
        self.edge.stopping().cancel();
    }

    /// Waits until every WebSocket is closed. Call [`Api::stop`] first, and bound the wait.
    pub async fn sockets_closed(&self) {
        self.edge.sockets().close();
        self.edge.sockets().wait().await;
    }
}
