//! What all participants count together.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const STEP_NS: u64 = 20_000;
/// Up to a fifth of a second; what is later than that counts as that.
const STEPS: usize = 10_000;

/// Counters since the start; a window is the difference of two looks.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Packets handed to publishers' transports.
    pub(crate) published: AtomicU64,
    /// Packets that subscribers received, and their payload.
    pub(crate) received: AtomicU64,
    pub(crate) received_bytes: AtomicU64,
    latencies: Vec<AtomicU64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            published: AtomicU64::new(0),
            received: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
            latencies: (0..STEPS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Tally {
    pub(crate) fn arrived(&self, bytes: usize, age_ns: Option<u64>) {
        self.received.fetch_add(1, Relaxed);
        self.received_bytes.fetch_add(bytes as u64, Relaxed);
        if let Some(age) = age_ns {
            let step = usize::try_from(age / STEP_NS).unwrap_or(STEPS);
            self.latencies[step.min(STEPS - 1)].fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn latencies(&self) -> Latencies {
        Latencies(self.latencies.iter().map(|one| one.load(Relaxed)).collect())
    }
}

/// How many packets took how long.
#[derive(Debug, Clone)]
pub(crate) struct Latencies(Vec<u64>);

impl Latencies {
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let pairs = self.0.iter().zip(&earlier.0);
        Self(pairs.map(|(now, before)| now - before).collect())
    }

    /// The time within which this share of the packets came, in milliseconds.
    pub(crate) fn within_ms(&self, share: f64) -> f64 {
        let wanted = (self.0.iter().sum::<u64>() as f64 * share).ceil() as u64;
        let mut seen = 0;
        let step = self.0.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        (step.unwrap_or(STEPS) as u64 + 1) as f64 * STEP_NS as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_nearly_all_of_the_packets_came_within_their_times() {
        let tally = Tally::default();
        tally.arrived(1, Some(150_000_000));
        let before = tally.latencies();
        for age in 1..=100 {
            tally.arrived(1, Some(age * 100_000 - 1));
        }
        let window = tally.latencies().since(&before);
        assert!((window.within_ms(0.5) - 5.0).abs() < 0.03);
        assert!((window.within_ms(0.99) - 9.9).abs() < 0.03);
    }
}
