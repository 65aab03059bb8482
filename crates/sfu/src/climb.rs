//! Decides when to ask a link again whether it carries more.
//!
//! While a better picture waits, the estimator is made to probe: often while that finds something,
//! less often while it does not, because a probe is a burst on a link that may be full.

use std::time::{Duration, Instant};

const INTERVAL_MIN: Duration = Duration::from_secs(1);
const INTERVAL_MAX: Duration = Duration::from_secs(5);
/// An estimate that has grown so much has found something.
const GROWTH: f64 = 1.2;

#[derive(Debug, Default)]
pub(crate) struct Climb {
    next: Option<Instant>,
    interval: Duration,
    estimate_before_bps: u64,
}

impl Climb {
    /// Nothing better waits.
    pub(crate) fn rest(&mut self) {
        self.next = None;
    }

    /// Whether to lower the wish for a moment, so that it can rise again.
    pub(crate) fn is_time_to_duck(&mut self, estimate_bps: u64, now: Instant) -> bool {
        let Some(next) = self.next else {
            self.plan(INTERVAL_MIN, estimate_bps, now);
            return false;
        };
        if now < next {
            return false;
        }
        let has_grown = estimate_bps as f64 >= self.estimate_before_bps as f64 * GROWTH;
        let interval = if has_grown {
            INTERVAL_MIN
        } else {
            (self.interval * 3 / 2).min(INTERVAL_MAX)
        };
        self.plan(interval, estimate_bps, now);
        true
    }

    fn plan(&mut self, interval: Duration, estimate_bps: u64, now: Instant) {
        self.interval = interval;
        self.next = Some(now + interval);
        self.estimate_before_bps = estimate_bps;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times, in seconds, at which a wish is lowered within a minute.
    fn ducks(estimate_at: impl Fn(u64) -> u64) -> Vec<u64> {
        let (mut climb, start) = (Climb::default(), Instant::now());
        let seconds = 0..60;
        seconds
            .filter(|second| {
                let now = start + Duration::from_secs(*second);
                climb.is_time_to_duck(estimate_at(*second), now)
            })
            .collect()
    }

    #[test]
    fn a_link_that_stays_narrow_is_asked_less_and_less_but_never_left() {
        let asked = ducks(|_| 300_000);
        assert_eq!(asked[0], 1);
        let gaps: Vec<u64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.is_sorted(), "{gaps:?}");
        assert_eq!(gaps.last(), Some(&5));
    }

    #[test]
    fn a_link_that_gives_is_asked_often() {
        let asked = ducks(|second| 300_000 + second * 300_000);
        assert_eq!(asked[..4], [1, 2, 3, 4]);
    }
}
