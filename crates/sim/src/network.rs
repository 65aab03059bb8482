//! The way between one participant and the server: what it loses, delays and reorders.
//!
//! Each packet's fate is drawn from its number on the way and its kind, not from a common stream of
//! random numbers: one packet more or less of one kind changes nothing for the others.

use std::time::{Duration, Instant};

use crate::random::Random;

/// How bad a way is, in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quality {
    /// How many packets in a thousand are lost.
    pub loss_per_mille: u64,
    /// How long a packet takes at least.
    pub delay_ms: u64,
    /// How much longer it may take; packets overtake each other.
    pub jitter_ms: u64,
    /// How much goes through, when there is a limit. What waits too long is lost.
    pub rate_bps: Option<u64>,
}

impl Quality {
    /// Nothing is lost or late.
    pub const PERFECT: Self = Self {
        loss_per_mille: 0,
        delay_ms: 1,
        jitter_ms: 0,
        rate_bps: None,
    };
}

/// What a packet is, by its first byte (RFC 7983 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
}

/// One direction of a way.
#[derive(Debug)]
pub struct Way {
    seed: u64,
    quality: Quality,
    counts: [u64; 4],
    free_at: Option<Instant>,
    /// What it lost.
    pub lost: u64,
}

impl Way {
    /// A way with a fate of its own.
    pub fn new(seed: u64, quality: Quality) -> Self {
        Self {
            seed,
            quality,
            counts: [0; 4],
            free_at: None,
            lost: 0,
        }
    }

    /// Makes it better or worse from here on.
    pub fn change(&mut self, quality: Quality) {
        self.quality = quality;
        self.free_at = None;
    }

    /// When a packet arrives, if it does.
    pub fn send(&mut self, packet: &[u8], now: Instant) -> Option<Instant> {
        let class = Class::of(packet);
        let count = &mut self.counts[class as usize];
        *count += 1;
        let mut fate = Random::of(self.seed ^ (class as u64) << 56, *count);
        let is_lost = fate.per_mille(self.quality.loss_per_mille);
        let jitter = fate.below(self.quality.jitter_ms * 1000 + 1);
        let arrival = self.queue(packet.len(), now).filter(|_| !is_lost);
        let Some(sent) = arrival else {
            self.lost += 1;
            return None;
        };
        let delay = self.quality.delay_ms * 1000 + jitter;
        Some(sent + Duration::from_micros(delay))
    }

    /// When its last bit is sent, if the queue is not full.
    fn queue(&mut self, length: usize, now: Instant) -> Option<Instant> {
        let Some(rate) = self.quality.rate_bps else {
            return Some(now);
        };
        let begins = self.free_at.map_or(now, |free| free.max(now));
        if begins - now > QUEUE_MAX {
            return None;
        }
        let bits = (length as u64 + HEADERS_LENGTH) * 8;
        let sent = begins + Duration::from_micros(bits * 1_000_000 / rate);
        self.free_at = Some(sent);
        Some(sent)
    }
}

impl Class {
    fn of(packet: &[u8]) -> Self {
        match packet {
            [0..=3, ..] => Self::Stun,
            [20..=63, ..] => Self::Dtls,
            // RFC 5761 §4: payload types that would be RTCP's.
            [_, 192..=223, ..] => Self::Rtcp,
            _ => Self::Rtp,
        }
    }
}

const QUEUE_MAX: Duration = Duration::from_millis(200);
/// IP and UDP.
const HEADERS_LENGTH: u64 = 28;

#[cfg(test)]
mod tests {
    use super::*;

    const RTP: [u8; 200] = [0x80; 200];

    #[test]
    fn the_fate_of_a_packet_depends_on_its_number_and_kind_only() {
        let quality = Quality {
            loss_per_mille: 300,
            delay_ms: 20,
            jitter_ms: 30,
            rate_bps: None,
        };
        let now = Instant::now();
        let (mut one, mut other) = (Way::new(7, quality), Way::new(7, quality));
        let fates: Vec<_> = (0..200).map(|_| one.send(&RTP, now)).collect();
        let again = (0..200).map(|_| {
            other.send(&[1; 20], now);
            other.send(&RTP, now)
        });
        assert_eq!(fates, again.collect::<Vec<_>>());
        let lost = fates.iter().filter(|fate| fate.is_none()).count();
        assert!((40..80).contains(&lost), "{lost} of 200");
    }

    #[test]
    fn a_narrow_way_delays_and_then_drops() {
        let quality = Quality {
            rate_bps: Some(100_000),
            ..Quality::PERFECT
        };
        let now = Instant::now();
        let mut way = Way::new(7, quality);
        let arrivals: Vec<_> = (0..30).map(|_| way.send(&RTP, now)).collect();
        assert!(arrivals[1] > arrivals[0]);
        assert_eq!(arrivals[29], None);
    }
}
