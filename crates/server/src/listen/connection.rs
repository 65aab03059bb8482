use std::{net::SocketAddr, time::Duration};

use api::Peer;
use axum::{
    Router,
    body::Body,
    http::{
        HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header,
        uri::{Authority, PathAndQuery},
    },
    response::{IntoResponse, Response},
};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::Watcher},
    service::TowerToHyperService,
};
use media::{Door, Ends};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{
    first_bytes::{Known, Protocol},
    lingering::Lingering,
    places::Place,
    write_limit::WriteLimit,
};

/// A connection that holds its place.
pub(super) type Stream = Lingering<Place>;

/// Serves one connection of the plain port to its end.
pub(super) async fn serve_plain(stream: Stream, address: SocketAddr, router: Router, end: Watcher) {
    let is_tls = false;
    answer(stream, Peer { address, is_tls }, router, end).await;
}

/// What the port for everything needs.
#[derive(Clone)]
pub(super) struct Everything {
    pub(super) tls: TlsAcceptor,
    /// Where media goes; without it there is none.
    pub(super) door: Option<Door>,
}

impl Everything {
    /// Serves one connection to its end, whatever of ours it carries.
    pub(super) async fn serve(
        self,
        stream: Stream,
        client: SocketAddr,
        router: Router,
        end: Watcher,
    ) {
        let Ok(local) = stream.tcp().local_addr() else {
            return;
        };
        let ends = Ends { client, local };
        let peer = |is_tls| Peer {
            address: client,
            is_tls,
        };
        // Scanners and people who do not trust the certificate end here: nothing to report.
        let Ok(Some(opened)) = timeout(HANDSHAKE_WITHIN, open(stream, &self.tls)).await else {
            return;
        };
        match opened {
            Opened::Https(stream) => answer(*stream, peer(true), router, end).await,
            Opened::Unnamed(stream) => {
                // What does not say what it is by a name shows it at once.
                let told = timeout(HANDSHAKE_WITHIN, Protocol::of(*stream)).await;
                match (told, self.door) {
                    (Ok(Ok(Some((Protocol::Http, stream)))), _) => {
                        answer(stream, peer(true), router, end).await;
                    }
                    (Ok(Ok(Some((Protocol::Turn, stream)))), Some(door)) => {
                        door.relay(stream, ends).await;
                    }
                    _ => {}
                }
            }
            Opened::Http(stream) => {
                answer(stream, peer(false), Router::new().fallback(to_https), end).await;
            }
            Opened::Turn(stream) => {
                if let Some(door) = self.door {
                    door.relay(stream, ends).await;
                }
            }
            Opened::Ice(stream) => {
                if let Some(door) = self.door {
                    door.ice(stream, ends).await;
                }
            }
        }
    }
}

/// What a client of the port for everything turned out to speak.
enum Opened {
    /// HTTP inside TLS, as the client said in the handshake.
    Https(Box<TlsStream<Known<Stream>>>),
    /// TLS, and the client did not say what is inside (RFC 7301): TURN, or an old client's HTTP.
    Unnamed(Box<TlsStream<Known<Stream>>>),
    Http(Known<Stream>),
    Turn(Known<Stream>),
    Ice(Known<Stream>),
}

async fn open(stream: Stream, tls: &TlsAcceptor) -> Option<Opened> {
    let (protocol, stream) = Protocol::of(stream).await.ok()??;
    Some(match protocol {
        Protocol::Tls => {
            let stream = Box::new(tls.accept(stream).await.ok()?);
            match stream.get_ref().1.alpn_protocol() {
                Some(_) => Opened::Https(stream),
                None => Opened::Unnamed(stream),
            }
        }
        Protocol::Http => Opened::Http(stream),
        Protocol::Turn => Opened::Turn(stream),
        Protocol::Ice => Opened::Ice(stream),
    })
}

/// Sends people who typed the address without `https` to the same place with it.
async fn to_https(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| {
        let host = host.to_str().ok()?;
        host.parse::<Authority>().ok()?;
        Some(host.to_owned())
    });
    let mut response = match host {
        Some(host) if matches!(method, Method::GET | Method::HEAD) => {
            let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
            let location = [(header::LOCATION, format!("https://{host}{path}"))];
            (StatusCode::TEMPORARY_REDIRECT, location).into_response()
        }
        Some(_) | None => (StatusCode::BAD_REQUEST, "this port speaks HTTPS\n").into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn answer<S>(stream: S, peer: Peer, router: Router, end: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let has_asked = CancellationToken::new();
    let asked = has_asked.clone();
    let service = router.map_request(move |mut request: Request<Incoming>| {
        asked.cancel();
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
    let stream = TokioIo::new(WriteLimit::new(stream, TAKEN_WITHIN));
    let connection = builder.serve_connection_with_upgrades(stream, service);
    tokio::select! {
        ended = end.watch(connection.into_owned()) => {
            if let Err(error) = ended {
                tracing::trace!(%error, "a connection broke off");
            }
        }
        () = stays_silent(has_asked) => {}
    }
}

/// Ready when no request has come in time. The server's own limit begins with the first byte, which
/// tells it the version of HTTP.
async fn stays_silent(has_asked: CancellationToken) {
    if timeout(HEAD_WITHIN, has_asked.cancelled()).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

/// A client that takes nothing for so long has gone, or means harm.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);

const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// Also how long a connection may be idle between requests.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// LiveKit clients put a compressed session description into the query: heads of 64 KiB must
/// pass, and the rest of the buffer is for what follows the head.
const HEAD_BYTES_MAX: usize = 128 * 1024;
const HEAD_LIST_BYTES_MAX: u32 = 96 * 1024;

const STREAMS_MAX: u32 = 128;
const PING_EVERY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use hyper_util::server::graceful::GracefulShutdown;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        task::JoinHandle,
        time::{Instant, sleep},
    };

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n";

    /// A client's end of a connection, and when ours has let go of it.
    fn connect() -> (DuplexStream, JoinHandle<Duration>) {
        let (client, server) = duplex(4096);
        let peer = Peer {
            address: ([127, 0, 0, 1], 1).into(),
            is_tls: false,
        };
        let router = Router::new().route("/", get(async || "ok"));
        let served = tokio::spawn(async move {
            let begin = Instant::now();
            answer(server, peer, router, GracefulShutdown::new().watcher()).await;
            begin.elapsed()
        });
        (client, served)
    }

    async fn answer_of(client: &mut DuplexStream) -> String {
        let mut answer = String::new();
        while !answer.ends_with("ok") {
            let byte = client.read_u8().await.expect("an answer");
            answer.push(char::from(byte));
        }
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_is_closed() {
        let (_client, served) = connect();
        assert_eq!(served.await.expect("it ends").as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_comes_byte_by_byte_is_not_waited_for() {
        let (mut client, served) = connect();
        let dribble = async {
            for byte in REQUEST.iter().cycle() {
                // It fails when the other side has closed.
                if client.write_all(&[*byte]).await.is_err() {
                    return;
                }
                sleep(Duration::from_secs(2)).await;
            }
        };
        dribble.await;
        assert_eq!(served.await.expect("it ends").as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_may_be_idle_between_requests_but_not_for_ever() {
        let (mut client, served) = connect();
        client.write_all(REQUEST).await.expect("sent");
        answer_of(&mut client).await;
        sleep(Duration::from_secs(25)).await;
        client.write_all(REQUEST).await.expect("sent");
        answer_of(&mut client).await;
        assert_eq!(served.await.expect("it ends").as_secs(), 55);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_asks_and_asks_and_takes_no_answer_is_closed() {
        let (mut client, served) = connect();
        // It ends when the other side has closed.
        let asks = async { while client.write_all(REQUEST).await.is_ok() {} };
        timeout(10 * TAKEN_WITHIN, asks)
            .await
            .expect("it is closed");
        assert_eq!(served.await.expect("it ends").as_secs(), 60);
    }
}
