//! Reads the media port and hands each packet to the shard that owns its room.
//!
//! Every ufrag of ours names its shard, so the STUN packet that opens a path tells where it
//! belongs, and everything else follows its address. Where we restart ICE ourselves the library
//! chooses the ufrag: that one is tried on every shard, and its own recognises it.

use std::{
    io::{self, IoSliceMut},
    net::SocketAddr,
    num::NonZeroUsize,
    sync::Arc,
    thread,
    time::Duration,
};

use lru::LruCache;
use mio::{Events, Interest, Poll, Token, Waker, net::UdpSocket};
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use tokio_util::sync::CancellationToken;

use crate::{shard_thread::ShardHandle, socket::destination};

/// Every live path checks itself every few seconds and stays among the newest.
const PATHS_MAX: NonZeroUsize = NonZeroUsize::new(65_536).expect("not zero");

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
    paths: LruCache<SocketAddr, Owner>,
}

impl Receiver {
    pub(crate) fn new(
        socket: std::net::UdpSocket,
        candidates: Vec<SocketAddr>,
        shards: Arc<[ShardHandle]>,
    ) -> io::Result<Self> {
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
            shards,
            paths: LruCache::new(PATHS_MAX),
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
        for payload in bytes.chunks(meta.stride.max(1)) {
            match self.owner_of(source, payload) {
                Owner::Shard(shard) => self.shards[shard].deliver(source, destination, payload),
                Owner::Unnamed => {
                    for shard in &*self.shards {
                        shard.deliver(source, destination, payload);
                    }
                }
                Owner::Nobody => {}
            }
        }
    }

    fn owner_of(&mut self, source: SocketAddr, payload: &[u8]) -> Owner {
        if self.shards.len() == 1 {
            return Owner::Shard(0);
        }
        let Some(ufrag) = signal::local_ufrag(payload) else {
            let known = self.paths.get(&source).copied();
            return known.unwrap_or(Owner::Nobody);
        };
        let owner = match shard_of_ufrag(&ufrag) {
            Some(shard) if shard < self.shards.len() => Owner::Shard(shard),
            Some(_) => return Owner::Nobody,
            None => Owner::Unnamed,
        };
        // A path whose shard is known is not unlearnt by somebody who sends in its name.
        if owner != Owner::Unnamed || !self.paths.contains(&source) {
            self.paths.put(source, owner);
        }
        owner
    }
}

/// Which shard a packet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Shard(usize),
    /// One of them, but the packet does not say which.
    Unnamed,
    Nobody,
}

/// Not among the letters and digits that the library makes its own ufrags of.
const MARK: char = '+';

/// What every ufrag of a shard begins with.
pub(crate) fn ufrag_prefix(shard: usize) -> String {
    format!("{MARK}{shard:02x}")
}

fn shard_of_ufrag(ufrag: &str) -> Option<usize> {
    usize::from_str_radix(ufrag.strip_prefix(MARK)?.get(..2)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ufrag_names_its_shard() {
        for shard in [0, 1, 15, 16, 255] {
            let ufrag = ufrag_prefix(shard) + "random";
            assert_eq!(shard_of_ufrag(&ufrag), Some(shard));
        }
        for other in ["+zz", "+é", "+", "00random", ""] {
            assert_eq!(shard_of_ufrag(other), None, "{other}");
        }
    }
}
