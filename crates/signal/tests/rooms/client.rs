//! One client of a world: a participant, what it was told, and what it plays.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use livekit_protocol::{
    DisconnectReason, JoinResponse, ParticipantInfo, SessionDescription, SignalRequest,
    SignalResponse, leave_request::Action, signal_request::Message as Asked,
    signal_response::Message,
};
use participant::{
    Config, Event, Layer, Packet, Participant, Publish, Request, TrackKey, TrackSource,
    Vp8Packetizer, Wire,
};
use prost::Message as _;
use sfu::Kind;
use signal::{ConnectionId, Frame, Grant};

pub(crate) const FRAME_INTERVAL: Duration = Duration::from_millis(20);

/// What a client received on a section.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) sid: String,
    pub(crate) ssrc: u32,
    pub(crate) sequence: u64,
    pub(crate) is_keyframe: bool,
    /// Which layer of its publisher it is.
    pub(crate) layer: u8,
    pub(crate) at: Instant,
}

pub(crate) struct Client {
    pub(crate) room: String,
    pub(crate) grant: Grant,
    pub(crate) connection: ConnectionId,
    pub(crate) participant: Participant,
    pub(crate) deadline: Option<Instant>,
    pub(crate) next_frame: Instant,
    pub(crate) is_plugged: bool,
    pub(crate) is_closed: bool,
    addresses: Vec<SocketAddr>,
    /// What a NAT has made of them, if there is one.
    outside: Vec<SocketAddr>,
    offers: u32,
    messages: Vec<Message>,
    packets: Vec<Received>,
    data: Vec<(String, Vec<u8>)>,
    tracks: Vec<Playing>,
    track_count: u32,
}

/// A track with made-up pictures or sound.
struct Playing {
    track: TrackKey,
    kind: Kind,
    count: u32,
    encoders: Vec<Encoder>,
}

/// One layer of a picture.
#[derive(Debug, Clone, Default)]
struct Encoder {
    wants_keyframe: bool,
    /// Nobody wants it.
    is_off: bool,
    packetizer: Vp8Packetizer,
}

impl Client {
    pub(crate) fn new(room: &str, grant: Grant, wire: Wire, now: Instant) -> Self {
        let addresses = match wire {
            Wire::Single { address } => vec![address],
            Wire::Dual {
                publisher,
                subscriber,
            } => vec![publisher, subscriber],
        };
        let config = Config {
            wire,
            is_persistent: false,
            is_auto_subscribing: true,
        };
        Self {
            room: room.to_owned(),
            grant,
            connection: ConnectionId(0),
            participant: Participant::new(config, now),
            deadline: None,
            next_frame: now,
            is_plugged: true,
            is_closed: false,
            addresses,
            outside: Vec::new(),
            offers: 0,
            messages: Vec::new(),
            packets: Vec::new(),
            data: Vec::new(),
            tracks: Vec::new(),
            track_count: 0,
        }
    }

    /// Its own address behind one that the server sees.
    pub(crate) fn inside(&self, seen: SocketAddr) -> Option<SocketAddr> {
        let outside = if self.outside.is_empty() {
            &self.addresses
        } else {
            &self.outside
        };
        let index = outside.iter().position(|address| *address == seen)?;
        Some(self.addresses[index])
    }

    /// The address that the server sees behind one of its own.
    pub(crate) fn seen(&self, inside: SocketAddr) -> SocketAddr {
        let index = self.addresses.iter().position(|one| *one == inside);
        let mapped = index.and_then(|index| self.outside.get(index));
        mapped.copied().unwrap_or(inside)
    }

    /// From here on the NAT uses other ports, and the ones before lead nowhere.
    pub(crate) fn rebind(&mut self) {
        let next = |address: &SocketAddr| SocketAddr::new(address.ip(), address.port() + 1_000);
        let before = if self.outside.is_empty() {
            &self.addresses
        } else {
            &self.outside
        };
        self.outside = before.iter().map(next).collect();
    }

    pub(crate) fn offer_frame(sdp: &str) -> Frame {
        let offer = SessionDescription {
            sdp: sdp.to_owned(),
            ..SessionDescription::default()
        };
        let request = SignalRequest {
            message: Some(Asked::Offer(offer)),
        };
        Frame::Binary(request.encode_to_vec())
    }

    pub(crate) fn publish(&mut self, kind: Kind) -> Request {
        self.publish_layers(kind, 1)
    }

    /// Pictures in up to three sizes.
    pub(crate) fn publish_layers(&mut self, kind: Kind, layers: usize) -> Request {
        self.track_count += 1;
        let track = TrackKey(self.track_count);
        self.tracks.push(Playing {
            track,
            kind,
            count: 0,
            encoders: vec![Encoder::default(); layers],
        });
        let size = |layer: usize| Layer {
            width: 320 << layer,
            height: 180 << layer,
            bitrate_bps: PICTURE_BYTES[layer] as u32 * 8 * 50,
        };
        Request::Publish(Publish {
            track,
            source: match kind {
                Kind::Audio => TrackSource::Microphone,
                Kind::Video => TrackSource::Camera,
            },
            layers: match layers {
                1 => vec![Layer::default()],
                _ => (0..layers).map(size).collect(),
            },
        })
    }

    pub(crate) fn unpublish(&mut self) -> Vec<Request> {
        let tracks = self.tracks.drain(..);
        tracks
            .map(|one| Request::Unpublish { track: one.track })
            .collect()
    }

    /// The next packet of every track. The first picture of a stream is no key frame unless
    /// somebody has asked for one.
    pub(crate) fn play(&mut self) -> Vec<Request> {
        let packets = self.tracks.iter_mut().flat_map(Playing::next);
        packets.map(Request::Write).collect()
    }

    /// Notes what is sent to the server.
    pub(crate) fn asks(&mut self, frame: &[u8]) {
        let request = SignalRequest::decode(frame).expect("readable");
        self.offers += u32::from(matches!(request.message, Some(Asked::Offer(_))));
    }

    pub(crate) fn joins(&mut self) {
        self.offers += 1;
    }

    /// Notes what the server says.
    pub(crate) fn told(&mut self, frame: &Frame) {
        let response = match frame {
            Frame::Binary(bytes) => SignalResponse::decode(&**bytes).expect("readable"),
            Frame::Text(text) => serde_json::from_str(text).expect("readable"),
        };
        self.messages.push(response.message.expect("not empty"));
    }

    pub(crate) fn on_event(&mut self, event: Event, at: Instant) {
        match event {
            Event::Received(packet) if packet.kind == participant::Kind::Video => {
                self.packets.push(Received {
                    sid: packet.sid.as_deref().unwrap_or_default().to_owned(),
                    ssrc: packet.ssrc,
                    sequence: packet.sequence,
                    is_keyframe: packet.is_keyframe,
                    // Behind the descriptor and the first byte of a picture, or of a later piece.
                    layer: packet.payload.get(5).copied().unwrap_or_default(),
                    at,
                });
            }
            Event::Data(data) => self.data.push((data.identity, data.payload)),
            Event::KeyframeWanted { track, layer } => {
                let playing = self.tracks.iter_mut().find(|one| one.track == track);
                let playing = playing.expect("a track of its own");
                playing.encoders[layer].wants_keyframe = true;
            }
            Event::LayersWanted { track, is_wanted } => {
                let playing = self.tracks.iter_mut().find(|one| one.track == track);
                let encoders = &mut playing.expect("a track of its own").encoders;
                if encoders.len() > 1 {
                    for (encoder, is_wanted) in encoders.iter_mut().zip(is_wanted) {
                        encoder.is_off = !is_wanted;
                    }
                }
            }
            _ => {}
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

    pub(crate) fn forget_messages(&mut self) {
        self.messages.clear();
    }

    pub(crate) fn last_update_of(&self, identity: &str) -> Option<&ParticipantInfo> {
        let updates = self.messages.iter().rev();
        updates
            .filter_map(|message| match message {
                Message::Update(update) => Some(&update.participants),
                _ => None,
            })
            .find_map(|participants| participants.iter().find(|one| one.identity == identity))
    }

    pub(crate) fn leave(&self) -> Option<(DisconnectReason, Action)> {
        self.messages.iter().find_map(|message| match message {
            Message::Leave(leave) => Some((leave.reason(), leave.action())),
            _ => None,
        })
    }

    /// What it would come back with.
    pub(crate) fn newest_token(&self) -> String {
        let tokens = self.messages.iter().rev();
        let mut tokens = tokens.filter_map(|message| match message {
            Message::RefreshToken(token) => Some(token.clone()),
            _ => None,
        });
        tokens.next().expect("handed out")
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(crate) fn offers(&self) -> u32 {
        self.offers
    }

    /// Sections that the newest answer put a track into.
    pub(crate) fn receiving_sections(&self) -> usize {
        self.answers()
            .next()
            .map_or(0, |it| it.mid_to_track_id.len())
    }

    pub(crate) fn last_answer(&self) -> &str {
        &self.answers().next().expect("an offer was answered").sdp
    }

    fn answers(&self) -> impl Iterator<Item = &SessionDescription> {
        self.messages
            .iter()
            .rev()
            .filter_map(|message| match message {
                Message::Answer(answer) => Some(answer),
                _ => None,
            })
    }

    /// What was received of pictures.
    pub(crate) fn packets(&self) -> &[Received] {
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

impl Playing {
    fn next(&mut self) -> Vec<Packet> {
        self.count += 1;
        let clock_hz = match self.kind {
            Kind::Audio => 48_000,
            Kind::Video => 90_000,
        };
        let timestamp = self.count * clock_hz / 50;
        let (track, kind) = (self.track, self.kind);
        let encoders = self.encoders.iter_mut().enumerate();
        let packets = encoders.flat_map(|(layer, encoder)| {
            let payloads = match kind {
                Kind::Audio => vec![[7; 40].as_slice().into()],
                Kind::Video => encoder.encode(layer),
            };
            let last = payloads.len().saturating_sub(1);
            payloads
                .into_iter()
                .enumerate()
                .map(move |(index, payload)| Packet {
                    track,
                    layer,
                    timestamp,
                    is_marked: index == last,
                    level_dbov: (kind == Kind::Audio).then_some(-20),
                    payload,
                })
        });
        packets.collect()
    }
}

impl Encoder {
    fn encode(&mut self, layer: usize) -> Vec<Arc<[u8]>> {
        if self.is_off {
            return Vec::new();
        }
        let is_keyframe = std::mem::take(&mut self.wants_keyframe);
        let mut picture = vec![layer as u8; PICTURE_BYTES[layer]];
        // RFC 6386 §9.1: the lowest bit is 0 for key frames.
        picture[0] = u8::from(!is_keyframe);
        self.packetizer.packetize(&picture)
    }
}

/// Fifty times a second: 80 kbit/s, 500 kbit/s and 1.7 Mbit/s.
const PICTURE_BYTES: [usize; 3] = [200, 1_250, 4_250];
