//! Accepts connections and answers their requests.
//!
//! Every listener serves the same router; the one for everything also takes media in, which it tells
//! by a connection's first bytes ([`first_bytes`]). A connection holds one of a bounded number of places
//! from its first byte to its last; when all are taken new ones wait in the system's queue. A
//! client that has its share of the places gets no more: further connections are closed at once.
//! Invariant: a client that sends nothing, or stops in the middle of a head, loses its place.

mod certificate;
mod connection;
mod first_bytes;
mod lingering;
mod places;
mod tls;
mod write_limit;

use std::{io, net::SocketAddr, time::Duration};

use anyhow::Context as _;
use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use media::Door;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use certificate::Certificate;
pub(crate) use places::Places;

use self::{
    connection::{Everything, serve_plain},
    lingering::Lingering,
    places::FreePlace,
};

/// A bound port.
pub(crate) struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Binds a port for plain HTTP.
    pub(crate) async fn http(address: SocketAddr) -> anyhow::Result<Self> {
        let tcp = bind(address, "http.listen", "--http").await?;
        Ok(Self { tcp, tls: None })
    }

    /// Binds a port for the operator's monitoring.
    pub(crate) async fn metrics(address: SocketAddr) -> anyhow::Result<Self> {
        let tcp = bind(address, "metrics.listen", "HELPSIGHT_METRICS__LISTEN").await?;
        Ok(Self { tcp, tls: None })
    }

    /// Binds a port for HTTPS.
    pub(crate) async fn https(
        address: SocketAddr,
        certificate: Certificate,
    ) -> anyhow::Result<Self> {
        let tcp = bind(address, "https.listen", "--https").await?;
        let tls = Some(tls::acceptor(certificate)?);
        Ok(Self { tcp, tls })
    }

    /// Where it listens, with the port that the system chose for port 0.
    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        let address = self.tcp.local_addr();
        address.context("a bound port has no address")
    }

    /// Serves until told to stop, then lets the connections finish, but not for ever.
    /// Media over connections goes to `door`; only the encrypted port takes it in.
    pub(crate) async fn serve(
        self,
        router: Router,
        door: Option<Door>,
        places: Places,
        stop: CancellationToken,
    ) {
        let everything = self.tls.clone().map(|tls| Everything { tls, door });
        let connections = TaskTracker::new();
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.accept(&places) => accepted,
            };
            match accepted {
                Ok((stream, peer, free)) => {
                    let Some(place) = places.give(free, peer.ip()) else {
                        tracing::debug!(%peer, "a connection was closed: its client has its share");
                        continue;
                    };
                    let end = graceful.watcher();
                    let router = router.clone();
                    let stream = Lingering::new(stream, place, connections.clone());
                    match everything.clone() {
                        Some(everything) => {
                            connections.spawn(everything.serve(stream, peer, router, end));
                        }
                        None => {
                            connections.spawn(serve_plain(stream, peer, router, end));
                        }
                    }
                }
                Err(error) => {
                    // Out of file descriptors, most likely; one more try at once would not help.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                }
            }
        }
        drop(self.tcp);
        connections.close();
        let finish = async {
            graceful.shutdown().await;
            connections.wait().await;
        };
        if tokio::time::timeout(DRAIN_WITHIN, finish).await.is_err() {
            tracing::warn!("some connections did not finish in time");
        }
    }

    async fn accept(&self, places: &Places) -> io::Result<(TcpStream, SocketAddr, FreePlace)> {
        let free = places.free().await;
        let (stream, peer) = self.tcp.accept().await?;
        // Frames are small and must not wait for more.
        stream.set_nodelay(true)?;
        Ok((stream, peer, free))
    }
}

async fn bind(address: SocketAddr, setting: &str, flag: &str) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    let or_off = match setting {
        "https.listen" => ", or switch it off with --https off",
        _ => "",
    };
    let bound = bound.with_context(|| {
        format!(
            "cannot listen on {address}: choose another address or port with {flag}{or_off} (setting {setting})"
        )
    })?;
    let address = bound.local_addr().unwrap_or(address);
    tracing::info!(setting, %address, "port open");
    Ok(bound)
}

const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use axum::{
        extract::WebSocketUpgrade,
        response::Response,
        routing::{any, get},
    };
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpSocket,
        time::Instant,
    };

    use super::*;

    const PLACES: usize = 3;

    async fn start(listener: Listener) -> SocketAddr {
        start_with(listener, Places::new(PLACES, PLACES, Vec::new()))
    }

    fn start_with(listener: Listener, places: Places) -> SocketAddr {
        let address = listener.address().expect("a port");
        let router = Router::new()
            .route("/", get(async || "ok"))
            .route("/socket", any(converse));
        let stop = CancellationToken::new();
        tokio::spawn(listener.serve(router, None, places, stop));
        address
    }

    async fn converse(upgrade: WebSocketUpgrade) -> Response {
        upgrade.on_upgrade(async |mut socket| while socket.recv().await.is_some() {})
    }

    async fn open_socket(address: SocketAddr) -> TcpStream {
        let mut stream = connect(address).await;
        let asked = "GET /socket HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\n\
            upgrade: websocket\r\nsec-websocket-version: 13\r\n\
            sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(asked.as_bytes()).await.expect("sent");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 101");
        stream
    }

    async fn plain() -> Listener {
        let any = ([127, 0, 0, 1], 0).into();
        Listener::http(any).await.expect("a port")
    }

    async fn encrypted(folder: &tempfile::TempDir) -> Listener {
        let dir = crate::data_dir::DataDir::create(folder.path()).expect("a folder");
        let url = "https://localhost".parse().expect("an address");
        let now = time::OffsetDateTime::now_utc();
        let certificate = Certificate::self_signed(&dir, &url, &[], now);
        let any = ([127, 0, 0, 1], 0).into();
        let listener = Listener::https(any, certificate.expect("it is made")).await;
        listener.expect("a port")
    }

    async fn connect(address: SocketAddr) -> TcpStream {
        TcpStream::connect(address).await.expect("a connection")
    }

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = connect(address).await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }

    /// `None` when the connection is closed without an answer.
    async fn try_to_ask(address: SocketAddr) -> Option<String> {
        let mut stream = connect(address).await;
        stream.write_all(REQUEST.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        (!answer.is_empty()).then_some(answer)
    }

    const REQUEST: &str = "GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn slow_connections_hold_no_place_for_long_and_the_others_wait_their_turn() {
        let address = start(plain().await).await;
        let mut slow = Vec::new();
        for _ in 0..2 * PLACES {
            let mut stream = connect(address).await;
            stream.write_all(b"GET / HT").await.expect("sent");
            slow.push(stream);
        }
        let begin = Instant::now();
        let answer = ask(address, REQUEST).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        // Two rounds of slow ones came first, each with the time in which to hear that it is over.
        assert_eq!(begin.elapsed().as_secs(), 62);
    }

    #[tokio::test]
    async fn as_long_as_there_are_places_nobody_waits_for_slow_connections() {
        let address = start(plain().await).await;
        let _slow = [connect(address).await, connect(address).await];
        for _ in 0..10 * PLACES {
            let answer = ask(address, REQUEST).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
    }

    #[tokio::test]
    async fn one_client_gets_its_share_and_the_others_the_rest() {
        let address = start_with(plain().await, Places::new(PLACES, 2, Vec::new()));
        let first = open_socket(address).await;
        let _second = open_socket(address).await;
        let third = try_to_ask(address).await;
        assert_eq!(third, None, "a third connection was served");

        let other = TcpSocket::new_v4().expect("a socket");
        other.bind(([127, 0, 0, 2], 0).into()).expect("an address");
        let mut other = other.connect(address).await.expect("a connection");
        other.write_all(REQUEST.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        other.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

        drop(first);
        // The server hears of it when it reads; until then the client has its share.
        let answer = loop {
            if let Some(answer) = try_to_ask(address).await {
                break answer;
            }
        };
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn a_proxy_stands_for_many_clients() {
        let proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        let address = start_with(plain().await, Places::new(PLACES, 1, proxies));
        let _sockets = [open_socket(address).await, open_socket(address).await];
        let answer = ask(address, REQUEST).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_websocket_holds_its_place() {
        let address = start(plain().await).await;
        let mut sockets = Vec::new();
        for _ in 0..PLACES {
            sockets.push(open_socket(address).await);
        }
        let waiting = tokio::time::timeout(Duration::from_secs(300), ask(address, REQUEST));
        assert!(waiting.await.is_err(), "a fourth connection was served");
        sockets.pop();
        let answer = ask(address, REQUEST).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_tls_handshake_that_never_comes_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let address = start(encrypted(&folder).await).await;
        for beginning in [&b""[..], &[22, 3, 1]] {
            let begin = Instant::now();
            let mut stream = connect(address).await;
            stream.write_all(beginning).await.expect("sent");
            let mut rest = Vec::new();
            // Whether it is closed or reset depends on what it has read.
            let _ = stream.read_to_end(&mut rest).await;
            assert_eq!(begin.elapsed().as_secs(), 10, "{beginning:?}");
        }
    }

    #[tokio::test]
    async fn plain_http_on_the_encrypted_port_is_sent_to_https() {
        let folder = tempfile::tempdir().expect("a folder");
        let address = start(encrypted(&folder).await).await;
        let asked = "GET /join?x=1 HTTP/1.1\r\nhost: 10.0.0.1:8443\r\n\r\n";
        let answer = ask(address, asked).await;
        assert!(answer.starts_with("HTTP/1.1 307"), "{answer}");
        let location = "\r\nlocation: https://10.0.0.1:8443/join?x=1\r\n";
        assert!(answer.contains(location), "{answer}");
        for odd in [
            "GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: 10.0.0.1\r\ncontent-length: 0\r\n\r\n",
        ] {
            let answer = ask(address, odd).await;
            assert!(answer.contains(" 400 "), "{answer}");
        }
    }
}
