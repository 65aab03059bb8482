//! Decides when to forget what is known of a link on which a picture has no room.
//!
//! After losses the estimator holds to what it found, longer each time and up to a minute, and
//! probes nothing meanwhile. Packets that come very late look like losses to it, so that a link may
//! be good again long before. Whoever waits for a picture cannot wait so long: the link is measured
//! anew, less and less often while that does not help.

use std::time::{Duration, Instant};

const WAIT_MIN: Duration = Duration::from_secs(5);
/// As long as the estimator itself would wait at most.
const WAIT_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct Revival {
    /// Since when all pictures have, or one has not, been there.
    shown_since: Option<Instant>,
    stopped_since: Option<Instant>,
    /// How often measuring anew has not helped for long.
    failures: u32,
}

impl Revival {
    /// Every picture has room.
    pub(crate) fn rest(&mut self, now: Instant) {
        self.stopped_since = None;
        let since = *self.shown_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= WAIT_MIN {
            self.failures = 0;
        }
    }

    /// One has none: whether to measure anew.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        self.shown_since = None;
        let since = *self.stopped_since.get_or_insert(now);
        let wait = WAIT_MIN.saturating_mul(1 << self.failures).min(WAIT_MAX);
        let is_due = now.saturating_duration_since(since) >= wait;
        if is_due {
            self.stopped_since = Some(now);
            // More changes nothing any more.
            self.failures = (self.failures + 1).min(4);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which a link is measured anew, of which some show a picture for a moment.
    fn revivals(seconds: u64, is_shown: impl Fn(u64) -> bool) -> Vec<u64> {
        let (mut revival, start) = (Revival::default(), Instant::now());
        let due = |second: &u64| {
            let now = start + Duration::from_secs(*second);
            if is_shown(*second) {
                revival.rest(now);
                return false;
            }
            revival.is_due(now)
        };
        (0..seconds).filter(due).collect()
    }

    #[test]
    fn a_stopped_picture_is_tried_again_less_and_less_often() {
        assert_eq!(revivals(200, |_| false), [5, 15, 35, 75, 135, 195]);
    }

    #[test]
    fn a_picture_that_comes_for_a_moment_changes_nothing_and_one_that_lasts_does() {
        assert_eq!(revivals(30, |second| second == 6), [5, 17]);
        let lasts = |second: u64| (6..=12).contains(&second);
        assert_eq!(revivals(30, lasts), [5, 18, 28]);
    }
}
