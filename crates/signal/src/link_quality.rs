//! How good a participant's connection is, in the three words that clients show.

use livekit_protocol::ConnectionQuality;
use sfu::Link;

/// Where a call begins to feel slow, in milliseconds to the client and back.
const ROUND_TRIP_GOOD_MS: u128 = 250;
const ROUND_TRIP_POOR_MS: u128 = 600;
/// What repair hides, and what it does not, in percent.
const LOSS_GOOD: u8 = 2;
const LOSS_POOR: u8 = 8;
/// Too little for a picture of any use and sound.
const ESTIMATE_POOR_BPS: u64 = 150_000;

#[derive(Debug, Default)]
pub(crate) struct LinkQuality {
    link: Link,
    told: Option<ConnectionQuality>,
}

impl LinkQuality {
    /// Takes in what was measured; a participant with two connections has two halves.
    pub(crate) fn measure(&mut self, measured: Link) {
        let link = &mut self.link;
        link.round_trip = measured.round_trip.or(link.round_trip);
        link.loss_down = measured.loss_down.or(link.loss_down);
        link.loss_up = measured.loss_up.or(link.loss_up);
        link.estimate_bps = measured.estimate_bps.or(link.estimate_bps);
    }

    /// The word for it, when it has changed. What is lost is told by the one who finds it, never
    /// here: a client that hears it of itself gives its connection up.
    pub(crate) fn take_news(&mut self) -> Option<ConnectionQuality> {
        let now = self.quality();
        (self.told != Some(now)).then(|| {
            self.told = Some(now);
            now
        })
    }

    pub(crate) fn quality(&self) -> ConnectionQuality {
        let round_trip = self.link.round_trip.unwrap_or_default().as_millis();
        let losses = [self.link.loss_up, self.link.loss_down];
        let loss = losses.into_iter().flatten().max().unwrap_or(0);
        let is_narrow = self
            .link
            .estimate_bps
            .is_some_and(|bps| bps < ESTIMATE_POOR_BPS);
        if is_narrow || loss >= LOSS_POOR || round_trip >= ROUND_TRIP_POOR_MS {
            ConnectionQuality::Poor
        } else if loss >= LOSS_GOOD || round_trip >= ROUND_TRIP_GOOD_MS {
            ConnectionQuality::Good
        } else {
            ConnectionQuality::Excellent
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn quality(link: Link) -> ConnectionQuality {
        let mut quality = LinkQuality::default();
        quality.measure(link);
        quality.quality()
    }

    #[test]
    fn loss_delay_and_width_each_spoil_it() {
        assert_eq!(quality(Link::default()), ConnectionQuality::Excellent);
        let lossy = |loss| Link {
            loss_up: Some(loss),
            ..Link::default()
        };
        assert_eq!(quality(lossy(3)), ConnectionQuality::Good);
        assert_eq!(quality(lossy(20)), ConnectionQuality::Poor);
        let slow = |ms| Link {
            round_trip: Some(Duration::from_millis(ms)),
            ..Link::default()
        };
        assert_eq!(quality(slow(300)), ConnectionQuality::Good);
        assert_eq!(quality(slow(900)), ConnectionQuality::Poor);
        let narrow = Link {
            estimate_bps: Some(90_000),
            ..Link::default()
        };
        assert_eq!(quality(narrow), ConnectionQuality::Poor);
    }

    #[test]
    fn only_changes_are_told() {
        let mut quality = LinkQuality::default();
        assert_eq!(quality.take_news(), Some(ConnectionQuality::Excellent));
        assert_eq!(quality.take_news(), None);
    }
}
