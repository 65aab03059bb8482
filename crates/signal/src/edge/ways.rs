//! Mends the ways of media that die under a call, and tries better ones again.
//!
//! 1. Media goes by the best way there was when it began.
//! 2. The way dies: packets that came all the time stay away while the signalling lives. The client
//!    is told to resume, which restarts ICE, and by that the best way there is.
//! 3. On a lower rung than it had before, it is told the same now and then: media goes on meanwhile,
//!    and climbs when the better way is back.

use std::time::{Duration, Instant};

use livekit_protocol::{DisconnectReason, TrackType, leave_request::Action};
use sfu::{PeerId, Transport};
use tracing::debug;

use super::Edge;
use crate::{io::Now, messages, roster::Participant};

/// How often it is looked whether a way has died.
pub(super) const WATCH: Duration = Duration::from_millis(250);
/// A client is given so long to come back before it is told again.
const PATIENCE: Duration = Duration::from_secs(5);
/// From a fall to the first try to climb; each further one comes twice as late,
const CLIMB_AFTER: Duration = Duration::from_secs(10);
/// up to this.
const CLIMB_AFTER_MAX: Duration = Duration::from_secs(300);
/// Clients that know the difference between resuming and joining anew when they are told to leave.
const PROTOCOL_MIN: i32 = 13;

/// What is known of the ways that a participant's media took.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    can_resume: bool,
    best: Option<Transport>,
    /// When it was last told to resume.
    told_at: Option<Instant>,
    climb_at: Option<Instant>,
    climbs: u32,
}

impl Ways {
    pub(crate) fn new(protocol: i32) -> Self {
        Self {
            can_resume: protocol >= PROTOCOL_MIN,
            ..Self::default()
        }
    }

    /// Media goes by this way.
    pub(super) fn goes_by(&mut self, transport: Transport, now: Instant) {
        let is_best = self.best.is_none_or(|best| rung(transport) <= rung(best));
        if is_best {
            self.best = Some(transport);
            self.climb_at = None;
            self.climbs = 0;
        } else if self.climb_at.is_none() {
            self.climb_at = Some(now + CLIMB_AFTER);
        }
    }

    /// Whether the client is to resume.
    fn is_due(&mut self, has_broken_off: bool, now: Instant) -> bool {
        let is_patient = self
            .told_at
            .is_some_and(|at| now.saturating_duration_since(at) < PATIENCE);
        if !self.can_resume || is_patient {
            return false;
        }
        let climbs = self.climb_at.is_some_and(|at| at <= now);
        if climbs {
            self.climbs = (self.climbs + 1).min(10);
            let wait = CLIMB_AFTER.saturating_mul(1 << self.climbs);
            self.climb_at = Some(now + wait.min(CLIMB_AFTER_MAX));
        }
        let is_due = has_broken_off || climbs;
        if is_due {
            self.told_at = Some(now);
        }
        is_due
    }
}

/// From the top of the ladder.
fn rung(transport: Transport) -> u8 {
    match transport {
        Transport::Udp => 1,
        Transport::Tcp => 2,
        Transport::Relay => 3,
    }
}

impl Edge {
    /// Looks after everybody's way.
    pub(super) fn watch_ways(&mut self, now: Now) {
        if !self.config.mends_ways {
            return;
        }
        let peers: Vec<PeerId> = self.locations.keys().copied().collect();
        for peer in peers {
            if self.is_resume_due(peer, now) {
                debug!(peer = peer.0, "told to resume");
                let reason = DisconnectReason::ConnectionTimeout;
                self.tell(peer, messages::leave(reason, Action::Resume));
            }
        }
    }

    fn is_resume_due(&mut self, peer: PeerId, now: Now) -> bool {
        let Some(participant) = self.participant(peer) else {
            return false;
        };
        if !participant.is_active() || participant.connection.is_none() {
            return false;
        }
        let is_speaking = is_speaking(participant);
        let connections = [(peer, is_speaking), (participant.receiving, false)];
        let has_broken_off = connections
            .into_iter()
            .any(|(peer, is_speaking)| self.shard.has_broken_off(peer, is_speaking, now.instant));
        self.participant_mut(peer)
            .is_some_and(|one| one.ways.is_due(has_broken_off, now.instant))
    }
}

/// Whether it publishes something that comes without pause.
fn is_speaking(participant: &Participant) -> bool {
    let is_sound = |kind: i32| kind == i32::from(TrackType::Audio);
    let mut tracks = participant.info.tracks.iter();
    tracks.any(|track| is_sound(track.r#type) && !track.muted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ways() -> Ways {
        Ways::new(16)
    }

    #[test]
    fn a_broken_way_is_told_once_and_again_when_nothing_came_of_it() {
        let (mut ways, start) = (ways(), Instant::now());
        assert!(!ways.is_due(false, start));
        assert!(ways.is_due(true, start));
        assert!(!ways.is_due(true, start + 4 * SECOND));
        assert!(ways.is_due(true, start + 5 * SECOND));
    }

    #[test]
    fn who_has_fallen_tries_to_climb_less_and_less_often_until_it_has() {
        let (mut ways, start) = (ways(), Instant::now());
        ways.goes_by(Transport::Udp, start);
        ways.goes_by(Transport::Tcp, start);
        let seconds: Vec<u32> = (0..400)
            .filter(|second| ways.is_due(false, start + *second * SECOND))
            .collect();
        assert_eq!(seconds, [10, 30, 70, 150, 310]);
        ways.goes_by(Transport::Udp, start + 400 * SECOND);
        assert!(!ways.is_due(false, start + 10_000 * SECOND));
    }

    #[test]
    fn who_began_on_a_lower_rung_is_left_there() {
        let (mut ways, start) = (ways(), Instant::now());
        ways.goes_by(Transport::Relay, start);
        ways.goes_by(Transport::Tcp, start + SECOND);
        assert!(!ways.is_due(false, start + 10_000 * SECOND));
    }

    #[test]
    fn clients_that_would_join_anew_are_not_told() {
        let mut ways = Ways::new(12);
        assert!(!ways.is_due(true, Instant::now()));
    }
}
