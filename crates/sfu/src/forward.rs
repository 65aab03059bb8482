//! One track on its way to one subscriber: which layer, and with which numbers.
//!
//! Invariant: a picture begins, and changes its layer, only at a key frame, so a decoder never
//! gets a frame whose references it has not seen.

use std::time::Instant;

use str0m::media::{Mid, Pt};

use crate::{
    io::PeerId,
    rewriter::{Position, Rewriter},
};

/// What forwarding needs to know of a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming {
    pub(crate) ssrc: u32,
    pub(crate) position: Position,
    /// The first packet of a key frame; always true for sound.
    pub(crate) is_entry: bool,
    pub(crate) clock_rate_hz: u32,
}

#[derive(Debug)]
pub(crate) struct Forward {
    pub(crate) peer: PeerId,
    /// The subscriber's section.
    pub(crate) mid: Mid,
    /// The subscriber's payload type for the track's codec.
    pub(crate) payload_type: Pt,
    current: Option<u32>,
    rewriter: Rewriter,
}

impl Forward {
    pub(crate) fn new(peer: PeerId, mid: Mid, payload_type: Pt) -> Self {
        Self {
            peer,
            mid,
            payload_type,
            current: None,
            rewriter: Rewriter::default(),
        }
    }

    /// The packet's numbers for this subscriber, or `None` when it does not get it.
    pub(crate) fn take(
        &mut self,
        packet: &Incoming,
        best_ssrc: u32,
        now: Instant,
    ) -> Option<Position> {
        let is_current = self.current == Some(packet.ssrc);
        if !is_current {
            if packet.ssrc != best_ssrc || !packet.is_entry {
                return None;
            }
            self.current = Some(packet.ssrc);
        }
        self.rewriter
            .rewrite(packet.ssrc, packet.position, packet.clock_rate_hz, now)
    }

    /// The stream in use.
    pub(crate) fn current(&self) -> Option<u32> {
        self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(ssrc: u32, sequence: u64, is_entry: bool) -> Incoming {
        let position = Position {
            sequence,
            timestamp: 0,
        };
        Incoming {
            ssrc,
            position,
            is_entry,
            clock_rate_hz: 90_000,
        }
    }

    fn forward() -> Forward {
        Forward::new(PeerId(1), "1".into(), 96.into())
    }

    #[test]
    fn a_picture_begins_at_a_key_frame() {
        let (mut forward, now) = (forward(), Instant::now());
        assert!(forward.take(&packet(1, 10, false), 1, now).is_none());
        assert!(forward.take(&packet(1, 11, true), 1, now).is_some());
        assert!(forward.take(&packet(1, 12, false), 1, now).is_some());
    }

    #[test]
    fn the_old_layer_goes_on_until_the_better_one_has_a_key_frame() {
        let (mut forward, now) = (forward(), Instant::now());
        forward.take(&packet(1, 10, true), 1, now);
        assert!(forward.take(&packet(2, 70, false), 2, now).is_none());
        assert!(forward.take(&packet(1, 11, false), 2, now).is_some());
        let switched = forward.take(&packet(2, 71, true), 2, now);
        assert_eq!(switched.map(|position| position.sequence), Some(3));
        assert!(forward.take(&packet(1, 12, true), 2, now).is_none());
    }
}
