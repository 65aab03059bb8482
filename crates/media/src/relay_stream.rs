//! The relay over one TCP or TLS connection of a client.
//!
//! ```text
//! client ──► frames ──► the relay's client ──► the shard of whoever the first check names
//! client ◄── answers, and what the outbox has, wrapped by the relay's client
//! ```
//!
//! Each direction waits for its own taker only: a client that takes nothing is still heard, and
//! packets for it wait in the outbox, which drops its oldest.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use relay::{Client, frames::Frames};
use tokio::{
    io::{
        AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf, split,
    },
    time::{Instant, sleep_until},
};

use crate::{
    attached::Relayed,
    clock::relay_now,
    packet_queue::PacketQueue,
    relay_host::{RelayHost, Wanted},
    shard_thread::ShardHandle,
};

/// Answers that a client does not take; it has none of the next before it has taken the last.
const ANSWERS_BYTES_MAX: usize = 16 * 1024;
/// What is handed to the connection at once.
const WRITE_BYTES: usize = 16 * 1024;

pub(crate) async fn carry<S>(
    stream: S,
    address: SocketAddr,
    host: &RelayHost,
    shards: &Arc<[ShardHandle]>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (from_client, to_client) = split(stream);
    let config = Arc::clone(&host.config);
    let transport = relay::Transport::Stream;
    let shared = Shared {
        relay: Mutex::new(Relay {
            client: Client::new(config, address, transport, relay_now()),
            answers: Vec::new(),
        }),
        outbox: Arc::new(PacketQueue::new()),
    };
    let mut relayed = Relayed::new(shards, &shared.outbox);
    tokio::select! {
        () = carry_up(from_client, &shared, host, &mut relayed) => {}
        () = carry_down(to_client, &shared) => {}
    }
    {
        let mut relay = shared.relay();
        relay.client.end();
        host.settle(&mut relay.client);
    }
    relayed.end().await;
}

/// What both directions have.
struct Shared {
    /// Held for moments, by one task.
    relay: Mutex<Relay>,
    outbox: Arc<PacketQueue>,
}

struct Relay {
    client: Client,
    /// On their way to the client.
    answers: Vec<u8>,
}

impl Shared {
    fn relay(&self) -> MutexGuard<'_, Relay> {
        let relay = self.relay.lock();
        relay.expect("nothing panics while it holds this lock")
    }

    /// Gives the client what it wants, unless it is over.
    fn settle(&self, host: &RelayHost) -> Option<Wanted> {
        let mut relay = self.relay();
        let wanted = host.settle(&mut relay.client);
        for message in &wanted.messages {
            relay.answers.extend_from_slice(message);
        }
        let is_stuck = relay.answers.len() > ANSWERS_BYTES_MAX;
        if !wanted.messages.is_empty() {
            self.outbox.wake();
        }
        (!wanted.is_closed && !is_stuck).then_some(wanted)
    }
}

async fn carry_up<S>(
    mut from_client: ReadHalf<S>,
    shared: &Shared,
    host: &RelayHost,
    relayed: &mut Relayed,
) where
    S: AsyncRead,
{
    let mut frames = Frames::default();
    while let Some(wanted) = shared.settle(host) {
        relayed.release(&wanted.released).await;
        let Some(at) = wanted.at else { return };
        tokio::select! {
            read = from_client.read(frames.space()) => match read {
                Ok(0) | Err(_) => return,
                Ok(count) => frames.filled(count),
            },
            () = sleep_until(Instant::from_std(at)) => {
                shared.relay().client.handle_timeout(relay_now());
                continue;
            }
        }
        loop {
            let message = match frames.next() {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(%error, "a client of the relay is closed");
                    return;
                }
            };
            let packet = shared.relay().client.handle(message, relay_now());
            match packet {
                Some(packet) => relayed.deliver(packet).await,
                None if shared.settle(host).is_none() => return,
                None => {}
            }
        }
    }
}

async fn carry_down<S>(mut to_client: WriteHalf<S>, shared: &Shared)
where
    S: AsyncWrite,
{
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        {
            let mut relay = shared.relay();
            bytes.append(&mut relay.answers);
            while bytes.len() < WRITE_BYTES
                && let Some(packet) = shared.outbox.take()
            {
                let now = relay_now();
                relay
                    .client
                    .to_client(packet.source, &packet.payload, &mut bytes, now);
            }
        }
        if bytes.is_empty() {
            shared.outbox.wait().await;
            continue;
        }
        let written = to_client.write_all(&bytes).await;
        if written.is_err() || to_client.flush().await.is_err() {
            return;
        }
    }
}
