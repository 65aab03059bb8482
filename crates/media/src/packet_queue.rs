//! Packets that wait for the one task that takes them, such as a connection that carries media.

use std::net::SocketAddr;

use crossbeam_queue::ArrayQueue;
use tokio::sync::Notify;

/// A second of good video. What waits longer is late anyway.
const PACKETS_MAX: usize = 256;

/// A bounded queue; when its taker is behind, the oldest packet is dropped.
#[derive(Debug)]
pub(crate) struct PacketQueue {
    packets: ArrayQueue<QueuedPacket>,
    added: Notify,
}

/// A packet and its way.
#[derive(Debug)]
pub(crate) struct QueuedPacket {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) payload: Vec<u8>,
}

impl PacketQueue {
    pub(crate) fn new() -> Self {
        Self::with_room_for(PACKETS_MAX)
    }

    pub(crate) fn with_room_for(packets: usize) -> Self {
        Self {
            packets: ArrayQueue::new(packets),
            added: Notify::new(),
        }
    }

    /// Whether an older packet had to go for it.
    pub(crate) fn put(&self, packet: QueuedPacket) -> bool {
        let is_full = self.packets.force_push(packet).is_some();
        self.wake();
        is_full
    }

    /// Lets the waiter look, for a reason of its own.
    pub(crate) fn wake(&self) {
        self.added.notify_one();
    }

    /// The next packet, if one is there.
    pub(crate) fn take(&self) -> Option<QueuedPacket> {
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
    async fn who_is_behind_loses_the_oldest_packets() {
        let queue = PacketQueue::new();
        let source = ([203, 0, 113, 1], 8443).into();
        for number in 0..PACKETS_MAX + 2 {
            let is_full = queue.put(QueuedPacket {
                source,
                destination: source,
                payload: vec![u8::try_from(number % 256).expect("a byte")],
            });
            assert_eq!(is_full, number >= PACKETS_MAX, "packet {number}");
        }
        queue.wait().await;
        let first = queue.take().expect("it is full");
        assert_eq!((first.source, first.payload), (source, vec![2]));
        let rest = std::iter::from_fn(|| queue.take()).count();
        assert_eq!(rest, PACKETS_MAX - 1);
    }
}
