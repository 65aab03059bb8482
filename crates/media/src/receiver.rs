//! Reads the media port and hands each packet to the shard that owns its room.

use std::{
    io::{self, IoSliceMut},
    net::SocketAddr,
    sync::Arc,
    thread,
    time::Duration,
};

use mio::{Events, Interest, Poll, Token, Waker, net::UdpSocket};
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use signal::Transport;
use tokio_util::sync::CancellationToken;

use crate::{
    packet_queue::{PacketQueue, QueuedPacket},
    paths::{Owner, Paths},
    shard_thread::{Remote, ShardHandle},
    socket::destination,
};

/// How long packets are waited for once the first is there: far below what a jitter buffer notices.
const GATHERING: Duration = Duration::from_micros(500);

const PACKETS: Token = Token(0);
const STOP: Token = Token(1);

pub(crate) struct Receiver {
    socket: UdpSocket,
    poll: Poll,
    state: UdpSocketState,
    candidates: Vec<SocketAddr>,
    shards: Arc<[ShardHandle]>,
    relay: Option<Arc<PacketQueue>>,
    paths: Paths,
}

/// What a receiver reads, and whom it hands it to.
pub(crate) struct Reading {
    pub(crate) socket: std::net::UdpSocket,
    pub(crate) candidates: Vec<SocketAddr>,
    pub(crate) shards: Arc<[ShardHandle]>,
    /// For packets to the relay.
    pub(crate) relay: Option<Arc<PacketQueue>>,
}

impl Receiver {
    pub(crate) fn new(reading: Reading) -> io::Result<Self> {
        let Reading {
            socket,
            candidates,
            shards,
            relay,
        } = reading;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let mut socket = UdpSocket::from_std(socket);
        let poll = Poll::new()?;
        poll.registry()
            .register(&mut socket, PACKETS, Interest::READABLE)?;
        Ok(Self {
            socket,
            poll,
            state,
            candidates,
            paths: Paths::new(shards.len()),
            shards,
            relay,
        })
    }

    /// Wakes the receiver when it is to stop.
    pub(crate) fn waker(&self) -> io::Result<Waker> {
        Waker::new(self.poll.registry(), STOP)
    }

    pub(crate) fn run(mut self, stop: &CancellationToken) {
        let segments = self.state.gro_segments();
        let mut storage = vec![vec![0; 65_536.max(1500 * segments)]; BATCH_SIZE];
        let mut events = Events::with_capacity(2);
        while !stop.is_cancelled() {
            match self.poll.poll(&mut events, None) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    tracing::error!(%error, "the media port cannot be read; restart the server");
                    return;
                }
            }
            // Packets come in bursts: pictures in pieces, and what many clients report. Each that is
            // handled by itself wakes a shard and leaves in calls of its own.
            thread::sleep(GATHERING);
            self.receive_all(&mut storage);
        }
    }

    /// Takes all that is there: the system tells only of what comes later.
    fn receive_all(&mut self, storage: &mut [Vec<u8>]) {
        let mut meta = [RecvMeta::default(); BATCH_SIZE];
        loop {
            let mut buffers = storage.iter_mut();
            let mut slices: [IoSliceMut<'_>; BATCH_SIZE] = std::array::from_fn(|_| {
                IoSliceMut::new(buffers.next().expect("one buffer for each place"))
            });
            let socket = UdpSockRef::from(&self.socket);
            match self.state.recv(socket, &mut slices, &mut meta) {
                Ok(count) => {
                    for (meta, buffer) in meta.iter().zip(&*storage).take(count) {
                        self.deliver(meta, &buffer[..meta.len.min(buffer.len())]);
                    }
                    if count < BATCH_SIZE {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // About a single packet: an ICMP answer to one of ours.
                Err(_) => {}
            }
        }
    }

    fn deliver(&mut self, meta: &RecvMeta, bytes: &[u8]) {
        let source = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
        let destination = destination(&self.candidates, meta.dst_ip, source.ip());
        let remote = Remote {
            transport: Transport::Udp,
            address: source,
        };
        for payload in bytes.chunks(meta.stride.max(1)) {
            if let Some(relay) = &self.relay
                && (relay::is_turn(payload) || relay::is_binding_query(payload))
            {
                relay.put(QueuedPacket {
                    source,
                    destination,
                    payload: payload.to_vec(),
                });
                continue;
            }
            match self.paths.owner_of(source, payload) {
                Owner::Shard(shard) => self.shards[shard].deliver(remote, destination, payload),
                Owner::Unnamed => {
                    for shard in &*self.shards {
                        shard.deliver(remote, destination, payload);
                    }
                }
                Owner::Nobody => {}
            }
        }
    }
}
