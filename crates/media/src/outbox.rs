//! Packets on their way from a shard to a connection that carries media.

use std::net::SocketAddr;

use crossbeam_queue::ArrayQueue;
use tokio::sync::Notify;

/// A second of good video. What waits longer is late anyway.
const PACKETS_MAX: usize = 256;

/// A bounded queue; when the connection is behind, its oldest packet is dropped.
#[derive(Debug)]
pub(crate) struct Outbox {
    packets: ArrayQueue<Outgoing>,
    added: Notify,
}

/// A packet for the client.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Which of our candidates it is from.
    pub(crate) source: SocketAddr,
    pub(crate) payload: Vec<u8>,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            packets: ArrayQueue::new(PACKETS_MAX),
            added: Notify::new(),
        }
    }

    /// Whether an older packet had to go for it.
    pub(crate) fn put(&self, source: SocketAddr, payload: Vec<u8>) -> bool {
        let is_full = self
            .packets
            .force_push(Outgoing { source, payload })
            .is_some();
        self.added.notify_one();
        is_full
    }

    /// The next packet, if one is there.
    pub(crate) fn take(&self) -> Option<Outgoing> {
        self.packets.pop()
    }

    /// Waits until a packet has been put in since the last wait. There is one waiter.
    pub(crate) async fn wait(&self) {
        self.added.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_is_behind_loses_its_oldest_packets() {
        let outbox = Outbox::new();
        let source = ([203, 0, 113, 1], 8443).into();
        for number in 0..PACKETS_MAX + 2 {
            let is_full = outbox.put(source, vec![u8::try_from(number % 256).expect("a byte")]);
            assert_eq!(is_full, number >= PACKETS_MAX, "packet {number}");
        }
        outbox.wait().await;
        let first = outbox.take().expect("it is full");
        assert_eq!((first.source, first.payload), (source, vec![2]));
        let rest = std::iter::from_fn(|| outbox.take()).count();
        assert_eq!(rest, PACKETS_MAX - 1);
    }
}
