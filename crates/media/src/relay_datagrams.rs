//! The relay by UDP, and plain STUN, on the media port.
//!
//! The receiver puts what is for the relay into a queue, and one task answers. Only who has proven
//! who they are is remembered: whatever else comes is answered and forgotten, so that a flood of
//! forged addresses takes no memory.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use relay::Client;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use crate::{
    attached::Relayed,
    clock::relay_now,
    packet_queue::{PacketQueue, QueuedPacket},
    relay_host::RelayHost,
    shard_thread::ShardHandle,
    socket::{MediaSocket, Path},
};

/// Packets from clients that wait for the task, and packets for them: the oldest is dropped.
const PACKETS_MAX: usize = 4096;
/// How often it is looked whose time is up.
const TICK: Duration = Duration::from_secs(1);

/// The task's state.
pub(crate) struct Datagrams {
    inbox: Arc<PacketQueue>,
    outbox: Arc<PacketQueue>,
    host: Arc<RelayHost>,
    shards: Arc<[ShardHandle]>,
    socket: Arc<MediaSocket>,
    /// Those who have proven who they are.
    clients: HashMap<SocketAddr, Known>,
    /// Whose a relayed address is.
    owners: HashMap<SocketAddr, SocketAddr>,
    /// Kept for its memory.
    wrapped: Vec<u8>,
}

struct Known {
    client: Client,
    relayed: Relayed,
    /// Which of our addresses it speaks to.
    ours: SocketAddr,
}

impl Datagrams {
    pub(crate) fn new(
        host: Arc<RelayHost>,
        shards: Arc<[ShardHandle]>,
        socket: Arc<MediaSocket>,
    ) -> Self {
        let queue = || Arc::new(PacketQueue::with_room_for(PACKETS_MAX));
        Self {
            inbox: queue(),
            outbox: queue(),
            host,
            shards,
            socket,
            clients: HashMap::new(),
            owners: HashMap::new(),
            wrapped: Vec::new(),
        }
    }

    /// Where the receiver puts what is for the relay.
    pub(crate) fn inbox(&self) -> Arc<PacketQueue> {
        Arc::clone(&self.inbox)
    }

    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut tick = interval(TICK);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.inbox.wait() => while let Some(packet) = self.inbox.take() {
                    self.hear(&packet).await;
                },
                () = self.outbox.wait() => while let Some(packet) = self.outbox.take() {
                    self.tell(&packet);
                },
                _ = tick.tick() => self.let_go().await,
            }
        }
    }

    async fn hear(&mut self, packet: &QueuedPacket) {
        let (theirs, ours) = (packet.source, packet.destination);
        let now = relay_now();
        let mut known = self.clients.remove(&theirs).unwrap_or_else(|| {
            let config = Arc::clone(&self.host.config);
            let relayed = Relayed::new(&self.shards, &self.outbox);
            let client = Client::new(config, theirs, relay::Transport::Udp, now);
            Known {
                client,
                relayed,
                ours,
            }
        });
        let to_media = known.client.handle(&packet.payload, now);
        if let Some(to_media) = to_media {
            known.relayed.deliver(to_media).await;
        }
        self.settle(theirs, known).await;
    }

    /// Says what a client is to be told, and keeps those who have something to lose.
    async fn settle(&mut self, theirs: SocketAddr, mut known: Known) {
        let wanted = self.host.settle(&mut known.client);
        let path = Path {
            source: known.ours,
            destination: theirs,
        };
        for message in &wanted.messages {
            // A message that cannot be sent is a message lost: the client asks again.
            let _ = self.socket.send(path, message, message.len());
        }
        known.relayed.release(&wanted.released).await;
        for address in &wanted.released {
            self.owners.remove(address);
        }
        for address in known.client.relayed() {
            self.owners.insert(address, theirs);
        }
        if known.client.participant().is_some() {
            self.clients.insert(theirs, known);
        }
    }

    /// Sends a packet that media has for a relayed address.
    fn tell(&mut self, packet: &QueuedPacket) {
        let theirs = self.owners.get(&packet.destination).copied();
        let Some((theirs, known)) =
            theirs.and_then(|theirs| Some((theirs, self.clients.get_mut(&theirs)?)))
        else {
            return;
        };
        self.wrapped.clear();
        let is_allowed = known.client.to_client(
            packet.source,
            &packet.payload,
            &mut self.wrapped,
            relay_now(),
        );
        if is_allowed {
            let path = Path {
                source: known.ours,
                destination: theirs,
            };
            // As the network would lose it.
            let _ = self.socket.send(path, &self.wrapped, self.wrapped.len());
        }
    }

    /// Lets those go whose time is up.
    async fn let_go(&mut self) {
        let everybody: Vec<SocketAddr> = self.clients.keys().copied().collect();
        for theirs in everybody {
            if let Some(mut known) = self.clients.remove(&theirs) {
                known.client.handle_timeout(relay_now());
                self.settle(theirs, known).await;
            }
        }
    }
}
