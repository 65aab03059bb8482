//! One WebRTC connection and what belongs to it.
//!
//! Either the client offers and we answer (`answering`), or we offer and it answers (`offering`);
//! never both on one connection.

mod answering;
mod channels;
mod offering;
mod publishing;
mod receiving;

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use str0m::{
    Candidate, IceCreds, Input as RtcInput, PacerReason, Reason as RtcReason, Rtc, RtcConfig,
    RtcError,
    bwe::Bitrate,
    channel::ChannelId,
    format::{Codec, CodecConfig, FormatParams},
    media::Frequency,
    net::TcpType,
    rtp::{Extension, ExtensionMap},
};

pub(crate) use self::{
    answering::Answered, offering::Offered, publishing::Announced, receiving::Allocation,
};
use self::{offering::Offering, publishing::Unclaimed};
use crate::{
    formats::Formats,
    io::{Channel, Config, Offerer, PeerId, RandomSource, Transport, Transports},
    publication::Publication,
    pulse::{Pulse, SILENCE_MIN},
    sections::Sections,
    shard::{Path, Remote},
};

/// Wishes that come close together become one negotiation.
const NEGOTIATION_DELAY: Duration = Duration::from_millis(50);
/// LiveKit's limit for one data message, and the largest that all browsers take.
const MESSAGE_LENGTH_MAX: u32 = 65_535;
/// What a new link is trusted with: the lowest layer of every picture and the middle one of one.
/// Probing finds the rest within a second or two.
const INITIAL_ESTIMATE: Bitrate = Bitrate::kbps(1_000);
/// Constrained baseline, level 3.1, in packets that may hold a part of a unit: what every client
/// that does H264 can (RFC 7742 §6.2).
const H264_PROFILE: u32 = 0x42e01f;
/// Ours where we offer; clients that offer have their own.
const H264_PAYLOAD_TYPES: [u8; 2] = [102, 103];
const VP9_PAYLOAD_TYPES: [u8; 2] = [98, 99];
/// How often the transport's figures are looked at.
const STATS_INTERVAL: Duration = Duration::from_secs(2);

/// The smallest step of the pacer's time.
const BURST_STEP: Duration = Duration::from_micros(1);
/// What is due so soon after a packet belongs to the same burst.
const BURST_GAP: Duration = Duration::from_micros(2);

pub(crate) struct Peer {
    pub(crate) id: PeerId,
    pub(crate) room: Arc<str>,
    pub(crate) label: Arc<str>,
    /// Its own ICE names: the first one, and one more after each ICE restart of ours.
    pub(crate) ufrags: Vec<String>,
    pub(crate) rtc: Rtc,
    /// Whether its link is measured by what it reports of each packet.
    is_measured: bool,
    pub(crate) is_connected: bool,
    pub(crate) transports: Transports,
    pub(crate) transport: Option<Transport>,
    /// When its packets came.
    pub(crate) pulse: Pulse,
    /// When it was last sent media.
    pub(crate) fed_at: Option<Instant>,
    /// Where its packets have come from: the keys to remove when it goes.
    pub(crate) remotes: VecDeque<Remote>,
    /// The way that the client has just said it will send by, until that is found authentic.
    pub(crate) nominating: Option<Path>,
    /// The way that it is reached by.
    pub(crate) nominated: Option<Path>,
    /// All that it has nominated, the latest last.
    pub(crate) nominees: Vec<Path>,
    /// That has changed under a running connection.
    pub(crate) has_moved: bool,
    pub(crate) publications: Vec<Publication>,
    pub(crate) sections: Sections,
    pub(crate) allocation: Allocation,
    /// Something was written to `rtc` that only a timeout sends.
    pub(crate) needs_tick: bool,
    pub(crate) is_dirty: bool,
    /// Packets that were written and have not left, as far as that is counted: one that is sent again
    /// counts as one of them.
    pub(crate) unsent: usize,
    /// The last time that `rtc` was told: within a burst it runs ahead by microseconds.
    pub(crate) clock: Instant,
    /// Its entry in the shard's timetable.
    pub(crate) scheduled: Option<Instant>,
    /// When to negotiate: to ask the client for an offer, or to make one.
    negotiate_at: Option<Instant>,
    /// Whose turn it is to offer; `None` when the client always does.
    offering: Option<Offering>,
    has_offered: bool,
    formats: Formats,
    announced: Vec<Announced>,
    /// Sections that carry something nobody has announced yet.
    unclaimed: Vec<Unclaimed>,
    channels: HashMap<ChannelId, Channel>,
    waiting: VecDeque<Arc<[u8]>>,
    waiting_bytes: usize,
}

/// Who a new peer is.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: PeerId,
    pub(crate) room: Arc<str>,
    pub(crate) label: Arc<str>,
}

/// Why a session description was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DescriptionError {
    #[error("it is too large")]
    TooLarge,
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("it cannot be used")]
    Unusable(#[source] RtcError),
    #[error("nobody offered this")]
    Unasked,
}

/// The peer takes messages too slowly.
#[derive(Debug, thiserror::Error)]
#[error("too many messages wait for the peer")]
pub(crate) struct TooSlow;

impl Peer {
    pub(crate) fn new(
        identity: Identity,
        offerer: Offerer,
        transports: Transports,
        config: &mut Config,
        now: Instant,
    ) -> Self {
        let credentials = credentials(config);
        let ufrag = credentials.ufrag.clone();
        let estimate = config.estimates_bandwidth.then_some(INITIAL_ESTIMATE);
        let mut settings = RtcConfig::new()
            .set_rtp_mode(true)
            .set_ice_lite(true)
            .set_local_ice_credentials(credentials)
            .set_sctp_max_message_size(MESSAGE_LENGTH_MAX)
            .set_stats_interval(Some(STATS_INTERVAL))
            .enable_bwe(estimate)
            .clear_codecs()
            .enable_opus(true, true)
            .enable_vp8(true);
        let [payload_type, repair] = H264_PAYLOAD_TYPES.map(Into::into);
        settings
            .codec_config()
            .add_h264(payload_type, Some(repair), true, H264_PROFILE);
        if config.forwards_svc {
            add_svc_codecs(settings.codec_config());
        }
        // Without estimation and where we only send, nobody reads reports of each packet.
        let has_reports = estimate.is_some() || matches!(offerer, Offerer::Client);
        let mut rtc = settings
            .set_extension_map(extensions(has_reports))
            .build(now);
        for candidate in candidates(config, transports) {
            rtc.add_local_candidate(candidate);
        }
        let Identity { id, room, label } = identity;
        let offering = match offerer {
            Offerer::Client => None,
            Offerer::Server => Some(Offering::default()),
        };
        Self {
            id,
            room,
            label,
            ufrags: vec![ufrag],
            rtc,
            is_measured: config.estimates_bandwidth,
            is_connected: false,
            transports,
            transport: None,
            pulse: Pulse::new(now),
            fed_at: None,
            remotes: VecDeque::new(),
            nominating: None,
            nominated: None,
            nominees: Vec::new(),
            has_moved: false,
            publications: Vec::new(),
            sections: Sections::default(),
            allocation: Allocation::default(),
            needs_tick: true,
            is_dirty: false,
            unsent: 0,
            clock: now,
            scheduled: None,
            // The server's first offer opens the data channels, whatever else there is.
            negotiate_at: offering.is_some().then_some(now),
            offering,
            has_offered: false,
            formats: Formats::new(config.forwards_svc),
            announced: Vec::new(),
            unclaimed: Vec::new(),
            channels: HashMap::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        }
    }

    /// Lets time pass in `rtc`, never backwards.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<(), RtcError> {
        self.clock = self.clock.max(now);
        self.rtc.handle_input(RtcInput::Timeout(self.clock))
    }

    /// A packet has left. The pacer lets the next go only when time goes on; asking it at once saves
    /// the question whether anything else is to be done in between.
    pub(crate) fn sent(&mut self) {
        self.unsent = self.unsent.saturating_sub(1);
        if self.is_measured && self.unsent > 0 {
            self.clock += BURST_STEP;
            self.needs_tick = true;
        }
    }

    /// Whether the pacer has more to send at once; then its time goes on. It lets packets go one at
    /// a time, each a microsecond after the last, also those of a burst that it allows as a whole.
    pub(crate) fn is_burst_going_on(&mut self, next: Instant, now: Instant) -> bool {
        let is_paced = matches!(self.rtc.last_timeout_reason(), RtcReason::Pacer(_));
        if !is_paced || next > self.clock.max(now) + BURST_GAP {
            return false;
        }
        self.clock = self.clock.max(next);
        self.needs_tick = true;
        true
    }

    /// Whether it has sent packets all the time, for media of its own or about media that it is sent,
    /// and now sends none although it should.
    pub(crate) fn has_broken_off(&self, is_speaking: bool, now: Instant) -> bool {
        let since_fed = self.fed_at.map(|at| now.saturating_duration_since(at));
        let is_fed = since_fed.is_some_and(|since| since < SILENCE_MIN);
        self.is_connected && (is_fed || is_speaking) && self.pulse.has_stopped(now)
    }

    /// Nothing more leaves at this moment. What was written has left, unless the pacer holds it.
    pub(crate) fn rests(&mut self) {
        if !self.is_pacing() {
            self.unsent = 0;
        }
    }

    /// Whether it waits for the moment of a packet, and not for one to look after things.
    pub(crate) fn is_pacing(&self) -> bool {
        match self.rtc.last_timeout_reason() {
            RtcReason::Pacer(reason) => reason != PacerReason::Handle,
            _ => false,
        }
    }

    /// When something of its own is due, apart from what str0m wants.
    pub(crate) fn own_deadline(&self) -> Option<Instant> {
        let publications = self.publications.iter().filter_map(Publication::deadline);
        // An offer that is out is waited for before the next.
        let negotiate_at = self
            .negotiate_at
            .filter(|_| self.answer_deadline().is_none());
        publications
            .chain(negotiate_at)
            .chain(self.answer_deadline())
            .chain(self.allocation.due)
            .min()
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

/// VP9's profile with 8 bits in 4:2:0, the one that every client that does VP9 can, and AV1.
fn add_svc_codecs(codecs: &mut CodecConfig) {
    let profile = FormatParams {
        profile_id: Some(0),
        ..FormatParams::default()
    };
    let [payload_type, repair] = VP9_PAYLOAD_TYPES.map(Into::into);
    let rate = Frequency::NINETY_KHZ;
    codecs.add_config(payload_type, Some(repair), Codec::Vp9, rate, None, profile);
    codecs.enable_av1(true);
}

/// What clients are told of where we are. To the relay we are a UDP address like any other, so that
/// one is told to those also who may not send there themselves.
fn candidates(config: &Config, transports: Transports) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    if transports.udp || transports.relay {
        let udp = config.candidates.iter();
        candidates.extend(udp.filter_map(|address| Candidate::host(*address, "udp").ok()));
    }
    if transports.tcp {
        let passive = |address: &SocketAddr| {
            let builder = Candidate::builder().tcp().host(*address);
            builder.tcptype(TcpType::Passive).build().ok()
        };
        candidates.extend(config.tcp_candidates.iter().filter_map(passive));
    }
    candidates
}

/// What packets tell besides their payload. The time of sending is left out: it is for receivers who
/// estimate the link by themselves, and clients report to us instead.
fn extensions(has_reports: bool) -> ExtensionMap {
    let mut extensions = ExtensionMap::empty();
    for (id, extension) in ExtensionMap::standard().iter() {
        let is_wanted = match extension {
            Extension::AbsoluteSendTime => false,
            Extension::TransportSequenceNumber => has_reports,
            _ => true,
        };
        if is_wanted {
            extensions.set(id, extension.clone());
        }
    }
    extensions
}

/// Credentials by which a shared socket finds the shard.
pub(crate) fn credentials(config: &mut Config) -> IceCreds {
    IceCreds {
        ufrag: config.ufrag_prefix.clone() + &random_text(&mut config.random, 8),
        pass: random_text(&mut config.random, 24),
    }
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
