//! Whether somebody who has spoken all the time has fallen silent.
//!
//! Who sends or receives media sends packets many times a second: media, or reports of it. When they
//! stop from one moment to the next, the way that they came by has most likely died; browsers notice
//! that after five seconds and more.

use std::time::{Duration, Instant};

/// A slot is heard when a packet came in it.
const SLOT: Duration = Duration::from_millis(250);
/// Before the silence so many slots are looked at,
const SLOTS: u32 = 8;
/// and so many of them must have been heard.
const HEARD_MIN: u32 = 7;
/// Longer than a pause between packets of a good connection, also of silence (400 ms).
pub(crate) const SILENCE_MIN: Duration = Duration::from_millis(750);

#[derive(Debug)]
pub(crate) struct Pulse {
    since: Instant,
    slot: u64,
    /// The lowest bit is the slot of the last packet.
    heard: u32,
    last: Instant,
}

impl Pulse {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            since: now,
            slot: 0,
            heard: 0,
            last: now,
        }
    }

    /// A packet came.
    pub(crate) fn beat(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.since).as_millis();
        let slot = u64::try_from(elapsed / SLOT.as_millis()).unwrap_or(u64::MAX);
        let passed = u32::try_from(slot.saturating_sub(self.slot)).unwrap_or(u32::MAX);
        self.heard = self.heard.checked_shl(passed).unwrap_or(0) | 1;
        self.slot = self.slot.max(slot);
        self.last = now;
    }

    /// When the last packet came.
    pub(crate) fn last(&self) -> Instant {
        self.last
    }

    /// Whether packets came all the time, and then none.
    pub(crate) fn has_stopped(&self, now: Instant) -> bool {
        let recent = self.heard & ((1 << SLOTS) - 1);
        let was_steady = recent.count_ones() >= HEARD_MIN;
        was_steady && now.saturating_duration_since(self.last) >= SILENCE_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets at these milliseconds; whether that has stopped at the end.
    fn has_stopped(packets: impl IntoIterator<Item = u64>, end: u64) -> bool {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pulse = Pulse::new(start);
        for ms in packets {
            pulse.beat(at(ms));
        }
        pulse.has_stopped(at(end))
    }

    #[test]
    fn a_steady_stream_that_breaks_off_is_noticed_after_its_time() {
        let steady = || (0..=3_000).step_by(100);
        assert!(!has_stopped(steady(), 3_749));
        assert!(has_stopped(steady(), 3_750));
        assert!(has_stopped(steady(), 60_000));
    }

    #[test]
    fn who_speaks_now_and_then_has_not_stopped() {
        assert!(!has_stopped((0..=30_000).step_by(2_500), 33_000));
        assert!(!has_stopped([], 5_000));
        // Only just begun.
        assert!(!has_stopped((0..=1_000).step_by(100), 5_000));
    }

    #[test]
    fn pauses_of_speech_without_words_are_no_silence() {
        let words = (0..=2_000).step_by(20);
        let silence = (2_400..=6_000).step_by(400);
        assert!(!has_stopped(words.chain(silence), 6_399));
    }
}
