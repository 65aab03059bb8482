//! Collects packets for one client, to hand them to the kernel in one call.
//!
//! A call costs far more than a packet. Packets of one size to one destination can share it, the
//! last may be smaller: that is what a large picture in pieces looks like. Invariant: packets leave
//! in the order in which they were pushed.

use signal::Transmit;

use crate::{
    counters::Handled,
    socket::{MediaSocket, Path},
};

/// What the kernel takes in one call: a UDP packet's largest length.
const LENGTH_MAX: usize = 65_000;

#[derive(Debug, Default)]
pub(crate) struct Batch {
    path: Option<Path>,
    contents: Vec<u8>,
    segment_size: usize,
    segments: usize,
    pub(crate) sent: Sent,
}

/// What was handed to the kernel and is not published yet.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    packets: u64,
    bytes: u64,
    sends: u64,
    refused: u64,
}

impl Sent {
    /// Adds it to the shard's counters and begins anew.
    pub(crate) fn publish(&mut self, counters: &Handled) {
        let sent = std::mem::take(self);
        counters.packets.add(sent.packets);
        counters.bytes.add(sent.bytes);
        counters.sends.add(sent.sends);
        counters.refused.add(sent.refused);
    }
}

impl Batch {
    pub(crate) fn push(&mut self, transmit: &Transmit, socket: &MediaSocket) {
        let path = Path {
            source: transmit.source,
            destination: transmit.destination,
        };
        if !self.takes(path, transmit.payload.len(), socket.segments_max()) {
            self.flush(socket);
        }
        self.add(path, &transmit.payload);
    }

    pub(crate) fn flush(&mut self, socket: &MediaSocket) {
        if let Some(path) = self.path.take() {
            let sent = &mut self.sent;
            sent.packets += self.segments as u64;
            sent.bytes += self.contents.len() as u64;
            sent.sends += 1;
            // A packet that cannot be sent is a packet lost: the protocols repair it.
            let result = socket.send(path, &self.contents, self.segment_size);
            sent.refused += u64::from(result.is_err());
            self.contents.clear();
            self.segments = 0;
        }
    }

    /// Whether a packet can go with those that are here.
    fn takes(&self, path: Path, length: usize, segments_max: usize) -> bool {
        let Some(own) = self.path else { return true };
        let is_full = self.segments >= segments_max || self.contents.len() + length > LENGTH_MAX;
        // One that was smaller was the last.
        let is_ended = self.contents.len() < self.segments * self.segment_size;
        own == path && !is_full && !is_ended && length <= self.segment_size
    }

    fn add(&mut self, path: Path, payload: &[u8]) {
        if self.path.is_none() {
            self.path = Some(path);
            self.segment_size = payload.len();
        }
        self.contents.extend_from_slice(payload);
        self.segments += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(port: u16) -> Path {
        Path {
            source: ([203, 0, 113, 1], 8443).into(),
            destination: ([198, 51, 100, 1], port).into(),
        }
    }

    fn batch(lengths: &[usize]) -> Batch {
        let mut batch = Batch::default();
        for length in lengths {
            assert!(batch.takes(path(1), *length, 64));
            batch.add(path(1), &vec![0; *length]);
        }
        batch
    }

    #[test]
    fn a_picture_in_pieces_goes_together() {
        let batch = batch(&[1_200, 1_200, 1_200, 300]);
        assert_eq!((batch.segments, batch.segment_size), (4, 1_200));
        assert!(
            !batch.takes(path(1), 300, 64),
            "the smaller one was the last"
        );
    }

    #[test]
    fn others_wait_for_the_next_call() {
        let batch = batch(&[1_000, 1_000]);
        assert!(!batch.takes(path(2), 1_000, 64), "another client");
        assert!(!batch.takes(path(1), 1_100, 64), "a larger one");
        assert!(
            !batch.takes(path(1), 1_000, 2),
            "as many as the kernel takes"
        );
        assert!(batch.takes(path(1), 1_000, 3));
    }

    #[test]
    fn a_call_does_not_exceed_what_fits_into_one_packet() {
        let batch = batch(&[1_200; 54]);
        assert!(!batch.takes(path(1), 1_200, 64));
    }
}
