use std::net::IpAddr;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::BoxFuture;

/// The LiveKit WebSocket endpoint of an engine that runs in this process.
///
/// The HTTP edge hands over the request before it upgrades, so that a refusal is an HTTP status;
/// then it only carries frames.
pub trait SignalEndpoint: Send + Sync + 'static {
    /// Checks the request and lets the participant into the room.
    fn open(&self, request: SignalOpen)
    -> BoxFuture<'_, Result<SignalConnection, SignalRejection>>;

    /// The same checks without any effect, for the clients' own error reporting.
    fn validate(&self, request: SignalOpen) -> BoxFuture<'_, Result<(), SignalRejection>>;
}

/// A client's request to connect.
#[derive(Clone)]
pub struct SignalOpen {
    /// Which of the two protocol routes it came by.
    pub route: SignalRoute,
    /// The raw query string, which may hold the access token: never log it.
    pub query: String,
    /// The `Authorization` header's bearer token, if there is one.
    pub bearer: Option<String>,
    /// The client's address as the HTTP edge sees it.
    pub client: IpAddr,
}

impl std::fmt::Debug for SignalOpen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignalOpen")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

/// The protocol routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalRoute {
    /// `/rtc`: two peer connections.
    V0,
    /// `/rtc/v1`: one peer connection.
    V1,
}

/// Why a request was refused, before the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalRejection {
    /// HTTP status: 400, 401, 403, 404 or 503.
    pub status: u16,
    /// One plain sentence.
    pub message: String,
}

/// One WebSocket frame's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Protobuf.
    Binary(Bytes),
    /// Proto-JSON.
    Text(String),
}

/// An accepted connection: two bounded queues of frames.
///
/// When `outgoing` ends the edge closes the socket. When the socket ends the edge drops
/// `incoming`; the engine then keeps the participant for its grace time.
#[derive(Debug)]
pub struct SignalConnection {
    /// From the client to the engine.
    pub incoming: mpsc::Sender<Frame>,
    /// From the engine to the client.
    pub outgoing: mpsc::Receiver<Frame>,
}
