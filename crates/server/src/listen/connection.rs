use std::{net::SocketAddr, time::Duration};

use api::Peer;
use axum::{Router, body::Body, http::Request};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// Serves one connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    end: Watcher,
) {
    let is_tls = tls.is_some();
    let peer = Peer { address, is_tls };
    let Some(tls) = tls else {
        return answer(stream, peer, router, end).await;
    };
    // Scanners and people who do not trust the certificate end here: nothing to report.
    if let Ok(Ok(stream)) = timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
        answer(stream, peer, router, end).await;
    }
}

async fn answer<S>(stream: S, peer: Peer, router: Router, end: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.map(Body::new)
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(HEAD_WITHIN)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_LIST_BYTES_MAX);
    let service = TowerToHyperService::new(service);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    if let Err(error) = end.watch(connection.into_owned()).await {
        tracing::trace!(%error, "a connection broke off");
    }
}

const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// Also how long a connection may be idle between requests.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// LiveKit clients put a compressed session description into the query: heads of 64 KiB must
/// pass, and the rest of the buffer is for what follows the head.
const HEAD_BYTES_MAX: usize = 128 * 1024;
const HEAD_LIST_BYTES_MAX: u32 = 96 * 1024;

const STREAMS_MAX: u32 = 128;
const PING_EVERY: Duration = Duration::from_secs(30);
