//! What is played: rooms of one shape, and what is published in them.

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;
use serde::Deserialize;

/// A file of `scenarios/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// As it stands in the report.
    pub(crate) name: String,
    pub(crate) rooms: usize,
    /// In each room.
    pub(crate) participants: usize,
    /// How many of them publish a camera and a microphone. Everybody receives everybody else.
    pub(crate) publishers: usize,
    /// Of each camera, on average; the sound is as recorded.
    pub(crate) video_kbps: u32,
    /// How long the rooms rest before the first figure: estimates of links settle.
    #[serde(default = "settle_s")]
    settle_s: u64,
    /// How long each of the windows is that are measured.
    #[serde(default = "window_s")]
    window_s: u64,
}

impl Scenario {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let place = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("{place} cannot be read"))?;
        let scenario: Self =
            toml::from_str(&text).with_context(|| format!("{place} is no scenario"))?;
        anyhow::ensure!(
            scenario.rooms > 0 && scenario.subscribers() > 0,
            "{place}: nobody would receive anything"
        );
        Ok(scenario)
    }

    pub(crate) fn people(&self) -> usize {
        self.rooms * self.participants
    }

    /// How many copies of each published packet leave the server.
    pub(crate) fn subscribers(&self) -> usize {
        self.participants.saturating_sub(1) * usize::from(self.publishers > 0)
    }

    pub(crate) fn settle(&self) -> Duration {
        Duration::from_secs(self.settle_s)
    }

    pub(crate) fn window(&self) -> Duration {
        Duration::from_secs(self.window_s)
    }
}

fn settle_s() -> u64 {
    6
}

fn window_s() -> u64 {
    5
}
