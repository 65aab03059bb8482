//! Bounds how much passes in a second.
//!
//! Each packet takes its time at the greatest rate; who is ahead of the clock by more than
//! [`BURST`] has to let packets go. There are no tokens to round.

use std::time::{Duration, Instant};

/// What may pass at once before the rate counts: a key frame is many packets in a row. A rate so
/// small that a packet takes longer lets none pass.
pub(crate) const BURST: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Rate {
    bps_max: u64,
    /// Until when the packets that passed take.
    taken_until: Instant,
}

impl Rate {
    pub(crate) fn new(bps_max: u64, now: Instant) -> Self {
        Self {
            bps_max,
            taken_until: now,
        }
    }

    /// Whether so many bytes may pass, which then have passed.
    pub(crate) fn passes(&mut self, bytes: usize, now: Instant) -> bool {
        const NANOS_PER_S: u64 = 1_000_000_000;
        let bits = bytes as u64 * 8;
        let Some(nanos) = (bits * NANOS_PER_S).checked_div(self.bps_max) else {
            return false;
        };
        let until = self.taken_until.max(now) + Duration::from_nanos(nanos);
        if until - now > BURST {
            return false;
        }
        self.taken_until = until;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_long_run_the_rate_passes_after_one_burst() {
        let start = Instant::now();
        let mut rate = Rate::new(80_000, start);
        let mut passed = 0;
        for millis in 0..10_000 {
            let now = start + Duration::from_millis(millis);
            for _ in 0..3 {
                passed += usize::from(rate.passes(100, now)) * 100;
            }
        }
        // Ten kilobytes in a second, for ten seconds, and a second's worth at once.
        assert!((109_900..=110_000).contains(&passed), "{passed}");
    }

    #[test]
    fn who_was_silent_for_long_has_no_more_than_one_burst() {
        let start = Instant::now();
        let mut rate = Rate::new(80_000, start);
        let later = start + Duration::from_secs(3600);
        let passed = (0..1_000).filter(|_| rate.passes(100, later)).count();
        assert_eq!(passed, 100);
    }

    #[test]
    fn at_no_rate_nothing_passes() {
        let now = Instant::now();
        assert!(!Rate::new(0, now).passes(1, now));
        assert!(!Rate::new(100, now).passes(1_000, now));
    }
}
