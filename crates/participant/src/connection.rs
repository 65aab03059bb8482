//! One peer connection: a transport with sections and data channels.
//!
//! The client's own offers are made from wishes ([`Wishes`]) that add up while an offer is under
//! way: one offer at a time, and the next one when its answer has come. After a lost signalling
//! connection an unanswered offer is sent again as it was.

use std::{net::SocketAddr, time::Instant};

use str0m::{
    Candidate, Event as RtcEvent, Input as RtcInput, Output as RtcOutput, Rtc, RtcConfig, RtcError,
    change::{SdpAnswer, SdpApi, SdpOffer, SdpPendingOffer},
    channel::{ChannelConfig, ChannelId, Reliability},
    format::Codec,
    media::{Direction, KeyframeRequestKind, MediaKind, Mid, Pt, Simulcast, SimulcastLayer},
    net::{Protocol, Receive},
    rtp::RtpWrite,
};

use crate::{
    io::{Channel, Datagram, Kind, Transmit},
    wire::RIDS,
};

/// LiveKit's limit for one data message.
const MESSAGE_LENGTH_MAX: u32 = 65_535;
/// Lossy messages are worth nothing when they are late.
const LOSSY_BUFFER_MAX: usize = 64 * 1024;

/// A transport, its sections and channels.
pub(crate) struct Connection {
    /// Kilobytes, which no future should carry around.
    rtc: Box<Rtc>,
    address: SocketAddr,
    deadline: Instant,
    needs_tick: bool,
    outstanding: Option<Outstanding>,
    wishes: Wishes,
    receiving: Vec<Mid>,
    offers: u32,
    channels: Vec<(ChannelId, Channel)>,
}

/// What the next offer is to change.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    /// Data channels, which are made once.
    pub(crate) channels: bool,
    /// Additional sections to receive sound.
    pub(crate) audio: u32,
    /// Additional sections to receive pictures.
    pub(crate) video: u32,
    /// New ICE credentials.
    pub(crate) restart: bool,
    /// An offer, even when nothing of the above is wished.
    pub(crate) anything: bool,
    /// Sections to stop sending on.
    pub(crate) ended: Vec<Mid>,
}

impl Wishes {
    pub(crate) fn is_empty(&self) -> bool {
        let has_sections = self.audio > 0 || self.video > 0 || !self.ended.is_empty();
        !(self.channels || self.restart || self.anything || has_sections)
    }
}

/// A section to send on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) kind: Kind,
    pub(crate) cid: &'a str,
    /// More than one is simulcast.
    pub(crate) layers: usize,
}

struct Outstanding {
    pending: SdpPendingOffer,
    id: u32,
    sdp: String,
    since: Instant,
}

/// An offer to the server.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) id: u32,
    pub(crate) sdp: String,
}

/// What a connection wants when it is polled.
pub(crate) enum Step {
    Transmit(Transmit),
    Event(Box<RtcEvent>),
    Wait,
}

impl Connection {
    pub(crate) fn new(address: SocketAddr, now: Instant) -> Self {
        let mut rtc = RtcConfig::new()
            .set_rtp_mode(true)
            .set_sctp_max_message_size(MESSAGE_LENGTH_MAX)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        if let Ok(candidate) = Candidate::host(address, "udp") {
            rtc.add_local_candidate(candidate);
        }
        Self {
            rtc: Box::new(rtc),
            address,
            deadline: now,
            needs_tick: true,
            outstanding: None,
            wishes: Wishes::default(),
            receiving: Vec::new(),
            offers: 0,
            channels: Vec::new(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.rtc.is_connected()
    }

    pub(crate) fn has_offered(&self) -> bool {
        self.offers > 0
    }

    /// Since when the server owes an answer.
    pub(crate) fn offered_at(&self) -> Option<Instant> {
        self.outstanding.as_ref().map(|offer| offer.since)
    }

    pub(crate) fn wishes(&mut self) -> &mut Wishes {
        &mut self.wishes
    }

    /// The unanswered offer, to be sent again.
    pub(crate) fn repeat_offer(&mut self, now: Instant) -> Option<Offer> {
        let outstanding = self.outstanding.as_mut()?;
        outstanding.since = now;
        Some(Offer {
            id: outstanding.id,
            sdp: outstanding.sdp.clone(),
        })
    }

    /// Makes an offer of what is wished and of new sections to send on, unless one is under way.
    /// Tells the sections, in the given order.
    pub(crate) fn offer(
        &mut self,
        sending: &[Sending<'_>],
        now: Instant,
    ) -> Option<(Offer, Vec<Mid>)> {
        if self.outstanding.is_some() {
            return None;
        }
        let wishes = std::mem::take(&mut self.wishes);
        let mut api = self.rtc.sdp_api();
        if wishes.channels {
            add_channels(&mut api);
        }
        for (kind, count) in [
            (MediaKind::Audio, wishes.audio),
            (MediaKind::Video, wishes.video),
        ] {
            for _ in 0..count {
                self.receiving
                    .push(api.add_media(kind, Direction::RecvOnly, None, None, None));
            }
        }
        let mids = sending.iter().map(|one| add_sending(&mut api, one));
        let mids = mids.collect();
        for mid in wishes.ended {
            api.set_direction(mid, Direction::Inactive);
        }
        if wishes.restart {
            api.ice_restart(true);
        }
        if wishes.anything || api.has_changes() {
            // The server answers with an unused section off; on again, it can be used.
            for mid in &self.receiving {
                api.set_direction(*mid, Direction::RecvOnly);
            }
        }
        if wishes.anything && !api.has_changes() {
            // str0m makes no offer in which nothing is new.
            let mid = api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
            self.receiving.push(mid);
        }
        let (offer, pending) = api.apply()?;
        self.needs_tick = true;
        self.offers += 1;
        let offer = Offer {
            id: self.offers,
            sdp: offer.to_sdp_string(),
        };
        self.outstanding = Some(Outstanding {
            pending,
            id: offer.id,
            sdp: offer.sdp.clone(),
            since: now,
        });
        Some((offer, mids))
    }

    /// Takes the server's answer. One to another offer than the last is none.
    pub(crate) fn answered(&mut self, id: u32, sdp: &str) -> Result<(), RtcError> {
        let Some(outstanding) = self.outstanding.take_if(|offer| offer.id == id) else {
            return Ok(());
        };
        let answer = SdpAnswer::from_sdp_string(sdp).map_err(RtcError::from)?;
        self.needs_tick = true;
        self.rtc
            .sdp_api()
            .accept_answer(outstanding.pending, answer)
    }

    /// Takes the server's offer and makes the answer.
    pub(crate) fn offered(&mut self, sdp: &str) -> Result<String, RtcError> {
        let offer = SdpOffer::from_sdp_string(sdp).map_err(RtcError::from)?;
        self.needs_tick = true;
        let answer = self.rtc.sdp_api().accept_offer(offer)?;
        Ok(answer.to_sdp_string())
    }

    /// A candidate of the server's that came apart from its description.
    pub(crate) fn add_candidate(&mut self, text: &str) {
        if let Ok(candidate) = Candidate::from_sdp_string(text) {
            self.rtc.add_remote_candidate(candidate);
            self.needs_tick = true;
        }
    }

    pub(crate) fn receive(&mut self, datagram: Datagram<'_>, now: Instant) -> Result<(), RtcError> {
        let receive = Receive::new(
            Protocol::Udp,
            datagram.source,
            datagram.destination,
            datagram.payload,
        );
        let Ok(receive) = receive else {
            return Ok(());
        };
        let input = RtcInput::Receive(now, receive);
        if !self.rtc.is_alive() || !self.rtc.accepts(&input) {
            return Ok(());
        }
        self.rtc.handle_input(input)
    }

    /// Lets time pass where it is due.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<(), RtcError> {
        if !self.rtc.is_alive() || !(self.needs_tick || self.deadline <= now) {
            return Ok(());
        }
        self.needs_tick = false;
        self.rtc.handle_input(RtcInput::Timeout(now))
    }

    /// Drained to [`Step::Wait`] after each change.
    pub(crate) fn poll(&mut self) -> Result<Step, RtcError> {
        match self.rtc.poll_output()? {
            RtcOutput::Timeout(at) => {
                self.deadline = at;
                Ok(Step::Wait)
            }
            RtcOutput::Transmit(transmit) => Ok(Step::Transmit(Transmit {
                source: transmit.source,
                destination: transmit.destination,
                payload: transmit.contents.to_vec(),
            })),
            RtcOutput::Event(event) => {
                self.note(&event);
                Ok(Step::Event(Box::new(event)))
            }
        }
    }

    /// When time has to pass; nothing when something is due at once.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        (!self.needs_tick && self.rtc.is_alive()).then_some(self.deadline)
    }

    pub(crate) fn needs_tick(&self) -> bool {
        self.needs_tick && self.rtc.is_alive()
    }

    /// Sends a packet; `false` when its section has no stream yet.
    pub(crate) fn write(
        &mut self,
        mid: Mid,
        layer: Option<usize>,
        make: impl FnOnce(Pt) -> RtpWrite,
        kind: Kind,
    ) -> bool {
        let Some(pt) = self.payload_type(kind) else {
            return false;
        };
        let rid = layer
            .and_then(|layer| RIDS.get(layer))
            .map(|rid| (*rid).into());
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, rid) else {
            return false;
        };
        stream.write_rtp(make(pt));
        self.needs_tick = true;
        true
    }

    /// The section of a received stream, and what kind it is.
    pub(crate) fn section_of(&mut self, ssrc: u32) -> Option<Kind> {
        let mid = self.rtc.direct_api().stream_rx(&ssrc.into())?.mid();
        match self.rtc.media(mid)?.kind() {
            MediaKind::Audio => Some(Kind::Audio),
            MediaKind::Video => Some(Kind::Video),
        }
    }

    pub(crate) fn request_keyframe(&mut self, ssrc: u32) {
        if let Some(stream) = self.rtc.direct_api().stream_rx(&ssrc.into()) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
            self.needs_tick = true;
        }
    }

    pub(crate) fn channel(&self, id: ChannelId) -> Option<Channel> {
        let open = self.channels.iter().find(|(known, _)| *known == id);
        open.map(|(_, channel)| *channel)
    }

    /// Writes a message; `false` when the channel is not open or takes no more.
    pub(crate) fn send(&mut self, channel: Channel, payload: &[u8]) -> bool {
        let open = self.channels.iter().find(|(_, known)| *known == channel);
        let id = open.map(|(id, _)| *id);
        let Some(mut open) = id.and_then(|id| self.rtc.channel(id)) else {
            return false;
        };
        let is_full = open.buffered_amount() + payload.len() > LOSSY_BUFFER_MAX;
        if channel == Channel::Lossy && is_full {
            return false;
        }
        open.set_buffered_amount_low_threshold(LOSSY_BUFFER_MAX);
        let is_written = matches!(open.write(true, payload), Ok(true));
        self.needs_tick |= is_written;
        is_written
    }

    fn note(&mut self, event: &RtcEvent) {
        match event {
            RtcEvent::ChannelOpen(id, label) => {
                let channel = match label.as_str() {
                    "_reliable" => Channel::Reliable,
                    "_lossy" => Channel::Lossy,
                    _ => return,
                };
                self.channels.push((*id, channel));
            }
            RtcEvent::ChannelClose(id) => self.channels.retain(|(known, _)| known != id),
            _ => {}
        }
    }

    fn payload_type(&self, kind: Kind) -> Option<Pt> {
        let codec = match kind {
            Kind::Audio => Codec::Opus,
            Kind::Video => Codec::Vp8,
        };
        let params = self.rtc.codec_config().params();
        let of_codec = params.iter().find(|params| params.spec().codec == codec);
        of_codec.map(|params| params.pt())
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn add_channels(api: &mut SdpApi<'_>) {
    api.add_channel_with_config(ChannelConfig {
        label: "_lossy".to_owned(),
        ordered: false,
        reliability: Reliability::MaxRetransmits { retransmits: 0 },
        ..ChannelConfig::default()
    });
    api.add_channel("_reliable".to_owned());
}

fn add_sending(api: &mut SdpApi<'_>, sending: &Sending<'_>) -> Mid {
    let kind = match sending.kind {
        Kind::Audio => MediaKind::Audio,
        Kind::Video => MediaKind::Video,
    };
    let simulcast = (sending.layers > 1).then(|| {
        let mut simulcast = Simulcast::new();
        for rid in RIDS.iter().take(sending.layers) {
            simulcast.add_send_layer(SimulcastLayer::new(rid));
        }
        simulcast
    });
    api.add_media(
        kind,
        Direction::SendOnly,
        Some("stream".to_owned()),
        Some(sending.cid.to_owned()),
        simulcast,
    )
}
