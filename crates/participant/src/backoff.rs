//! How long to wait before the next attempt: LiveKit's table, without its dice.

use std::time::Duration;

/// After this many attempts to go on with a stay, it is given up for a new one.
pub(crate) const RESUMES_MAX: usize = 4;

const DELAYS_MS: [u64; 6] = [0, 300, 1200, 2700, 4800, 7000];

/// The wait before an attempt, counted from 0.
pub(crate) fn delay(attempt: usize) -> Duration {
    let index = attempt.min(DELAYS_MS.len() - 1);
    Duration::from_millis(DELAYS_MS[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert_eq!(delay(0), Duration::ZERO);
        assert_eq!(delay(3), Duration::from_millis(2700));
        assert_eq!(delay(100), Duration::from_secs(7));
    }
}
