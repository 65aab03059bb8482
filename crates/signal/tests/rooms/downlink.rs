//! A narrow link with a short queue in front of it.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

use signal::Transmit;

/// As home routers have it: long enough to show as delay, short enough to drop.
const QUEUE_MAX: Duration = Duration::from_millis(300);
const DELAY: Duration = Duration::from_millis(20);
/// IP and UDP.
const HEADERS_LENGTH: usize = 28;

#[derive(Debug, Default)]
pub(crate) struct Downlink {
    pub(crate) rate_bps: u64,
    free_at: Option<Instant>,
    under_way: VecDeque<(Instant, Transmit, SocketAddr)>,
}

impl Downlink {
    pub(crate) fn send(&mut self, transmit: Transmit, destination: SocketAddr, now: Instant) {
        let begins = self.free_at.map_or(now, |free| free.max(now));
        if begins - now > QUEUE_MAX {
            return;
        }
        let bits = (transmit.payload.len() + HEADERS_LENGTH) as u64 * 8;
        let free_at = begins + Duration::from_micros(bits * 1_000_000 / self.rate_bps);
        self.free_at = Some(free_at);
        self.under_way
            .push_back((free_at + DELAY, transmit, destination));
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.under_way.front().map(|(at, ..)| *at)
    }

    pub(crate) fn take(&mut self, now: Instant) -> Option<(Transmit, SocketAddr)> {
        let is_due = self.next().is_some_and(|at| at <= now);
        let (_, transmit, destination) = self.under_way.pop_front_if(|_| is_due)?;
        Some((transmit, destination))
    }
}
