//! An edge, some clients and a clock that only moves when told to.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use livekit_protocol::{
    AddTrackRequest, DataPacket, DisconnectReason, JoinRequest, JoinResponse, ParticipantInfo,
    SessionDescription, SignalRequest, SignalResponse, TrackSource, TrackType, UserPacket,
    WrappedJoinRequest, data_packet::Value, leave_request::Action,
    signal_request::Message as Asked, signal_response::Message,
};
use prost::Message as _;
use sfu::Kind;
use signal::{
    Config, ConnectionId, Datagram, Edge, Event, Frame, Grant, Input, Keys, LeaveReason, Now,
    Order, Output, Route, Transport,
};
use str0m::{
    Candidate, Event as RtcEvent, Input as RtcInput, Output as RtcOutput, Rtc, RtcConfig,
    change::{SdpAnswer, SdpPendingOffer},
    channel::ChannelId,
    media::{Direction, KeyframeRequestKind, MediaKind, Mid},
    net::{Protocol, Receive},
    rtp::RtpWrite,
};

const SERVER: &str = "203.0.113.1:8443";
const FRAME_INTERVAL: Duration = Duration::from_millis(20);

/// Which client; valid in its own world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who(usize);

pub(crate) struct World {
    edge: Edge,
    panics: Switch,
    are_newcomers_plugged: bool,
    start: Instant,
    now: Instant,
    deadline: Option<Instant>,
    clients: Vec<Client>,
    events: Vec<Event>,
    next_connection: u64,
}

/// What a client received on a section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u64,
    pub(crate) is_keyframe: bool,
}

pub(crate) struct Client {
    room: String,
    grant: Grant,
    connection: ConnectionId,
    address: SocketAddr,
    rtc: Rtc,
    deadline: Instant,
    is_plugged: bool,
    is_closed: bool,
    sid: String,
    pending: Option<SdpPendingOffer>,
    wants_offer: bool,
    offers: u32,
    receiving: Vec<Mid>,
    sending: Vec<(Mid, Kind, u64)>,
    next_frame: Instant,
    wants_keyframe: bool,
    channels: Vec<(ChannelId, String)>,
    outbox: VecDeque<SignalRequest>,
    unsent: VecDeque<(String, Vec<u8>)>,
    messages: Vec<Message>,
    packets: Vec<Packet>,
    data: Vec<(String, Vec<u8>)>,
}

impl World {
    pub(crate) fn new() -> Self {
        let start = Instant::now();
        let panics = Switch::default();
        Self {
            edge: edge(panics.clone()),
            panics,
            are_newcomers_plugged: true,
            start,
            now: start,
            deadline: None,
            clients: Vec::new(),
            events: Vec::new(),
            next_connection: 0,
        }
    }

    pub(crate) fn join(&mut self, room: &str, identity: &str) -> Who {
        self.join_as(room, identity, |_| {})
    }

    pub(crate) fn join_as(
        &mut self,
        room: &str,
        identity: &str,
        change: impl FnOnce(&mut Grant),
    ) -> Who {
        let mut grant = Grant {
            room: room.into(),
            identity: identity.into(),
            name: identity.into(),
            can_publish: true,
            can_publish_data: true,
        };
        change(&mut grant);
        let who = Who(self.clients.len());
        let connection = self.fresh_connection();
        let address = format!("198.51.100.{}:5000", who.0 + 1)
            .parse()
            .expect("an address");
        let mut client = Client::new(room, grant, connection, address, self.now);
        client.is_plugged = self.are_newcomers_plugged;
        let offer = client.offer();
        self.clients.push(client);
        self.open(
            who,
            &JoinRequest {
                publisher_offer: Some(offer),
                ..JoinRequest::default()
            },
        );
        who
    }

    pub(crate) fn resume(&mut self, who: Who) {
        let connection = self.fresh_connection();
        let client = &mut self.clients[who.0];
        client.connection = connection;
        client.messages.clear();
        client.is_closed = false;
        let participant_sid = client.sid.clone();
        self.open(
            who,
            &JoinRequest {
                reconnect: true,
                participant_sid,
                ..JoinRequest::default()
            },
        );
    }

    /// Somebody joins, and the engine panics over it.
    pub(crate) fn join_with_a_panic(&mut self, room: &str, identity: &str) {
        self.panics.set(true);
        let joined = catch_unwind(AssertUnwindSafe(|| self.join(room, identity)));
        assert!(joined.is_err(), "nothing panicked");
        self.panics.set(false);
        let now = self.now();
        assert!(self.edge.recover(now), "the room is known");
        self.settle();
    }

    fn open(&mut self, who: Who, request: &JoinRequest) {
        let client = &self.clients[who.0];
        let connection = client.connection;
        let now = self.now();
        let token = keys().mint(&client.grant, now.since_epoch, Duration::from_secs(600));
        let wrapped = WrappedJoinRequest {
            join_request: request.encode_to_vec(),
            ..WrappedJoinRequest::default()
        };
        let query = format!("join_request={}", base64url(&wrapped.encode_to_vec()));
        let admission = keys()
            .admit(Route::V1, &query, Some(&token), now.since_epoch)
            .expect("the token is good");
        self.edge.handle(
            Input::Opened {
                connection,
                admission: Box::new(admission),
            },
            now,
        );
        self.settle();
    }

    pub(crate) fn lose_connection(&mut self, who: Who) {
        let connection = self.clients[who.0].connection;
        let now = self.now();
        self.edge.handle(Input::Lost { connection }, now);
        self.settle();
    }

    /// Joins with a network that carries no packets yet.
    pub(crate) fn join_unplugged(&mut self, room: &str, identity: &str) -> Who {
        self.are_newcomers_plugged = false;
        let who = self.join(room, identity);
        self.are_newcomers_plugged = true;
        who
    }

    pub(crate) fn plug(&mut self, who: Who) {
        self.clients[who.0].is_plugged = true;
    }

    /// The client's decoder has lost its way.
    pub(crate) fn request_keyframe(&mut self, who: Who) {
        let client = &mut self.clients[who.0];
        let ssrc = client.packets.last().expect("a picture").ssrc;
        let mut api = client.rtc.direct_api();
        let stream = api.stream_rx(&ssrc.into()).expect("a stream");
        stream.request_keyframe(KeyframeRequestKind::Pli);
        client.deadline = self.now;
    }

    /// Its packets are lost from here on, both ways.
    pub(crate) fn unplug(&mut self, who: Who) {
        self.clients[who.0].is_plugged = false;
    }

    /// A new server that knows nobody.
    pub(crate) fn restart(&mut self) {
        self.edge = edge(self.panics.clone());
    }

    pub(crate) fn order(&mut self, order: Order) {
        let now = self.now();
        self.edge.handle(Input::Order(order), now);
        self.settle();
    }

    pub(crate) fn frame(&mut self, who: Who, frame: Frame) {
        let connection = self.clients[who.0].connection;
        let now = self.now();
        self.edge.handle(Input::Frame { connection, frame }, now);
        self.settle();
    }

    pub(crate) fn publish(&mut self, who: Who, kind: Kind) {
        self.clients[who.0].publish(kind);
        self.settle();
    }

    pub(crate) fn unpublish(&mut self, who: Who) {
        self.clients[who.0].unpublish();
        self.settle();
    }

    pub(crate) fn send_data(&mut self, who: Who, channel: &str, payload: &[u8], to: &[&str]) {
        let packet = DataPacket {
            destination_identities: to.iter().map(|name| (*name).to_owned()).collect(),
            value: Some(Value::User(UserPacket {
                payload: payload.to_vec(),
                ..UserPacket::default()
            })),
            ..DataPacket::default()
        };
        let client = &mut self.clients[who.0];
        client
            .unsent
            .push_back((channel.to_owned(), packet.encode_to_vec()));
        self.settle();
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.settle();
        loop {
            let clients = self
                .clients
                .iter()
                .map(|client| client.deadline.min(client.next_frame));
            let next = clients.chain(self.deadline).min().unwrap_or(end);
            if next >= end {
                break;
            }
            // At least a little, so that a deadline in the past does not stop the clock.
            self.now = next.max(self.now + Duration::from_micros(100));
            let now = self.now;
            for client in &mut self.clients {
                client.time_passed(now);
            }
            if self.deadline.is_some_and(|at| at <= now) {
                let now = self.now();
                self.edge.handle(Input::Timeout, now);
            }
            self.settle();
        }
        self.now = end;
    }

    /// Carries everything to where it belongs until nothing moves.
    fn settle(&mut self) {
        loop {
            let mut is_quiet = true;
            loop {
                match self.edge.poll() {
                    Output::Transmit(transmit) => {
                        is_quiet = false;
                        let now = self.now;
                        let to = self
                            .clients
                            .iter_mut()
                            .find(|one| one.address == transmit.destination);
                        if let Some(client) = to {
                            client.receive(&transmit.payload, now);
                        }
                    }
                    Output::Frame { connection, frame } => {
                        is_quiet = false;
                        if let Some(client) = self.at(connection) {
                            client.told(&frame);
                        }
                    }
                    Output::Close { connection } => {
                        if let Some(client) = self.at(connection) {
                            client.is_closed = true;
                        }
                    }
                    Output::Event(event) => self.events.push(event),
                    Output::Timeout { at } => {
                        self.deadline = at;
                        break;
                    }
                }
            }
            let now = self.now();
            for index in 0..self.clients.len() {
                let client = &mut self.clients[index];
                let (source, connection) = (client.address, client.connection);
                let datagrams = client.poll(now.instant);
                let requests: Vec<_> = client.outbox.drain(..).collect();
                is_quiet &= datagrams.is_empty() && requests.is_empty();
                for request in requests {
                    let frame = Frame::Binary(request.encode_to_vec());
                    self.edge.handle(Input::Frame { connection, frame }, now);
                }
                for payload in datagrams {
                    let destination = SERVER.parse().expect("an address");
                    let transport = Transport::Udp;
                    let datagram = Datagram {
                        transport,
                        source,
                        destination,
                        payload: &payload,
                    };
                    self.edge.handle(Input::Datagram(datagram), now);
                }
            }
            if is_quiet {
                return;
            }
        }
    }

    pub(crate) fn client(&self, who: Who) -> &Client {
        &self.clients[who.0]
    }

    pub(crate) fn client_mut(&mut self, who: Who) -> &mut Client {
        &mut self.clients[who.0]
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(crate) fn participant_count(&self) -> usize {
        self.edge.participant_count()
    }

    pub(crate) fn joined(&self) -> Vec<String> {
        let joined = self.events.iter().filter_map(|event| match event {
            Event::Joined { identity, .. } => Some(identity.clone()),
            Event::Left { .. } | Event::PathChanged { .. } => None,
        });
        joined.collect()
    }

    pub(crate) fn left(&self) -> Vec<(String, LeaveReason)> {
        let left = self.events.iter().filter_map(|event| match event {
            Event::Left {
                identity, reason, ..
            } => Some((identity.clone(), *reason)),
            Event::Joined { .. } | Event::PathChanged { .. } => None,
        });
        left.collect()
    }

    fn at(&mut self, connection: ConnectionId) -> Option<&mut Client> {
        self.clients
            .iter_mut()
            .find(|client| client.connection == connection)
    }

    fn fresh_connection(&mut self) -> ConnectionId {
        self.next_connection += 1;
        ConnectionId(self.next_connection)
    }

    fn now(&self) -> Now {
        let since_epoch = Duration::from_secs(1_700_000_000) + (self.now - self.start);
        Now {
            instant: self.now,
            since_epoch,
        }
    }
}

impl Client {
    fn new(
        room: &str,
        grant: Grant,
        connection: ConnectionId,
        address: SocketAddr,
        now: Instant,
    ) -> Self {
        let mut rtc = RtcConfig::new()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("an address"));
        Self {
            room: room.to_owned(),
            grant,
            connection,
            address,
            rtc,
            deadline: now,
            is_plugged: true,
            is_closed: false,
            sid: String::new(),
            pending: None,
            wants_offer: false,
            offers: 0,
            receiving: Vec::new(),
            sending: Vec::new(),
            next_frame: now,
            wants_keyframe: false,
            channels: Vec::new(),
            outbox: VecDeque::new(),
            unsent: VecDeque::new(),
            messages: Vec::new(),
            packets: Vec::new(),
            data: Vec::new(),
        }
    }

    pub(crate) fn offer_frame(sdp: &str) -> Frame {
        let offer = SessionDescription {
            sdp: sdp.to_owned(),
            ..SessionDescription::default()
        };
        Frame::Binary(
            SignalRequest {
                message: Some(Asked::Offer(offer)),
            }
            .encode_to_vec(),
        )
    }

    /// The single connection's first offer: two channels, three sections of each kind.
    fn offer(&mut self) -> SessionDescription {
        let mut api = self.rtc.sdp_api();
        api.add_channel("_lossy".to_owned());
        api.add_channel("_reliable".to_owned());
        for kind in [MediaKind::Audio, MediaKind::Video] {
            for _ in 0..3 {
                let mid = api.add_media(kind, Direction::RecvOnly, None, None, None);
                self.receiving.push(mid);
            }
        }
        let (offer, pending) = api.apply().expect("something changed");
        self.pending = Some(pending);
        self.described(offer.to_sdp_string())
    }

    fn described(&mut self, sdp: String) -> SessionDescription {
        self.offers += 1;
        SessionDescription {
            r#type: "offer".into(),
            sdp,
            id: self.offers,
            ..SessionDescription::default()
        }
    }

    fn reoffer(&mut self) {
        if self.pending.is_some() {
            self.wants_offer = true;
            return;
        }
        self.wants_offer = false;
        let mut api = self.rtc.sdp_api();
        for mid in &self.receiving {
            api.set_direction(*mid, Direction::RecvOnly);
        }
        // Something has to change for an offer to be made: a section that nobody uses.
        if !api.has_changes() {
            self.receiving.push(api.add_media(
                MediaKind::Audio,
                Direction::RecvOnly,
                None,
                None,
                None,
            ));
        }
        let (offer, pending) = api.apply().expect("something changed");
        self.pending = Some(pending);
        let offer = self.described(offer.to_sdp_string());
        self.ask(Asked::Offer(offer));
    }

    fn publish(&mut self, kind: Kind) {
        let (media, track_type, source) = match kind {
            Kind::Audio => (MediaKind::Audio, TrackType::Audio, TrackSource::Microphone),
            Kind::Video => (MediaKind::Video, TrackType::Video, TrackSource::Camera),
        };
        let cid = format!("cid{}{}", self.offers, self.sending.len());
        self.ask(Asked::AddTrack(AddTrackRequest {
            cid: cid.clone(),
            r#type: track_type.into(),
            source: source.into(),
            ..AddTrackRequest::default()
        }));
        let mut api = self.rtc.sdp_api();
        let mid = api.add_media(
            media,
            Direction::SendOnly,
            Some("stream".into()),
            Some(cid),
            None,
        );
        let (offer, pending) = api.apply().expect("something changed");
        self.pending = Some(pending);
        self.sending.push((mid, kind, 0));
        let offer = self.described(offer.to_sdp_string());
        self.ask(Asked::Offer(offer));
    }

    fn unpublish(&mut self) {
        let mut api = self.rtc.sdp_api();
        for (mid, ..) in self.sending.drain(..) {
            api.set_direction(mid, Direction::Inactive);
        }
        let (offer, pending) = api.apply().expect("something changed");
        self.pending = Some(pending);
        let offer = self.described(offer.to_sdp_string());
        self.ask(Asked::Offer(offer));
    }

    fn ask(&mut self, message: Asked) {
        self.outbox.push_back(SignalRequest {
            message: Some(message),
        });
    }

    fn told(&mut self, frame: &Frame) {
        let response = match frame {
            Frame::Binary(bytes) => SignalResponse::decode(&**bytes).expect("readable"),
            Frame::Text(text) => serde_json::from_str(text).expect("readable"),
        };
        let message = response.message.expect("not empty");
        match &message {
            Message::Join(join) => {
                self.sid
                    .clone_from(&join.participant.as_ref().expect("itself").sid);
            }
            Message::Answer(answer) => {
                let sdp = SdpAnswer::from_sdp_string(&answer.sdp).expect("an SDP");
                let pending = self.pending.take().expect("an offer was made");
                self.rtc
                    .sdp_api()
                    .accept_answer(pending, sdp)
                    .expect("a usable answer");
                if self.wants_offer {
                    self.reoffer();
                }
            }
            Message::MediaSectionsRequirement(wanted) if self.pending.is_none() => {
                let mut api = self.rtc.sdp_api();
                let kinds = [
                    (MediaKind::Audio, wanted.num_audios),
                    (MediaKind::Video, wanted.num_videos),
                ];
                for (kind, count) in kinds {
                    for _ in 0..count {
                        self.receiving.push(api.add_media(
                            kind,
                            Direction::RecvOnly,
                            None,
                            None,
                            None,
                        ));
                    }
                }
                for mid in &self.receiving {
                    api.set_direction(*mid, Direction::RecvOnly);
                }
                if let Some((offer, pending)) = api.apply() {
                    self.pending = Some(pending);
                    let offer = self.described(offer.to_sdp_string());
                    self.ask(Asked::Offer(offer));
                } else {
                    self.reoffer();
                }
            }
            _ => {}
        }
        self.messages.push(message);
    }

    fn time_passed(&mut self, now: Instant) {
        if self.deadline <= now && self.rtc.is_alive() {
            self.rtc
                .handle_input(RtcInput::Timeout(now))
                .expect("a working transport");
        }
        if self.next_frame <= now {
            self.next_frame = now + FRAME_INTERVAL;
            self.write_frames(now);
            if self.rtc.is_alive() {
                self.rtc
                    .handle_input(RtcInput::Timeout(now))
                    .expect("a working transport");
            }
            if !self.is_closed && self.offers > 0 {
                // Clients say that they are there; here with every frame.
                self.ask(Asked::Ping(0));
            }
        }
    }

    fn write_frames(&mut self, now: Instant) {
        if !self.rtc.is_connected() {
            return;
        }
        let is_keyframe = std::mem::take(&mut self.wants_keyframe);
        for (mid, kind, count) in &mut self.sending {
            let codec = match kind {
                Kind::Audio => str0m::format::Codec::Opus,
                Kind::Video => str0m::format::Codec::Vp8,
            };
            let params = self.rtc.codec_config().params();
            let pt = params
                .iter()
                .find(|one| one.spec().codec == codec)
                .expect("negotiated")
                .pt();
            let payload = vp8_payload(is_keyframe);
            let mut api = self.rtc.direct_api();
            let Some(stream) = api.stream_tx_by_mid(*mid, None) else {
                continue;
            };
            *count += 1;
            let timestamp = u32::try_from(*count * 1800).expect("a short test");
            stream.write_rtp(RtpWrite::new(pt, (*count).into(), timestamp, now, payload));
        }
    }

    fn receive(&mut self, payload: &[u8], now: Instant) {
        if !self.is_plugged || !self.rtc.is_alive() {
            return;
        }
        let source = SERVER.parse().expect("an address");
        let receive = Receive::new(Protocol::Udp, source, self.address, payload).expect("a packet");
        self.rtc
            .handle_input(RtcInput::Receive(now, receive))
            .expect("a working transport");
    }

    fn poll(&mut self, now: Instant) -> Vec<Vec<u8>> {
        self.write_data();
        let mut datagrams = Vec::new();
        loop {
            match self.rtc.poll_output().expect("a working transport") {
                RtcOutput::Timeout(at) => {
                    self.deadline = at.max(now);
                    break;
                }
                RtcOutput::Transmit(transmit) => datagrams.push(transmit.contents.to_vec()),
                RtcOutput::Event(event) => self.on_event(event),
            }
        }
        if self.is_plugged {
            datagrams
        } else {
            Vec::new()
        }
    }

    fn on_event(&mut self, event: RtcEvent) {
        match event {
            RtcEvent::RtpPacket(packet) => {
                let is_video = packet.payload.len() != 4;
                if is_video {
                    self.packets.push(Packet {
                        ssrc: *packet.header.ssrc,
                        sequence: *packet.seq_no,
                        is_keyframe: packet.payload == vp8_payload(true).into(),
                    });
                }
            }
            RtcEvent::KeyframeRequest(_) => self.wants_keyframe = true,
            RtcEvent::ChannelOpen(id, label) => self.channels.push((id, label)),
            RtcEvent::ChannelData(data) => {
                let packet = DataPacket::decode(&*data.data).expect("readable");
                let Some(Value::User(user)) = packet.value else {
                    panic!("another packet")
                };
                self.data.push((packet.participant_identity, user.payload));
            }
            _ => {}
        }
    }

    fn write_data(&mut self) {
        while let Some((label, payload)) = self.unsent.front() {
            let id = self
                .channels
                .iter()
                .find(|(_, open)| open == label)
                .map(|(id, _)| *id);
            let Some(mut channel) = id.and_then(|id| self.rtc.channel(id)) else {
                return;
            };
            channel.write(true, payload).expect("an open channel");
            self.unsent.pop_front();
        }
    }

    pub(crate) fn join_response(&self) -> &JoinResponse {
        match self.messages.first() {
            Some(Message::Join(join)) => join,
            other => panic!(
                "{} of {} got {other:?} first",
                self.grant.identity, self.room
            ),
        }
    }

    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(crate) fn last_update_of(&self, identity: &str) -> Option<&ParticipantInfo> {
        self.messages
            .iter()
            .rev()
            .find_map(|message| match message {
                Message::Update(update) => update
                    .participants
                    .iter()
                    .find(|one| one.identity == identity),
                _ => None,
            })
    }

    pub(crate) fn leave(&self) -> Option<(DisconnectReason, Action)> {
        self.messages.iter().find_map(|message| match message {
            Message::Leave(leave) => Some((leave.reason(), leave.action())),
            _ => None,
        })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(crate) fn offers(&self) -> u32 {
        self.offers
    }

    /// Sections that the newest answer put a track into.
    pub(crate) fn receiving_sections(&self) -> usize {
        let answer = self
            .messages
            .iter()
            .rev()
            .find_map(|message| match message {
                Message::Answer(answer) => Some(answer.mid_to_track_id.len()),
                _ => None,
            });
        answer.unwrap_or_default()
    }

    pub(crate) fn last_answer(&self) -> &str {
        let answer = self
            .messages
            .iter()
            .rev()
            .find_map(|message| match message {
                Message::Answer(answer) => Some(answer.sdp.as_str()),
                _ => None,
            });
        answer.expect("an offer was answered")
    }

    /// What was received of pictures.
    pub(crate) fn packets(&self) -> &[Packet] {
        &self.packets
    }

    pub(crate) fn forget_packets(&mut self) {
        self.packets.clear();
    }

    /// Keeps the newest, which names the stream.
    pub(crate) fn forget_old_packets(&mut self) {
        let newest = self.packets.pop();
        self.packets.clear();
        self.packets.extend(newest);
    }

    pub(crate) fn data(&self) -> &[(String, Vec<u8>)] {
        &self.data
    }
}

/// While it is on, the engine's source of randomness panics.
#[derive(Clone, Default)]
struct Switch(Arc<AtomicBool>);

impl Switch {
    fn set(&self, is_on: bool) {
        self.0.store(is_on, Ordering::Relaxed);
    }
}

fn edge(panics: Switch) -> Edge {
    let config = Config {
        keys: keys(),
        node: "node".into(),
        random: counting(1, Switch::default()),
    };
    let engine = sfu::Config {
        candidates: vec![SERVER.parse().expect("an address")],
        ufrag_prefix: "00".into(),
        random: counting(100, panics),
    };
    Edge::new(config, engine)
}

fn keys() -> Keys {
    Keys {
        api_key: "key".into(),
        api_secret: "secret".into(),
    }
}

/// Bytes that differ from call to call and are the same in every run.
fn counting(start: u64, panics: Switch) -> sfu::RandomSource {
    let mut state = start;
    Box::new(move |bytes| {
        assert!(!panics.0.load(Ordering::Relaxed), "a panic on demand");
        for byte in bytes {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = state.to_be_bytes()[0];
        }
    })
}

/// RFC 7741 §4.2 and RFC 6386 §9.1: a descriptor that starts a partition, and the first bytes of
/// a frame, whose lowest bit is 0 for key frames.
fn vp8_payload(is_keyframe: bool) -> Vec<u8> {
    let mut payload = vec![
        0x10,
        u8::from(!is_keyframe),
        0,
        0,
        0x9d,
        0x01,
        0x2a,
        0,
        1,
        0,
        1,
    ];
    payload.resize(200, 7);
    payload
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
