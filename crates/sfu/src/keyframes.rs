//! Asks a publisher for key frames, but not more often than an encoder can bear.
//!
//! Every subscriber that joins, loses a frame or changes its layer wants one. Invariant: at most
//! one request per stream in [`INTERVAL`], and no wish is forgotten: it is granted when the
//! interval is over.

use std::time::{Duration, Instant};

/// A key frame costs several times an ordinary frame: more often than this starves the picture.
const INTERVAL: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
pub(crate) struct KeyframeThrottle {
    last: Option<Instant>,
    due: Option<Instant>,
}

impl KeyframeThrottle {
    /// Somebody wants a key frame: due at once, or when the interval is over.
    pub(crate) fn want(&mut self, now: Instant) {
        if self.due.is_none() {
            let earliest = self.last.map_or(now, |last| last + INTERVAL);
            self.due = Some(earliest.max(now));
        }
    }

    /// A key frame arrived: open wishes are fulfilled.
    pub(crate) fn arrived(&mut self) {
        self.due = None;
    }

    /// Whether to ask the publisher, which then counts as done.
    pub(crate) fn take_due(&mut self, now: Instant) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            self.due = None;
            self.last = Some(now);
        }
        is_due
    }

    /// When [`Self::take_due`] will be true.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wish_is_granted_at_once_and_the_next_after_the_interval() {
        let mut throttle = KeyframeThrottle::default();
        let start = Instant::now();
        throttle.want(start);
        assert!(throttle.take_due(start));
        assert!(!throttle.take_due(start));

        let soon = start + Duration::from_millis(100);
        throttle.want(soon);
        throttle.want(soon + Duration::from_millis(1));
        assert!(!throttle.take_due(soon));
        assert_eq!(throttle.deadline(), Some(start + INTERVAL));
        assert!(throttle.take_due(start + INTERVAL));
    }

    #[test]
    fn an_arriving_key_frame_fulfils_open_wishes() {
        let mut throttle = KeyframeThrottle::default();
        let start = Instant::now();
        throttle.want(start);
        throttle.arrived();
        assert!(!throttle.take_due(start + INTERVAL));
    }
}
