//! Keeps the packets that arrive before the first one of the key frame they follow.
//!
//! A picture begins at the first packet of a key frame. On a network that reorders, others of that
//! frame and of the next may come earlier; nobody would repair them, because to the subscriber they
//! were never sent.

use std::collections::VecDeque;

use crate::packet::Packet;

/// More than a network reorders.
const PACKETS_MAX: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Overtaking {
    packets: VecDeque<Packet>,
}

impl Overtaking {
    /// Keeps a packet that nobody can begin with.
    pub(crate) fn keep(&mut self, packet: &Packet) {
        if self.packets.len() == PACKETS_MAX {
            self.packets.pop_front();
        }
        self.packets.push_back(packet.clone());
    }

    /// The packets that overtook the first one of a key frame, in order.
    pub(crate) fn take(&mut self, first: &Packet) -> Vec<Packet> {
        if self.packets.is_empty() {
            return Vec::new();
        }
        let mut early: Vec<Packet> = self.packets.drain(..).collect();
        early.retain(|packet| packet.position.sequence > first.position.sequence);
        early.sort_by_key(|packet| packet.position.sequence);
        early
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewriter::Position;

    fn packet(sequence: u64, timestamp: u32) -> Packet {
        Packet::for_test(Position {
            sequence,
            timestamp,
        })
    }

    #[test]
    fn what_overtook_the_first_packet_comes_after_it() {
        let mut overtaking = Overtaking::default();
        for (sequence, timestamp) in [(8, 10), (12, 20), (11, 20), (13, 40)] {
            overtaking.keep(&packet(sequence, timestamp));
        }
        let early = overtaking.take(&packet(10, 20));
        let sequences: Vec<u64> = early.iter().map(|one| one.position.sequence).collect();
        assert_eq!(sequences, [11, 12, 13]);
        assert!(overtaking.take(&packet(10, 20)).is_empty());
    }
}
