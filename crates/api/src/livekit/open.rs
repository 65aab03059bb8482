use axum::{
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use rtc::{SignalOpen, SignalRoute};

use super::{admission, bearer, connection, refuse};
use crate::{edge::Edge, guard::client::ClientAddress};

/// Lets a client into its room, then carries its frames.
pub(super) async fn open(
    route: SignalRoute,
    State(edge): State<Edge>,
    ClientAddress(client): ClientAddress,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return (StatusCode::NOT_FOUND, "this address takes WebSockets only").into_response();
    };
    if edge.stopping().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping").into_response();
    }
    let request = SignalOpen {
        route,
        query: uri.query().unwrap_or_default().to_owned(),
        bearer: bearer(&headers),
        client,
    };
    if let Err(rejection) = admission::check(&edge, &request).await {
        return refuse(rejection);
    }
    let frames = match edge.signal().open(request).await {
        Ok(frames) => frames,
        Err(rejection) => return refuse(rejection),
    };
    let token = edge.sockets().token();
    upgrade
        .read_buffer_size(READ_BYTES)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(async move |socket| {
            connection::run(socket, frames).await;
            drop(token);
        })
}

/// Allocated for each connection, for as long as it lasts; most frames are far smaller.
const READ_BYTES: usize = 4096;
/// Session descriptions of many tracks are large, but not larger.
const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;
