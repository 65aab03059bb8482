//! What the subscribers of a track want at most, for the publisher to encode no more than that.
//!
//! More is told at once, less only when it has lasted: a picture that is hidden for a moment would
//! otherwise cost a restart of the encoder.

use std::time::{Duration, Instant};

use crate::io::Layer;

const LOWER_DELAY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Demand {
    /// The highest layer that the publisher knows to be wanted; `None` is no layer at all.
    told: Option<Layer>,
    wanted: Option<Layer>,
    lower_at: Option<Instant>,
}

impl Default for Demand {
    /// Clients begin with all layers on.
    fn default() -> Self {
        Self {
            told: Some(Layer::High),
            wanted: Some(Layer::High),
            lower_at: None,
        }
    }
}

impl Demand {
    pub(crate) fn set(&mut self, wanted: Option<Layer>, now: Instant) {
        self.wanted = wanted;
        self.lower_at = if wanted < self.told {
            Some(self.lower_at.unwrap_or(now + LOWER_DELAY))
        } else {
            None
        };
    }

    /// What to tell the publisher, if there is news for it.
    pub(crate) fn take_news(&mut self, now: Instant) -> Option<Option<Layer>> {
        let is_due = self.wanted > self.told || self.lower_at.is_some_and(|at| at <= now);
        is_due.then(|| {
            self.lower_at = None;
            self.told = self.wanted;
            self.told
        })
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.lower_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_is_told_late_and_more_at_once() {
        let (mut demand, start) = (Demand::default(), Instant::now());
        demand.set(Some(Layer::Low), start);
        assert_eq!(demand.take_news(start), None);
        let at = demand.deadline().expect("it is planned");
        assert_eq!(demand.take_news(at), Some(Some(Layer::Low)));
        assert_eq!(demand.take_news(at), None);
        demand.set(Some(Layer::High), at);
        assert_eq!(demand.take_news(at), Some(Some(Layer::High)));
    }

    #[test]
    fn a_short_dip_is_not_told() {
        let (mut demand, start) = (Demand::default(), Instant::now());
        demand.set(None, start);
        demand.set(Some(Layer::High), start + LOWER_DELAY / 2);
        assert_eq!(demand.deadline(), None);
        assert_eq!(demand.take_news(start + LOWER_DELAY), None);
    }

    #[test]
    fn the_delay_counts_from_the_first_wish_for_less() {
        let (mut demand, start) = (Demand::default(), Instant::now());
        demand.set(Some(Layer::Medium), start);
        demand.set(None, start + LOWER_DELAY / 2);
        assert_eq!(demand.take_news(start + LOWER_DELAY), Some(None));
    }
}
