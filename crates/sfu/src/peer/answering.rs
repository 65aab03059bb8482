//! The client offers, we answer: it owns the sections, we fill them.

use std::{sync::Arc, time::Duration, time::Instant};

use str0m::{IceCreds, change::SdpOffer, media::Mid};

use super::{DescriptionError, NEGOTIATION_DELAY, Peer};
use crate::{
    io::{Kind, Sound, TrackId},
    sdp::{Direction, Sdp, Section},
    sections::Placement,
};

/// A client that has not offered by then is asked again.
const NEGOTIATION_RETRY: Duration = Duration::from_secs(5);

/// What an offer led to.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) answer: String,
    pub(crate) placement: Placement,
    pub(crate) live: Vec<(TrackId, Mid)>,
    pub(crate) ended: Vec<TrackId>,
    /// Our ICE name from here on, after a restart of the client's.
    pub(crate) new_ufrag: Option<String>,
}

impl Peer {
    /// Takes the client's offer and makes the answer.
    pub(crate) fn answer(
        &mut self,
        text: &str,
        label_of: impl Fn(&TrackId) -> Option<Arc<str>>,
        credentials: impl FnOnce() -> IceCreds,
        now: Instant,
    ) -> Result<Answered, DescriptionError> {
        if self.offering.is_some() {
            return Err(DescriptionError::Unasked);
        }
        let mut offer = Sdp::parse_limited(text)?;
        self.formats.learn(&offer)?;
        let (live, ended) = self.claim(&offer);
        let receiving = offer
            .sections
            .iter()
            .filter_map(receiving_section)
            .collect();
        let placement = self.sections.place(receiving);
        for (mid, _) in &placement.freed {
            self.end_stream(mid);
        }
        for section in &mut offer.sections {
            self.edit_offered(section);
        }

        let parsed = SdpOffer::from_sdp_string(&offer.to_string())
            .map_err(|error| DescriptionError::Unreadable(error.to_string()))?;
        let answer = self
            .rtc
            .sdp_api()
            .accept_offer(parsed)
            .map_err(DescriptionError::Unusable)?;
        let mut answer = Sdp::parse(&answer.to_sdp_string());
        for (section, offered) in answer.sections.iter_mut().zip(&offer.sections) {
            section.prefer_as_in(offered);
            self.edit_answered(section, &label_of);
        }
        let new_ufrag = self.rename(&mut answer, credentials);

        self.needs_tick = true;
        self.has_offered = true;
        self.negotiate_at = None;
        self.want_negotiation(now);
        Ok(Answered {
            answer: answer.to_string(),
            placement,
            live,
            ended,
            new_ufrag,
        })
    }

    /// When the client restarts ICE, str0m gives us a new name: it is made one by which a shared
    /// socket finds us.
    fn rename(
        &mut self,
        answer: &mut Sdp,
        credentials: impl FnOnce() -> IceCreds,
    ) -> Option<String> {
        let current = self.rtc.direct_api().local_ice_credentials().ufrag;
        if self.ufrags.contains(&current) {
            return None;
        }
        let new = credentials();
        answer.set_ice_credentials(&new.ufrag, &new.pass);
        let ufrag = new.ufrag.clone();
        self.rtc.direct_api().set_local_ice_credentials(new);
        self.nominated = None;
        self.nominees.clear();
        Some(ufrag)
    }

    /// Plans to negotiate when the sections do not say what is wished.
    pub(crate) fn want_negotiation(&mut self, now: Instant) {
        let may = self.has_offered || self.offering.is_some();
        if may && !self.sections.is_settled() && self.negotiate_at.is_none() {
            self.negotiate_at = Some(now + NEGOTIATION_DELAY);
        }
    }

    /// Whether the client is to be asked for an offer.
    pub(crate) fn take_request_due(&mut self, now: Instant) -> bool {
        let is_due = self.offering.is_none() && self.negotiate_at.is_some_and(|at| at <= now);
        if is_due {
            self.negotiate_at = (!self.sections.is_settled()).then_some(now + NEGOTIATION_RETRY);
        }
        is_due && self.negotiate_at.is_some()
    }

    fn edit_offered(&self, section: &mut Section) {
        let is_placed = section
            .mid()
            .is_some_and(|mid| self.sections.placed().contains_key(mid));
        match section.direction() {
            // We answer what a client sends; what it wants to receive has sections of its own.
            Direction::SendRecv if section.kind().is_some() => {
                section.set_direction(Direction::SendOnly);
            }
            Direction::RecvOnly if !is_placed => section.set_direction(Direction::Inactive),
            Direction::RecvOnly if !self.is_measured => section.drop_transport_feedback(),
            Direction::SendRecv
            | Direction::SendOnly
            | Direction::RecvOnly
            | Direction::Inactive => {}
        }
    }

    fn edit_answered(
        &self,
        section: &mut Section,
        label_of: impl Fn(&TrackId) -> Option<Arc<str>>,
    ) {
        if section.kind().is_none() {
            return;
        }
        if let Some(sound) = self.sound_of(section) {
            section.prefer_sound(sound);
        }
        let track = section
            .mid()
            .and_then(|mid| self.sections.placed().get(mid));
        match track.and_then(|track| Some((label_of(track)?, track))) {
            Some((label, track)) => section.set_msid(&label, track.as_str()),
            None => section.drop_msid(),
        }
    }

    /// How the client is to send what it sends on a section. What it has not announced yet is left
    /// to the next answer: it may be music, which is to be sent whole.
    fn sound_of(&self, section: &Section) -> Option<Sound> {
        let carried = self
            .publications
            .iter()
            .find(|publication| section.mid() == Some(&*publication.mid));
        carried.map(|publication| publication.sound)
    }

    /// A browser renders a section's next track only when it comes on a fresh SSRC: the stream is
    /// made anew when the section is used again. (Resetting str0m's stream in place would leave it
    /// deaf to feedback, which is looked up by the first SSRC.)
    fn end_stream(&mut self, mid: &str) {
        let mut api = self.rtc.direct_api();
        if let Some(ssrc) = api
            .stream_tx_by_mid(mid.into(), None)
            .map(|stream| stream.ssrc())
        {
            api.remove_stream_tx(ssrc);
        }
    }
}

fn receiving_section(section: &Section) -> Option<(String, Kind)> {
    if section.direction() != Direction::RecvOnly || section.is_rejected() {
        return None;
    }
    Some((section.mid()?.to_owned(), section.kind()?))
}
