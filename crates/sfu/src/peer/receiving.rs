//! What the client receives: its wishes, its link, and who gets how much of it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use str0m::bwe::Bitrate;

use super::Peer;
use crate::{
    climb::Climb,
    io::{TrackId, TrackSettings},
    revival::Revival,
    share::Use,
};

/// How often a link with pictures is shared anew; a changed wish or estimate does not wait.
const INTERVAL: Duration = Duration::from_millis(250);
/// What an estimate is taken for: the rest is for repair.
const HEADROOM_SHARE: f64 = 0.95;
/// More probing than what is wanted finds out whether it also holds in busy scenes.
const DESIRED_SHARE: f64 = 1.3;

#[derive(Debug, Default)]
pub(crate) struct Allocation {
    /// What the link carries; `None` when nobody measures it.
    pub(crate) estimate_bps: Option<u64>,
    /// When to share the link.
    pub(crate) due: Option<Instant>,
    /// By track; what is not here is wanted as it comes.
    settings: HashMap<TrackId, TrackSettings>,
    told: Option<(u64, u64)>,
    climb: Climb,
    revival: Revival,
}

impl Allocation {
    pub(crate) fn settings(&self, track: &TrackId) -> TrackSettings {
        self.settings.get(track).copied().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, track: TrackId, settings: TrackSettings) {
        self.settings.insert(track, settings);
    }

    pub(crate) fn forget(&mut self, track: &TrackId) {
        self.settings.remove(track);
    }

    /// Something has changed: share the link now.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.due = Some(now);
    }

    /// Whether the link is to be shared now.
    pub(crate) fn take_due(&mut self, now: Instant) -> bool {
        let is_due = self.due.is_some_and(|at| at <= now);
        if is_due {
            self.due = None;
        }
        is_due
    }

    /// Goes on looking while there is something to share.
    pub(crate) fn again(&mut self, now: Instant) {
        self.due = Some(now + INTERVAL);
    }

    /// What there is for pictures once sound has its part.
    pub(crate) fn budget_bps(&self, sound_bps: u64) -> u64 {
        self.estimate_bps.map_or(u64::MAX, |estimate| {
            ((estimate as f64 * HEADROOM_SHARE) as u64).saturating_sub(sound_bps)
        })
    }
}

impl Peer {
    /// Tells the estimator what would be sent if it could be: it probes for that much, and keeps
    /// the link warm up to the next step.
    pub(crate) fn aim(&mut self, used: Use, sound_bps: u64, now: Instant) {
        let Some(estimate) = self.allocation.estimate_bps else {
            return;
        };
        if !used.is_stopping {
            self.allocation.revival.rest(now);
        } else if self.allocation.revival.is_due(now) {
            // It begins with what is known and probes above it at once.
            self.rtc.bwe().reset(Bitrate::bps(estimate));
            self.allocation.told = None;
        }
        let climbs = used.next_bps > used.chosen_bps;
        // While a picture is stopped, the next step is all that there is to find: a probe for more
        // costs a narrow link voice.
        let wanted_bps = if used.is_stopping {
            used.next_bps
        } else {
            used.wanted_bps
        };
        let wanted = (wanted_bps as f64 * DESIRED_SHARE) as u64 + sound_bps;
        let next = used.next_bps + sound_bps;
        let aim = if !climbs {
            self.allocation.climb.rest();
            (0, wanted)
        } else if self.allocation.climb.is_time_to_duck(estimate, now) {
            // The estimator probes when the wish rises above what it knows, and only then.
            (0, estimate.min(wanted))
        } else {
            (next, wanted.max(next))
        };
        if self.allocation.told != Some(aim) {
            self.allocation.told = Some(aim);
            let (minimum, desired) = aim;
            self.rtc
                .bwe()
                .set_bitrate(Bitrate::bps(minimum), Bitrate::bps(desired));
            self.needs_tick = true;
        }
    }
}
