//! A room in which everybody stays for long: memory must not grow, nobody may be sent away, and media
//! must not stop.
//!
//! The server's memory, without the pages of its files, is sampled every ten seconds. Between the
//! second and the last fifth of the stay (of ten minutes: the minutes two to four, and the last two)
//! its median may grow by [`GROWTH_MAX`]; what is filled once, such as packets kept to be sent again,
//! is full by then.

use std::{
    fmt::Write as _,
    path::Path,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use crate::{audience::Audience, processes::resident_own, scenario::Scenario, server::Server};

/// Plays it; tells what was seen, and what is wrong with it.
pub(crate) async fn play(
    scenario: &Scenario,
    binary: &Path,
    duration: Duration,
    mut tell: impl FnMut(&Sample),
) -> anyhow::Result<Soak> {
    let server = Server::start(binary, true)?;
    let mut audience = Audience::new(&server);
    audience.admit(scenario.people(), scenario, &server).await?;
    let began = Instant::now();
    let published = || audience.tally.published.load(Relaxed);
    let (sent_before, before) = (published(), audience.received());
    let mut earlier = before.clone();
    let mut soak = Soak::default();
    while began.elapsed() < duration {
        audience.stay(EVERY).await?;
        let received = audience.received();
        let pairs = received.iter().zip(&earlier);
        let sample = Sample {
            at: began.elapsed(),
            resident: resident_own(&server.process())?,
            silent: pairs.filter(|(now, earlier)| now == earlier).count(),
        };
        tell(&sample);
        soak.samples.push(sample);
        earlier = received;
    }
    let expected =
        (audience.tally.published.load(Relaxed) - sent_before) * scenario.subscribers() as u64;
    let arrived = earlier.iter().sum::<u64>() - before.iter().sum::<u64>();
    soak.faults.extend(soak.growth());
    soak.faults.extend(soak.silence());
    if (arrived as f64) < expected as f64 * ARRIVED_MIN {
        let percent = arrived as f64 / expected as f64 * 100.0;
        soak.faults
            .push(format!("{percent:.1} % of the packets arrived"));
    }
    // What is lost on a busy machine is another matter than a stay that ends.
    audience.leave().await?;
    Ok(soak)
}

/// The server and everybody at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Since all were in.
    pub(crate) at: Duration,
    /// Of the server, in bytes.
    pub(crate) resident: u64,
    /// How many have received nothing since the last sample.
    pub(crate) silent: usize,
}

/// What a long stay showed.
#[derive(Debug, Default)]
pub(crate) struct Soak {
    samples: Vec<Sample>,
    /// Empty for a good one.
    pub(crate) faults: Vec<String>,
}

impl Soak {
    /// One line for people.
    pub(crate) fn summary(&self) -> String {
        let [early, late] = [self.fifth(1), self.fifth(4)].map(|bytes| bytes as f64 / 1e6);
        let growth = (late / early - 1.0) * 100.0;
        let mut text = format!("memory {early:.1} MB, then {late:.1} MB ({growth:+.2} %)");
        for fault in &self.faults {
            // Writing to a string cannot fail.
            let _ = write!(text, "; {fault}");
        }
        text
    }

    fn growth(&self) -> Option<String> {
        let (early, late) = (self.fifth(1), self.fifth(4));
        (late as f64 > early as f64 * (1.0 + GROWTH_MAX))
            .then(|| format!("memory grew by more than {:.0} %", GROWTH_MAX * 100.0))
    }

    fn silence(&self) -> Option<String> {
        let found = self.samples.iter().find(|sample| sample.silent > 0)?;
        let (silent, at) = (found.silent, found.at.as_secs());
        Some(format!(
            "{silent} received nothing for ten seconds, {at} s after all were in"
        ))
    }

    /// The median of the memory in a fifth of the stay.
    fn fifth(&self, index: usize) -> u64 {
        let count = self.samples.len();
        let range = count * index / 5..count * (index + 1) / 5;
        let mut memory: Vec<u64> = self.samples[range].iter().map(|one| one.resident).collect();
        memory.sort_unstable();
        memory.get(memory.len() / 2).copied().unwrap_or_default()
    }
}

const EVERY: Duration = Duration::from_secs(10);
/// Below this share media has stopped for some; what a busy machine loses is less.
const ARRIVED_MIN: f64 = 0.9;
/// Of the memory in the second fifth.
const GROWTH_MAX: f64 = 0.03;

#[cfg(test)]
mod tests {
    use super::*;

    fn soak(memory: impl Fn(u64) -> u64) -> Soak {
        let samples = (0..60).map(|index| Sample {
            at: EVERY * (index as u32 + 1),
            resident: memory(index),
            silent: 0,
        });
        Soak {
            samples: samples.collect(),
            faults: Vec::new(),
        }
    }

    #[test]
    fn memory_that_fills_once_and_spikes_is_flat() {
        let filled = soak(|index| 50_000_000 + 1_000_000 * index.min(11));
        assert_eq!(filled.growth(), None);
        let spiky = soak(|index| {
            if index % 7 == 0 {
                90_000_000
            } else {
                60_000_000
            }
        });
        assert_eq!(spiky.growth(), None);
    }

    #[test]
    fn a_slow_leak_is_found() {
        let leaking = soak(|index| 60_000_000 + 60_000 * index);
        assert!(leaking.growth().is_some());
        assert!(soak(|index| 60_000_000 + 40_000 * index).growth().is_none());
    }

    #[test]
    fn one_who_receives_nothing_is_found() {
        let mut silent = soak(|_| 1);
        assert_eq!(silent.silence(), None);
        silent.samples[30].silent = 1;
        assert!(silent.silence().is_some_and(|text| text.contains("310 s")));
    }
}
