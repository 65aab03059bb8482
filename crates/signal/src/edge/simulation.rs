//! Faults on demand: what LiveKit's clients ask for in their own tests (`SimulateScenario`).
//!
//! Only where the operator allows it. A fault concerns whoever asks for it, and nobody else.

use std::time::Duration;

use livekit_protocol::{
    DisconnectReason, SimulateScenario, leave_request::Action, simulate_scenario::Scenario,
};
use sfu::PeerId;

use super::Edge;
use crate::io::{LeaveReason, Now};

/// Whoever is to fail when it resumes does so within this time or not at all.
const RESUME_WITHIN: Duration = Duration::from_secs(5);
const SPEAKING_MAX_S: i32 = 60;
/// As loud as LiveKit makes it, in percent.
const SPEAKING_LEVEL: u8 = 90;

/// How the next resume fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResumeFault {
    /// After the server has said all that it has to say.
    Afterwards,
    /// Before it says anything.
    AtOnce,
}

impl Edge {
    pub(super) fn simulate(&mut self, peer: PeerId, simulated: &SimulateScenario, now: Now) {
        if !self.config.simulates_faults {
            return;
        }
        let Some(scenario) = &simulated.scenario else {
            return;
        };
        let shut_down = |action| Some((DisconnectReason::ServerShutdown, action));
        match scenario {
            Scenario::SpeakerUpdate(seconds) => self.pretend_to_speak(peer, *seconds, now),
            // The client finds out when it tries to resume.
            Scenario::NodeFailure(_) => self.leave(peer, LeaveReason::ConnectionLost, None, now),
            Scenario::ServerLeave(_) => {
                let told = shut_down(Action::Disconnect);
                self.leave(peer, LeaveReason::ConnectionLost, told, now);
            }
            Scenario::LeaveRequestFullReconnect(_) => {
                let told = shut_down(Action::Reconnect);
                self.leave(peer, LeaveReason::ConnectionLost, told, now);
            }
            Scenario::DisconnectSignalOnResume(_) => {
                self.plan_resume_fault(peer, ResumeFault::Afterwards, now);
            }
            Scenario::DisconnectSignalOnResumeNoMessages(_) => {
                self.plan_resume_fault(peer, ResumeFault::AtOnce, now);
            }
            // There is no other node to move to, and paths and links are the network's own.
            Scenario::Migration(_)
            | Scenario::SwitchCandidateProtocol(_)
            | Scenario::SubscriberBandwidth(_) => {}
        }
    }

    /// The fault that a resume is to meet, which it meets once.
    pub(super) fn take_resume_fault(&mut self, peer: PeerId, now: Now) -> Option<ResumeFault> {
        let (fault, until) = self.participant_mut(peer)?.resume_fault.take()?;
        (now.instant <= until).then_some(fault)
    }

    /// Ends pretended speech that is over.
    pub(super) fn end_pretended_speech(&mut self, peer: PeerId, now: Now) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let is_over = |until: &mut std::time::Instant| *until <= now.instant;
        if participant.pretends_until.take_if(is_over).is_some() {
            self.speaking(peer, 0);
        }
    }

    fn plan_resume_fault(&mut self, peer: PeerId, fault: ResumeFault, now: Now) {
        if let Some(participant) = self.participant_mut(peer) {
            participant.resume_fault = Some((fault, now.instant + RESUME_WITHIN));
        }
    }

    fn pretend_to_speak(&mut self, peer: PeerId, seconds: i32, now: Now) {
        let seconds = u64::try_from(seconds.min(SPEAKING_MAX_S)).unwrap_or(0);
        if let Some(participant) = self.participant_mut(peer) {
            participant.pretends_until = Some(now.instant + Duration::from_secs(seconds));
        }
        self.speaking(peer, SPEAKING_LEVEL);
    }
}
