//! One WebRTC connection and what belongs to it.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use str0m::{
    Candidate, IceCreds, Rtc, RtcConfig, RtcError,
    change::SdpOffer,
    channel::ChannelId,
    format::Codec,
    media::{KeyframeRequestKind, Mid, Pt},
};

use crate::{
    io::{Channel, Config, Kind, PeerId, RandomSource, TrackId, Transport},
    publication::Publication,
    sdp::{Direction, Sdp, Section},
    sections::{Placement, Sections},
};

/// Wishes that come close together become one negotiation.
const NEGOTIATION_DELAY: Duration = Duration::from_millis(50);
/// A client that has not offered by then is asked again.
const NEGOTIATION_RETRY: Duration = Duration::from_secs(5);
/// Larger than any client's offer for a hundred sections.
const SDP_LENGTH_MAX: usize = 512 * 1024;
const SECTIONS_MAX: usize = 200;
/// Reliable messages that wait for a channel; a peer that needs more is too slow to keep.
const WAITING_BYTES_MAX: usize = 1 << 20;
/// Lossy messages are worth nothing when they are late.
const LOSSY_BUFFER_MAX: usize = 64 * 1024;
/// LiveKit's limit for one data message, and the largest that all browsers take.
const MESSAGE_LENGTH_MAX: u32 = 65_535;
const ANNOUNCED_MAX: usize = 16;

pub(crate) struct Peer {
    pub(crate) id: PeerId,
    pub(crate) room: Arc<str>,
    pub(crate) label: Arc<str>,
    pub(crate) ufrag: String,
    pub(crate) rtc: Rtc,
    pub(crate) is_connected: bool,
    pub(crate) transport: Option<Transport>,
    /// When its last packet came.
    pub(crate) last_heard: Instant,
    /// Where its packets have come from: the keys to remove when it goes.
    pub(crate) addresses: VecDeque<SocketAddr>,
    pub(crate) publications: Vec<Publication>,
    pub(crate) sections: Sections,
    /// When to ask the client for an offer.
    pub(crate) negotiate_at: Option<Instant>,
    /// Something was written to `rtc` that only a timeout sends.
    pub(crate) needs_tick: bool,
    pub(crate) is_dirty: bool,
    /// Its entry in the shard's timetable.
    pub(crate) scheduled: Option<Instant>,
    has_offered: bool,
    announced: Vec<Announced>,
    /// Sections that carry something nobody has announced yet.
    unclaimed: Vec<Unclaimed>,
    channels: HashMap<ChannelId, Channel>,
    waiting: VecDeque<Arc<[u8]>>,
    waiting_bytes: usize,
}

#[derive(Debug)]
struct Announced {
    track: TrackId,
    kind: Kind,
    client_ids: Vec<String>,
}

#[derive(Debug)]
struct Unclaimed {
    mid: Mid,
    kind: Kind,
    client_id: Option<String>,
}

/// What an offer led to.
#[derive(Debug)]
pub(crate) struct Negotiated {
    pub(crate) answer: String,
    pub(crate) placement: Placement,
    pub(crate) live: Vec<(TrackId, Mid)>,
    pub(crate) ended: Vec<TrackId>,
}

/// Why an offer was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OfferError {
    #[error("the offer is too large")]
    TooLarge,
    #[error("the offer cannot be read: {0}")]
    Unreadable(String),
    #[error("the offer cannot be used")]
    Unusable(#[source] RtcError),
}

/// The peer takes messages too slowly.
#[derive(Debug, thiserror::Error)]
#[error("too many messages wait for the peer")]
pub(crate) struct TooSlow;

impl Peer {
    pub(crate) fn new(
        id: PeerId,
        room: Arc<str>,
        label: Arc<str>,
        config: &mut Config,
        now: Instant,
    ) -> Self {
        let ufrag = config.ufrag_prefix.clone() + &random_text(&mut config.random, 8);
        let pass = random_text(&mut config.random, 24);
        let credentials = IceCreds {
            ufrag: ufrag.clone(),
            pass,
        };
        let mut rtc = RtcConfig::new()
            .set_rtp_mode(true)
            .set_ice_lite(true)
            .set_local_ice_credentials(credentials)
            .set_sctp_max_message_size(MESSAGE_LENGTH_MAX)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        for address in &config.candidates {
            if let Ok(candidate) = Candidate::host(*address, "udp") {
                rtc.add_local_candidate(candidate);
            }
        }
        Self {
            id,
            room,
            label,
            ufrag,
            rtc,
            is_connected: false,
            transport: None,
            last_heard: now,
            addresses: VecDeque::new(),
            publications: Vec::new(),
            sections: Sections::default(),
            negotiate_at: None,
            needs_tick: true,
            is_dirty: false,
            scheduled: None,
            has_offered: false,
            announced: Vec::new(),
            unclaimed: Vec::new(),
            channels: HashMap::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        }
    }

    /// Takes the client's offer and makes the answer.
    pub(crate) fn negotiate(
        &mut self,
        text: &str,
        label_of: impl Fn(&TrackId) -> Option<Arc<str>>,
        now: Instant,
    ) -> Result<Negotiated, OfferError> {
        let mut offer = Sdp::parse_limited(text)?;
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

        let offer = SdpOffer::from_sdp_string(&offer.to_string())
            .map_err(|error| OfferError::Unreadable(error.to_string()))?;
        let answer = self
            .rtc
            .sdp_api()
            .accept_offer(offer)
            .map_err(OfferError::Unusable)?;
        let mut answer = Sdp::parse(&answer.to_sdp_string());
        for section in &mut answer.sections {
            self.edit_answered(section, &label_of);
        }

        self.needs_tick = true;
        self.has_offered = true;
        self.negotiate_at = None;
        self.want_negotiation(now);
        Ok(Negotiated {
            answer: answer.to_string(),
            placement,
            live,
            ended,
        })
    }

    /// A track that the client will publish; live at once when its section was offered before.
    pub(crate) fn announce(
        &mut self,
        track: TrackId,
        kind: Kind,
        client_ids: Vec<String>,
    ) -> Option<(TrackId, Mid)> {
        let announced = Announced {
            track,
            kind,
            client_ids,
        };
        let position = self.unclaimed.iter().position(|section| {
            section
                .client_id
                .as_ref()
                .is_some_and(|id| announced.client_ids.contains(id))
        });
        let position = position.or_else(|| {
            self.unclaimed
                .iter()
                .position(|section| section.kind == announced.kind)
        });
        if let Some(position) = position {
            let section = self.unclaimed.remove(position);
            return Some(self.publish(announced.track, announced.kind, section.mid));
        }
        if self.announced.len() == ANNOUNCED_MAX {
            self.announced.remove(0);
        }
        self.announced.push(announced);
        None
    }

    /// Ends a track; `true` when it was live.
    pub(crate) fn unpublish(&mut self, track: &TrackId) -> bool {
        self.announced.retain(|announced| announced.track != *track);
        let before = self.publications.len();
        self.publications
            .retain(|publication| publication.track != *track);
        self.publications.len() < before
    }

    /// Plans to ask the client for an offer when its sections do not say what is wished.
    pub(crate) fn want_negotiation(&mut self, now: Instant) {
        if self.has_offered && !self.sections.is_settled() && self.negotiate_at.is_none() {
            self.negotiate_at = Some(now + NEGOTIATION_DELAY);
        }
    }

    /// Whether the client is to be asked for an offer.
    pub(crate) fn take_negotiation_due(&mut self, now: Instant) -> bool {
        let is_due = self.negotiate_at.is_some_and(|at| at <= now);
        if is_due {
            self.negotiate_at = (!self.sections.is_settled()).then_some(now + NEGOTIATION_RETRY);
        }
        is_due && self.negotiate_at.is_some()
    }

    /// Passes on the key-frame wishes that are due.
    pub(crate) fn request_due_keyframes(&mut self, now: Instant) {
        for publication in &mut self.publications {
            for layer in &mut publication.layers {
                if !layer.keyframes.take_due(now) {
                    continue;
                }
                if let Some(stream) = self.rtc.direct_api().stream_rx(&layer.ssrc.into()) {
                    stream.request_keyframe(KeyframeRequestKind::Pli);
                    self.needs_tick = true;
                }
            }
        }
    }

    /// When something of its own is due, apart from what str0m wants.
    pub(crate) fn own_deadline(&self) -> Option<Instant> {
        let keyframes = self
            .publications
            .iter()
            .flat_map(|publication| &publication.layers)
            .filter_map(|layer| layer.keyframes.deadline());
        keyframes.chain(self.negotiate_at).min()
    }

    pub(crate) fn channel_opened(&mut self, id: ChannelId, label: &str) -> Result<(), TooSlow> {
        let channel = match label {
            "_reliable" => Channel::Reliable,
            "_lossy" => Channel::Lossy,
            _ => return Ok(()),
        };
        self.channels.insert(id, channel);
        self.flush()
    }

    pub(crate) fn channel_closed(&mut self, id: ChannelId) {
        self.channels.remove(&id);
    }

    pub(crate) fn channel(&self, id: ChannelId) -> Option<Channel> {
        self.channels.get(&id).copied()
    }

    pub(crate) fn send(&mut self, channel: Channel, payload: &Arc<[u8]>) -> Result<(), TooSlow> {
        match channel {
            Channel::Lossy => {
                let id = self.channel_id(Channel::Lossy);
                if let Some(mut open) = id.and_then(|id| self.rtc.channel(id))
                    && open.buffered_amount() + payload.len() <= LOSSY_BUFFER_MAX
                {
                    // What does not fit is dropped: the next message is newer anyway.
                    let _ = open.write(true, payload);
                    self.needs_tick = true;
                }
                Ok(())
            }
            Channel::Reliable => {
                self.waiting_bytes += payload.len();
                self.waiting.push_back(Arc::clone(payload));
                self.flush()
            }
        }
    }

    /// Writes waiting reliable messages as far as the channel takes them.
    pub(crate) fn flush(&mut self) -> Result<(), TooSlow> {
        if let Some(id) = self.channel_id(Channel::Reliable)
            && let Some(mut open) = self.rtc.channel(id)
        {
            open.set_buffered_amount_low_threshold(LOSSY_BUFFER_MAX);
            while let Some(message) = self.waiting.front() {
                if !matches!(open.write(true, message), Ok(true)) {
                    break;
                }
                self.waiting_bytes -= message.len();
                self.waiting.pop_front();
                self.needs_tick = true;
            }
        }
        if self.waiting_bytes > WAITING_BYTES_MAX {
            Err(TooSlow)
        } else {
            Ok(())
        }
    }

    /// This client's payload type for what we forward.
    pub(crate) fn payload_type(&self, kind: Kind) -> Option<Pt> {
        let codec = match kind {
            Kind::Audio => Codec::Opus,
            Kind::Video => Codec::Vp8,
        };
        self.rtc
            .codec_config()
            .params()
            .iter()
            .find(|params| params.spec().codec == codec)
            .map(|params| params.pt())
    }

    pub(crate) fn publication_mut(&mut self, track: &TrackId) -> Option<&mut Publication> {
        self.publications
            .iter_mut()
            .find(|publication| publication.track == *track)
    }

    fn channel_id(&self, channel: Channel) -> Option<ChannelId> {
        self.channels
            .iter()
            .find(|(_, of)| **of == channel)
            .map(|(id, _)| *id)
    }

    /// Matches the sections that the client sends on with what it has announced.
    fn claim(&mut self, offer: &Sdp) -> (Vec<(TrackId, Mid)>, Vec<TrackId>) {
        let sent: Vec<Unclaimed> = offer.sections.iter().filter_map(sent_section).collect();
        let mut ended = Vec::new();
        self.publications.retain(|publication| {
            let stays = sent.iter().any(|section| section.mid == publication.mid);
            if !stays {
                ended.push(publication.track.clone());
            }
            stays
        });
        self.unclaimed.clear();
        let mut live = Vec::new();
        for section in sent {
            if self
                .publications
                .iter()
                .any(|publication| publication.mid == section.mid)
            {
                continue;
            }
            if let Some(announced) = self.take_announced(&section) {
                live.push(self.publish(announced.track, announced.kind, section.mid));
            } else {
                self.unclaimed.push(section);
            }
        }
        (live, ended)
    }

    /// By the id that the client gave, or the oldest of the kind: some browsers write another.
    fn take_announced(&mut self, section: &Unclaimed) -> Option<Announced> {
        let by_id = self.announced.iter().position(|announced| {
            section
                .client_id
                .as_ref()
                .is_some_and(|id| announced.client_ids.contains(id))
        });
        let by_kind = || {
            self.announced
                .iter()
                .position(|announced| announced.kind == section.kind)
        };
        by_id
            .or_else(by_kind)
            .map(|position| self.announced.remove(position))
    }

    fn publish(&mut self, track: TrackId, kind: Kind, mid: Mid) -> (TrackId, Mid) {
        self.publications
            .push(Publication::new(track.clone(), kind, mid));
        (track, mid)
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
        let track = section
            .mid()
            .and_then(|mid| self.sections.placed().get(mid));
        match track.and_then(|track| Some((label_of(track)?, track))) {
            Some((label, track)) => section.set_msid(&label, track.as_str()),
            None => section.drop_msid(),
        }
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

impl Sdp {
    fn parse_limited(text: &str) -> Result<Self, OfferError> {
        if text.len() > SDP_LENGTH_MAX {
            return Err(OfferError::TooLarge);
        }
        let sdp = Self::parse(text);
        if sdp.sections.len() > SECTIONS_MAX {
            Err(OfferError::TooLarge)
        } else {
            Ok(sdp)
        }
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer")
            .field("id", &self.id)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

fn receiving_section(section: &Section) -> Option<(String, Kind)> {
    if section.direction() != Direction::RecvOnly || section.is_rejected() {
        return None;
    }
    Some((section.mid()?.to_owned(), section.kind()?))
}

fn sent_section(section: &Section) -> Option<Unclaimed> {
    let sends = matches!(
        section.direction(),
        Direction::SendOnly | Direction::SendRecv
    );
    if !sends || section.is_rejected() {
        return None;
    }
    let client_id = section.msid_track().map(str::to_owned);
    Some(Unclaimed {
        mid: section.mid()?.into(),
        kind: section.kind()?,
        client_id,
    })
}

/// Characters that RFC 8839 §5.4 allows in ICE credentials, one of 64 for each random byte.
fn random_text(random: &mut RandomSource, length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![0; length];
    random(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 64)]))
        .collect()
}
