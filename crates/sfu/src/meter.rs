//! Measures a bitrate over the last second or so.

use std::time::{Duration, Instant};

/// Long enough for a few frames, short enough to notice a change.
const PERIOD: Duration = Duration::from_millis(500);
/// What each new period counts for.
const WEIGHT: f64 = 0.5;

#[derive(Debug)]
pub(crate) struct Meter {
    began: Instant,
    bytes: usize,
    rate_bps: Option<f64>,
}

impl Meter {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            began: now,
            bytes: 0,
            rate_bps: None,
        }
    }

    pub(crate) fn count(&mut self, bytes: usize, now: Instant) {
        self.settle(now);
        self.bytes += bytes;
    }

    /// The rate; `None` before the first period is over.
    pub(crate) fn rate_bps(&self) -> Option<u64> {
        self.rate_bps.map(|rate| rate as u64)
    }

    fn settle(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.began);
        if passed < PERIOD {
            return;
        }
        let rate = self.bytes as f64 * 8.0 / passed.as_secs_f64();
        // After a pause the old rate says nothing.
        let smooth = passed < 2 * PERIOD;
        self.rate_bps = Some(match self.rate_bps {
            Some(old) if smooth => old + WEIGHT * (rate - old),
            _ => rate,
        });
        self.began = now;
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_is_measured_as_it_is() {
        let start = Instant::now();
        let mut meter = Meter::new(start);
        for n in 0..200 {
            meter.count(1_250, start + Duration::from_millis(10 * n));
        }
        let rate = meter.rate_bps().expect("measured");
        assert!((990_000..1_010_000).contains(&rate), "{rate}");
    }

    #[test]
    fn a_change_shows_within_two_seconds() {
        let start = Instant::now();
        let mut meter = Meter::new(start);
        for n in 0..400 {
            let bytes = if n < 200 { 1_250 } else { 125 };
            meter.count(bytes, start + Duration::from_millis(10 * n));
        }
        let rate = meter.rate_bps().expect("measured");
        assert!(rate < 250_000, "{rate}");
    }
}
