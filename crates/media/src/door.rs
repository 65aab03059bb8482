//! Where media comes in over connections.
//!
//! The listener tells by a connection's first bytes what it carries and hands it over; what is in
//! it goes to the shard that owns the room, like the packets of the UDP port.

use std::{net::SocketAddr, sync::Arc};

use signal::Transport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::{
    ice_tcp,
    relay_host::RelayHost,
    relay_stream,
    shard_thread::{Remote, ShardHandle},
    socket::destination,
};

/// Takes connections in; clones are the same door.
#[derive(Debug, Clone)]
pub struct Door(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shards: Arc<[ShardHandle]>,
    tcp_candidates: Vec<SocketAddr>,
    relay: Option<Arc<RelayHost>>,
    stop: CancellationToken,
}

/// Both ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// The client's.
    pub client: SocketAddr,
    /// Ours, which need not be one that clients are told of.
    pub local: SocketAddr,
}

impl Door {
    pub(crate) fn new(
        shards: Arc<[ShardHandle]>,
        tcp_candidates: Vec<SocketAddr>,
        relay: Option<Arc<RelayHost>>,
        stop: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            shards,
            tcp_candidates,
            relay,
            stop,
        }))
    }

    /// Carries ICE and media over TCP (RFC 6544) until either side has enough.
    pub async fn ice<S>(&self, stream: S, ends: Ends)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let client = canonical(ends.client);
        let local = canonical(ends.local).ip();
        let remote = Remote {
            transport: Transport::Tcp,
            address: client,
        };
        let to = destination(&self.0.tcp_candidates, Some(local), client.ip());
        let carried = ice_tcp::carry(stream, remote, to, &self.0.shards);
        self.0.stop.run_until_cancelled(carried).await;
    }

    /// Carries the relay over TCP or TLS (RFC 8656) until either side has enough.
    pub async fn relay<S>(&self, stream: S, ends: Ends)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(host) = &self.0.relay else { return };
        let client = canonical(ends.client);
        let carried = relay_stream::carry(stream, client, host, &self.0.shards);
        self.0.stop.run_until_cancelled(carried).await;
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
