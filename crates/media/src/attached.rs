//! The shard that the media of a connection belongs to.

use std::{net::SocketAddr, sync::Arc};

use relay::ToMedia;
use signal::Transport;
use tokio::sync::oneshot;

use crate::{
    packet_queue::PacketQueue,
    paths::shard_of_ufrag,
    shard_thread::{Command, Remote, ShardHandle},
};

/// A connection that a shard knows. It forgets it when this is [detached](Self::detach).
pub(crate) struct Attached {
    shard: ShardHandle,
    remote: Remote,
}

impl Attached {
    /// Finds the shard where somebody has the ICE name that a connection's first packet names.
    pub(crate) async fn find(
        shards: &[ShardHandle],
        remote: Remote,
        first: &[u8],
        outbox: &Arc<PacketQueue>,
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
                let shard = shard.clone();
                return Some(Self { shard, remote });
            }
        }
        None
    }

    /// Hands a packet over that came for one of our candidates.
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

/// The ways through the relay of one client: an address for each family, at most.
pub(crate) struct Relayed {
    shards: Arc<[ShardHandle]>,
    outbox: Arc<PacketQueue>,
    attached: Vec<(SocketAddr, Attached)>,
}

impl Relayed {
    pub(crate) fn new(shards: &Arc<[ShardHandle]>, outbox: &Arc<PacketQueue>) -> Self {
        Self {
            shards: Arc::clone(shards),
            outbox: Arc::clone(outbox),
            attached: Vec::new(),
        }
    }

    /// Hands a packet over. What comes before a check that names somebody is nobody's.
    pub(crate) async fn deliver(&mut self, packet: ToMedia<'_>) {
        let is_known = |(relayed, _): &&(SocketAddr, Attached)| *relayed == packet.relayed;
        if let Some((_, attached)) = self.attached.iter().find(is_known) {
            return attached.deliver(packet.peer, packet.payload);
        }
        let remote = Remote {
            transport: Transport::Relay,
            address: packet.relayed,
        };
        let found = Attached::find(&self.shards, remote, packet.payload, &self.outbox).await;
        if let Some(attached) = found {
            attached.deliver(packet.peer, packet.payload);
            self.attached.push((packet.relayed, attached));
        }
    }

    /// All of them may be somebody else's soon.
    pub(crate) async fn end(self) {
        for (_, attached) in self.attached {
            attached.detach().await;
        }
    }

    /// These addresses may be somebody else's soon.
    pub(crate) async fn release(&mut self, addresses: &[SocketAddr]) {
        for address in addresses {
            let is_it = |(relayed, _): &mut (SocketAddr, Attached)| relayed == address;
            let released: Vec<_> = self.attached.extract_if(.., is_it).collect();
            for (_, attached) in released {
                attached.detach().await;
            }
        }
    }
}
