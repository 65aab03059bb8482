//! Accepts connections and answers their requests.
//!
//! Every listener serves the same router. A connection holds one of a bounded number of places
//! from its first byte to its last; when all are taken new ones wait in the system's queue.
//! Invariant: a client that sends nothing, or stops in the middle of a head, loses its place.

mod certificate;
mod connection;
mod tls;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use certificate::Certificate;

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
    pub(crate) async fn serve(self, router: Router, places: Places, stop: CancellationToken) {
        let connections = TaskTracker::new();
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.accept(&places) => accepted,
            };
            match accepted {
                Ok((stream, peer, place)) => {
                    let end = graceful.watcher();
                    let tls = self.tls.clone();
                    let connection = connection::serve(stream, peer, tls, router.clone(), end);
                    connections.spawn(async move {
                        connection.await;
                        drop(place);
                    });
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

    async fn accept(
        &self,
        places: &Places,
    ) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let place = Arc::clone(&places.0).acquire_owned().await;
        let place = place.expect("nobody closes the semaphore");
        let (stream, peer) = self.tcp.accept().await?;
        // Frames are small and must not wait for more.
        stream.set_nodelay(true)?;
        Ok((stream, peer, place))
    }
}

/// How many connections there may be, over all listeners.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(CONNECTIONS_MAX)))
    }
}

async fn bind(address: SocketAddr, setting: &str, flag: &str) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    let bound = bound.with_context(|| {
        format!(
            "cannot listen on {address}: choose another address or port with {flag} (setting {setting})"
        )
    })?;
    let address = bound.local_addr().unwrap_or(address);
    tracing::info!(setting, %address, "port open");
    Ok(bound)
}

/// A browser holds a few; this is for some thousand people.
const CONNECTIONS_MAX: usize = 8192;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
