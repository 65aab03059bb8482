//! The session's live feed: `GET /api/v1/sessions/{id}/live` as a WebSocket.
//!
//! 1. The first message is a snapshot, 2. then come the events that the client does not have,
//! 3. then whatever happens, in order and without gaps, until one side closes.
//!
//! Invariant: one slow client costs only itself its connection.

mod connection;
mod messages;

use app::live::{Backlog, SubscribeError};
use axum::{
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    response::Response,
};
use domain::SessionId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::SessionCaller,
    edge::Edge,
    extract::{PathId, Query},
    problem::{Kind, Problem, problems},
};

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new().routes(routes!(open))
}

/// What the client has already.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OpenLive {
    /// The last `seq` that the client has; everything if left out.
    after: Option<u64>,
    /// Of the events after that only the latest so many; all of them if left out. The others are
    /// in `/events`.
    latest: Option<u64>,
}

problems!(Refusals: InvalidInput, NotSignedIn, SeatNeeded, CrossOriginRefused, NotFound, UpgradeRequired, TooManyConnections);

/// Follow a session: a WebSocket whose messages are described in `session-live.schema.json`
#[utoipa::path(get, path = "/sessions/{id}/live", tag = "sessions", operation_id = "follow_session",
    params(("id" = String, Path), OpenLive), responses((status = 101, description = "The WebSocket is open"), Refusals))]
async fn open(
    State(edge): State<Edge>,
    SessionCaller(caller): SessionCaller,
    PathId(session): PathId<SessionId>,
    Query(wanted): Query<OpenLive>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let backlog = Backlog {
        after_seq: wanted.after.unwrap_or(0),
        latest: wanted.latest.unwrap_or(u64::MAX),
    };
    let live = edge.app().live();
    let subscription = live.subscribe(&caller, session, backlog).await?;
    // After the question whether the caller may know of the session at all.
    let upgrade = upgrade.map_err(|_| Kind::UpgradeRequired)?;
    let token = edge.sockets().token();
    let connection = upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX);
    Ok(connection.on_upgrade(async move |socket| {
        connection::run(socket, subscription, edge).await;
        drop(token);
    }))
}

impl From<SubscribeError> for Problem {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::NotFound => Kind::NotFound.into(),
            SubscribeError::SeatNeeded => Kind::SeatNeeded.into(),
            SubscribeError::TooManyConnections => Kind::TooManyConnections.into(),
            SubscribeError::SignedOut => Kind::NotSignedIn.into(),
            SubscribeError::Stopping => Kind::Unavailable.into(),
            SubscribeError::Store(error) => Self::store(&error),
        }
    }
}

/// Clients send little; more than this is no message of theirs.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests;
