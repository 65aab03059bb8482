//! We offer, the client answers: a connection that only receives.
//!
//! One offer is out at a time; wishes that come meanwhile wait for the answer. Invariant: a track
//! is forwarded only when the client has answered the offer that placed it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use str0m::{
    Rtc,
    change::{SdpAnswer, SdpPendingOffer},
    channel::{ChannelConfig, Reliability},
    media::{Direction, MediaKind, Mid},
};

use super::{DescriptionError, Peer};
use crate::{
    io::{Kind, TrackId},
    sdp::{Sdp, msid},
};

/// LiveKit's clients give up after 15 s themselves.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
pub(super) struct Offering {
    next_id: u32,
    pending: Option<Pending>,
    has_channels: bool,
    wants_restart: bool,
}

#[derive(Debug)]
struct Pending {
    id: u32,
    offer: SdpPendingOffer,
    filled: Vec<(Mid, TrackId)>,
    answer_until: Instant,
}

/// An offer for the client.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) id: u32,
    pub(crate) sdp: String,
    /// The ufrag that the client will use after it has answered an ICE restart.
    pub(crate) new_ufrag: Option<String>,
}

impl Peer {
    /// The offer that is due, if one is.
    pub(crate) fn take_offer_due(
        &mut self,
        label_of: impl Fn(&TrackId) -> Option<Arc<str>>,
        now: Instant,
    ) -> Option<Offered> {
        if !self.may_offer(now) {
            return None;
        }
        self.negotiate_at = None;
        let offering = self.offering.as_mut()?;
        let mut changes = self.rtc.sdp_api();
        if !offering.has_channels {
            offering.has_channels = true;
            for config in channels() {
                changes.add_channel_with_config(config);
            }
        }
        for mid in self.sections.take_unwanted() {
            changes.stop_media(mid.as_str().into());
        }
        let mut filled = Vec::new();
        for (track, kind) in self.sections.unplaced() {
            let Some(label) = label_of(&track) else {
                continue;
            };
            let (stream, id) = (msid(&label, track.as_str()), track.as_str().to_owned());
            let kind = match kind {
                Kind::Audio => MediaKind::Audio,
                Kind::Video => MediaKind::Video,
            };
            let mid = changes.add_media(kind, Direction::SendOnly, Some(stream), Some(id), None);
            self.sections.place_at(mid.to_string(), track.clone());
            filled.push((mid, track));
        }
        let new_ufrag =
            std::mem::take(&mut offering.wants_restart).then(|| changes.ice_restart(true).ufrag);
        let (offer, pending) = changes.apply()?;
        self.needs_tick = true;
        offering.next_id += 1;
        let id = offering.next_id;
        offering.pending = Some(Pending {
            id,
            offer: pending,
            filled,
            answer_until: now + ANSWER_TIMEOUT,
        });
        Some(Offered {
            id,
            sdp: offer.to_sdp_string(),
            new_ufrag,
        })
    }

    /// Takes the client's answer, and tells which sections carry which tracks from here on. Some
    /// clients do not repeat the offer's number and write 0.
    pub(crate) fn accept_answer(
        &mut self,
        id: u32,
        text: &str,
        now: Instant,
    ) -> Result<Vec<(Mid, TrackId)>, DescriptionError> {
        let offering = self.offering.as_mut().ok_or(DescriptionError::Unasked)?;
        let is_meant = |pending: &mut Pending| id == 0 || pending.id == id;
        let Some(pending) = offering.pending.take_if(is_meant) else {
            // An answer to an offer that is no longer out changes nothing.
            return Ok(Vec::new());
        };
        self.formats.learn(&Sdp::parse_limited(text)?)?;
        accept(&mut self.rtc, pending.offer, text)?;
        self.needs_tick = true;
        self.has_offered = true;
        if offering.wants_restart {
            self.negotiate_at = Some(now);
        }
        self.want_negotiation(now);
        let placed = self.sections.placed();
        let is_kept = |(mid, track): &(Mid, TrackId)| placed.get(&**mid) == Some(track);
        Ok(pending.filled.into_iter().filter(is_kept).collect())
    }

    /// Whether an offer is due.
    pub(crate) fn may_offer(&self, now: Instant) -> bool {
        let offering = self.offering.as_ref();
        offering.is_some_and(|offering| offering.pending.is_none())
            && self.negotiate_at.is_some_and(|at| at <= now)
    }

    /// The section that carries a track, once the client has agreed to it.
    pub(crate) fn agreed_section(&self, track: &TrackId) -> Option<Mid> {
        let mut placed = self.sections.placed().iter();
        let (mid, _) = placed.find(|(_, placed)| *placed == track)?;
        let mid = Mid::from(mid.as_str());
        let pending = self.offering.as_ref().and_then(|one| one.pending.as_ref());
        let is_pending = pending.is_some_and(|one| one.filled.iter().any(|(of, _)| *of == mid));
        (!is_pending).then_some(mid)
    }

    /// The client's network has changed: the next offer restarts ICE, at once if it can be.
    pub(crate) fn restart_ice(&mut self, now: Instant) {
        if let Some(offering) = &mut self.offering {
            offering.wants_restart = true;
            if offering.pending.is_none() {
                self.negotiate_at = Some(now);
            }
        }
    }

    /// Whether the client has failed to answer.
    pub(crate) fn is_answer_overdue(&self, now: Instant) -> bool {
        self.answer_deadline().is_some_and(|at| at <= now)
    }

    pub(super) fn answer_deadline(&self) -> Option<Instant> {
        let pending = self.offering.as_ref()?.pending.as_ref()?;
        Some(pending.answer_until)
    }
}

fn accept(rtc: &mut Rtc, pending: SdpPendingOffer, text: &str) -> Result<(), DescriptionError> {
    let answer = SdpAnswer::from_sdp_string(text)
        .map_err(|error| DescriptionError::Unreadable(error.to_string()))?;
    rtc.sdp_api()
        .accept_answer(pending, answer)
        .map_err(DescriptionError::Unusable)
}

/// The channels that clients expect, by their labels.
fn channels() -> [ChannelConfig; 3] {
    let named = |label: &str, is_reliable: bool| ChannelConfig {
        label: label.to_owned(),
        ordered: is_reliable,
        reliability: if is_reliable {
            Reliability::Reliable
        } else {
            Reliability::MaxRetransmits { retransmits: 0 }
        },
        ..ChannelConfig::default()
    };
    [
        named("_reliable", true),
        named("_lossy", false),
        named("_data_track", false),
    ]
}
