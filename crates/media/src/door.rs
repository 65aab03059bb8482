//! Where media comes in over connections.
//!
//! The listener tells by a connection's first bytes what it carries and hands it over; what is in
//! it goes to the shard that owns the room, like the packets of the UDP port.

use std::{net::SocketAddr, sync::Arc};

use signal::Transport;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::oneshot,
};
use tokio_util::sync::CancellationToken;

use crate::{
    ice_tcp,
    outbox::Outbox,
    paths::shard_of_ufrag,
    shard_thread::{Command, Remote, ShardHandle},
    socket::destination,
};

/// Takes connections in; clones are the same door.
#[derive(Debug, Clone)]
pub struct Door(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shards: Arc<[ShardHandle]>,
    tcp_candidates: Vec<SocketAddr>,
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
        stop: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            shards,
            tcp_candidates,
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
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The shard that a connection's media belongs to, for as long as this lives.
pub(crate) struct Attached<'a> {
    shard: &'a ShardHandle,
    remote: Remote,
}

impl<'a> Attached<'a> {
    /// Finds the shard where somebody has the ICE name that a connection's first packet names.
    pub(crate) async fn find(
        shards: &'a [ShardHandle],
        remote: Remote,
        first: &[u8],
        outbox: &Arc<Outbox>,
    ) -> Option<Self> {
        let ufrag = signal::local_ufrag(first)?;
        let named = shard_of_ufrag(&ufrag);
        let asked = match named {
            Some(shard) => shards.get(shard..=shard)?,
            None => shards,
        };
        for shard in asked {
            let (is_known, answer) = oneshot::channel();
            let attach = Command::Attach {
                remote,
                ufrag: ufrag.clone(),
                outbox: Arc::clone(outbox),
                is_known,
            };
            shard.command(attach).await.ok()?;
            if answer.await.ok()? {
                return Some(Self { shard, remote });
            }
        }
        None
    }

    pub(crate) fn deliver(&self, destination: SocketAddr, packet: &[u8]) {
        self.shard.deliver(self.remote, destination, packet);
    }

    /// Says that the connection has ended.
    pub(crate) async fn detach(self) {
        let remote = self.remote;
        // A shard that has stopped has forgotten it already.
        let _ = self.shard.command(Command::Detach { remote }).await;
    }
}
