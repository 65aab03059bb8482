//! Tells who speaks, from the level that each packet carries (RFC 6464).
//!
//! Somebody speaks when enough packets of a window are loud; the level that others see is
//! smoothed, so that a bar moves instead of flickering.

use std::time::{Duration, Instant};

/// How often it is decided.
const WINDOW: Duration = Duration::from_millis(400);
/// Louder than this is a voice nearby, in dBov.
const LOUD_DBOV: i8 = -35;
/// The part of a window's packets that must be loud.
const LOUD_SHARE: f32 = 0.4;
/// What each new window counts for.
const WEIGHT: f32 = 0.5;
/// Smaller changes are not worth a message.
const STEP: f32 = 0.05;

#[derive(Debug, Default)]
pub(crate) struct Speech {
    began: Option<Instant>,
    packets: u16,
    loud: u16,
    /// Of the loud packets.
    level_sum: f32,
    level: f32,
    told: f32,
}

impl Speech {
    /// Takes in a packet's level.
    pub(crate) fn hear(&mut self, level_dbov: i8, now: Instant) {
        self.began.get_or_insert(now);
        self.packets = self.packets.saturating_add(1);
        if level_dbov > LOUD_DBOV {
            self.loud = self.loud.saturating_add(1);
            // 1 is as loud as can be, 0 is the threshold.
            self.level_sum += 1.0 - f32::from(level_dbov) / f32::from(LOUD_DBOV);
        }
    }

    /// The level to tell others, when the window is over and there is news; 0 is silence.
    pub(crate) fn take_news(&mut self, now: Instant) -> Option<f32> {
        if self.deadline().is_none_or(|at| at > now) {
            return None;
        }
        let speaks = f32::from(self.loud) >= LOUD_SHARE * f32::from(self.packets) && self.loud > 0;
        let level = if speaks {
            self.level_sum / f32::from(self.loud)
        } else {
            0.0
        };
        self.level += WEIGHT * (level - self.level);
        if !speaks && self.level < STEP {
            self.level = 0.0;
        }
        (self.packets, self.loud, self.level_sum) = (0, 0, 0.0);
        // Silence needs no clock: the next packet starts one.
        self.began = (self.level > 0.0).then_some(now);
        let is_news =
            (self.level - self.told).abs() >= STEP || (self.level == 0.0) != (self.told == 0.0);
        is_news.then(|| {
            self.told = self.level;
            self.level
        })
    }

    /// When the window is over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.began.map(|began| began + WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second of packets of one level, and what is told meanwhile.
    fn listen(speech: &mut Speech, level_dbov: i8, from: Instant) -> Vec<f32> {
        let mut news = Vec::new();
        for n in 0..50 {
            let now = from + Duration::from_millis(20 * n);
            speech.hear(level_dbov, now);
            news.extend(speech.take_news(now));
        }
        news
    }

    #[test]
    fn a_voice_is_told_and_its_end_too() {
        let (mut speech, start) = (Speech::default(), Instant::now());
        let news = listen(&mut speech, -10, start);
        assert!(news.iter().all(|level| *level > 0.0) && !news.is_empty());
        let mut last = None;
        for second in 1..5 {
            last = listen(&mut speech, -80, start + Duration::from_secs(second))
                .last()
                .copied()
                .or(last);
        }
        assert_eq!(last, Some(0.0));
    }

    #[test]
    fn silence_is_no_news() {
        let (mut speech, start) = (Speech::default(), Instant::now());
        assert!(listen(&mut speech, -127, start).is_empty());
    }

    #[test]
    fn a_voice_that_stops_sending_packets_falls_silent_by_the_clock() {
        let (mut speech, start) = (Speech::default(), Instant::now());
        listen(&mut speech, -10, start);
        let mut told = None;
        for _ in 0..20 {
            let Some(at) = speech.deadline() else { break };
            told = speech.take_news(at).or(told);
        }
        assert_eq!(told, Some(0.0));
        assert_eq!(speech.deadline(), None);
    }
}
