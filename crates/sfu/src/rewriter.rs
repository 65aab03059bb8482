//! Makes one continuous outgoing stream of whatever sources are chosen for it.
//!
//! Each subscriber's stream begins at sequence number 1, because SRTP gives a receiver no way to
//! learn a rollover count above zero (RFC 3711 §3.3.1). Within one source, gaps and reordering
//! are kept as they are, so that retransmission works end to end. At a change of source the
//! numbers go on by one and the timestamp by the time that has passed.

use std::time::Instant;

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

    #[test]
    fn timestamps_wrap_around() {
        let mut rewriter = Rewriter::default();
        let now = Instant::now();
        rewriter.rewrite(7, at(1, u32::MAX), 90_000, now);
        let out = rewriter.rewrite(8, at(50, 5), 90_000, now + Duration::from_secs(1));
        assert_eq!(out, Some(at(2, 89_999)));
    }
}
