//! Makes one continuous outgoing stream of whatever sources are chosen for it.
//!
//! Each subscriber's stream begins at sequence number 1, because SRTP gives a receiver no way to
//! learn a rollover count above zero (RFC 3711 §3.3.1). Within one source, gaps and reordering
//! are kept as they are, so that retransmission works end to end. At a change of source the
//! numbers go on by one and the timestamp by the time that has passed. The same holds for the
//! numbers that VP8 counts pictures by (RFC 7741 §4.2), where a decoder would see a jump as a loss.

use std::time::Instant;

use str0m::rtp::{Vp8Descriptor, Vp8Patch};

/// Fifteen bits, as all clients send.
const PICTURE_ID_MASK: u16 = 0x7fff;

/// The numbers of an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// Extended sequence number.
    pub(crate) sequence: u64,
    /// RTP timestamp, in ticks of the codec's clock.
    pub(crate) timestamp: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Rewriter {
    source: Option<Source>,
    last: Option<(Position, Instant)>,
    pictures: Option<Pictures>,
}

/// How VP8 counts pictures, before and after.
#[derive(Debug, Clone, Copy)]
struct Pictures {
    ssrc: u32,
    id_offset: u16,
    layer_offset: u8,
    /// The newest that went out.
    last_id: u16,
    last_layer: u8,
}

#[derive(Debug, Clone, Copy)]
struct Source {
    ssrc: u32,
    /// The first packet taken from it; earlier ones belong to a time before the switch.
    first: u64,
    sequence_base: u64,
    timestamp_offset: u32,
}

impl Rewriter {
    /// The outgoing numbers of a packet, or `None` for one from before its source was chosen.
    pub(crate) fn rewrite(
        &mut self,
        ssrc: u32,
        packet: Position,
        clock_rate_hz: u32,
        now: Instant,
    ) -> Option<Position> {
        let source = match self.source {
            Some(source) if source.ssrc == ssrc => source,
            _ => self.switch(ssrc, packet, clock_rate_hz, now),
        };
        let ahead = packet.sequence.checked_sub(source.first)?;
        let out = Position {
            sequence: source.sequence_base + ahead,
            timestamp: packet.timestamp.wrapping_add(source.timestamp_offset),
        };
        if self
            .last
            .is_none_or(|(last, _)| out.sequence > last.sequence)
        {
            self.last = Some((out, now));
        }
        Some(out)
    }

    /// The changes to a VP8 packet's own numbers; `None` when it can go as it is.
    pub(crate) fn patch(&mut self, ssrc: u32, packet: &Vp8Descriptor) -> Option<Vp8Patch> {
        let id = packet.picture_id()?;
        let layer = packet.tl0_pic_idx().unwrap_or_default();
        let mut pictures = match self.pictures {
            Some(pictures) if pictures.ssrc == ssrc => pictures,
            Some(earlier) => Pictures {
                ssrc,
                id_offset: earlier.last_id.wrapping_add(1).wrapping_sub(id),
                layer_offset: earlier.last_layer.wrapping_add(1).wrapping_sub(layer),
                ..earlier
            },
            None => Pictures {
                ssrc,
                id_offset: 0,
                layer_offset: 0,
                last_id: id,
                last_layer: layer,
            },
        };
        let id = id.wrapping_add(pictures.id_offset) & PICTURE_ID_MASK;
        let layer = layer.wrapping_add(pictures.layer_offset);
        let ahead = id.wrapping_sub(pictures.last_id) & PICTURE_ID_MASK;
        if ahead < PICTURE_ID_MASK / 2 {
            (pictures.last_id, pictures.last_layer) = (id, layer);
        }
        self.pictures = Some(pictures);
        if pictures.id_offset & PICTURE_ID_MASK == 0 && pictures.layer_offset == 0 {
            return None;
        }
        let mut patch = packet.patch().picture_id(id);
        if packet.tl0_pic_idx().is_some() {
            patch = patch.tl0_pic_idx(layer);
        }
        patch.build().ok()
    }

    /// The next packet begins anew, even if it comes from the same source.
    pub(crate) fn break_off(&mut self) {
        self.source = None;
        if let Some(pictures) = &mut self.pictures {
            // No stream has this number: the next picture counts as another source's.
            pictures.ssrc = 0;
        }
    }

    fn switch(&mut self, ssrc: u32, packet: Position, clock_rate_hz: u32, now: Instant) -> Source {
        let (sequence_base, timestamp_offset) = match self.last {
            None => (1, 0),
            Some((last, at)) => {
                let passed = now.saturating_duration_since(at).as_secs_f64();
                // At least one tick, so that two frames never share a timestamp.
                let ticks = ((passed * f64::from(clock_rate_hz)) as u32).max(1);
                let next = last.timestamp.wrapping_add(ticks);
                (last.sequence + 1, next.wrapping_sub(packet.timestamp))
            }
        };
        let source = Source {
            ssrc,
            first: packet.sequence,
            sequence_base,
            timestamp_offset,
        };
        self.source = Some(source);
        source
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(sequence: u64, timestamp: u32) -> Position {
        Position {
            sequence,
            timestamp,
        }
    }

    #[test]
    fn a_stream_begins_at_one_whatever_its_source_counts() {
        let mut rewriter = Rewriter::default();
        let now = Instant::now();
        let out = rewriter.rewrite(7, at(1_000_000, 90), 90_000, now);
        assert_eq!(out, Some(at(1, 90)));
    }

    #[test]
    fn gaps_and_late_packets_keep_their_place() {
        let mut rewriter = Rewriter::default();
        let now = Instant::now();
        rewriter.rewrite(7, at(500, 0), 90_000, now);
        assert_eq!(
            rewriter.rewrite(7, at(503, 30), 90_000, now),
            Some(at(4, 30))
        );
        assert_eq!(
            rewriter.rewrite(7, at(501, 10), 90_000, now),
            Some(at(2, 10))
        );
    }

    #[test]
    fn packets_from_before_the_switch_are_left_out() {
        let mut rewriter = Rewriter::default();
        let now = Instant::now();
        rewriter.rewrite(7, at(500, 0), 90_000, now);
        assert_eq!(rewriter.rewrite(7, at(499, 0), 90_000, now), None);
    }

    #[test]
    fn a_switch_goes_on_by_one_and_by_the_time_that_passed() {
        let mut rewriter = Rewriter::default();
        let now = Instant::now();
        rewriter.rewrite(7, at(500, 10_000), 90_000, now);
        let later = now + Duration::from_millis(100);
        let out = rewriter.rewrite(8, at(9, 4_000_000_000), 90_000, later);
        assert_eq!(out, Some(at(2, 19_000)));
        let next = rewriter.rewrite(8, at(10, 4_000_003_000), 90_000, later);
        assert_eq!(next, Some(at(3, 22_000)));
    }

    /// A VP8 packet with a picture id of 15 bits and a layer index.
    fn vp8(id: u16, layer: u8) -> Vec<u8> {
        let [high, low] = id.to_be_bytes();
        vec![0x90, 0xe0, 0x80 | high, low, layer, 0x20, 0x01]
    }

    fn patched(rewriter: &mut Rewriter, ssrc: u32, id: u16, layer: u8) -> Option<(u16, u8)> {
        let payload = vp8(id, layer);
        let descriptor = Vp8Descriptor::parse(&payload).expect("VP8");
        let patch = rewriter.patch(ssrc, &descriptor);
        let pictures = rewriter.pictures.expect("counted");
        patch.map(|_| (pictures.last_id, pictures.last_layer))
    }

    #[test]
    fn the_first_source_keeps_its_picture_ids() {
        let mut rewriter = Rewriter::default();
        assert_eq!(patched(&mut rewriter, 7, 32_767, 255), None);
        assert_eq!(patched(&mut rewriter, 7, 0, 0), None);
    }

    #[test]
    fn picture_ids_go_on_by_one_at_a_switch() {
        let mut rewriter = Rewriter::default();
        patched(&mut rewriter, 7, 32_767, 255);
        assert_eq!(patched(&mut rewriter, 8, 5_000, 9), Some((0, 0)));
        assert_eq!(patched(&mut rewriter, 8, 5_000, 9), Some((0, 0)));
        assert_eq!(patched(&mut rewriter, 8, 5_001, 10), Some((1, 1)));
        rewriter.break_off();
        assert_eq!(patched(&mut rewriter, 8, 6_000, 90), Some((2, 2)));
    }

    #[test]
    fn after_a_break_the_same_source_goes_on_by_one() {
        let mut rewriter = Rewriter::default();
        let now = Instant::now();
        rewriter.rewrite(7, at(500, 0), 90_000, now);
        rewriter.break_off();
        let out = rewriter.rewrite(7, at(900, 70_000), 90_000, now);
        assert_eq!(out, Some(at(2, 1)));
    }

    #[test]
    fn timestamps_wrap_around() {
        let mut rewriter = Rewriter::default();
        let now = Instant::now();
        rewriter.rewrite(7, at(1, u32::MAX), 90_000, now);
        let out = rewriter.rewrite(8, at(50, 5), 90_000, now + Duration::from_secs(1));
        assert_eq!(out, Some(at(2, 89_999)));
    }
}
