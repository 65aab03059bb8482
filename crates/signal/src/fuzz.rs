//! Inputs that nobody would send, for everything here that reads what came over the network.
//!
//! Each test plays the files of its corpus, `__fuzz__/<test>/corpus`. Under a fuzzer
//! (`scripts/corpora.sh`) it finds new ones. Nothing may panic, and whoever is in another room is
//! served as ever.

#![cfg(test)]

use std::time::{Duration, Instant};

use livekit_protocol::{
    AddTrackRequest, ClientInfo, DataChannelReceiveState, DataPacket, JoinRequest, LeaveRequest,
    MuteTrackRequest, ParticipantTracks, Ping, SessionDescription, SignalRequest, SignalResponse,
    SubscriptionPermission, SyncState, TrackInfo, TrackPermission, TrackPublishedResponse,
    TrackSource, TrackType, UpdateLocalAudioTrack, UpdateLocalVideoTrack,
    UpdateParticipantMetadata, UpdateSubscription, UpdateTrackSettings,
    signal_request::Message as Asked, signal_response::Message as Told,
};
use prost::Message as _;
use sfu::Channel;

use crate::{
    Admission, Config, ConnectionId, Edge, Frame, Grant, Input, Keys, Now, Order, Output, PathMode,
    Permission, Route, Source,
    admission::Mode,
    data::{self, Sender},
};

const LENGTH_MAX: usize = 64 * 1024;
const NOW: Duration = Duration::from_secs(1_700_000_000);
const HOUR: Duration = Duration::from_secs(3600);
const OFFER: &str = include_str!("../../sfu/tests/offers/js-2.23.0-chromium156-v1-join.sdp");
/// Who stays in a room of their own while the others do what they like.
const WITNESS: ConnectionId = ConnectionId(1_000_000);
/// Whose media has not come by a minute is gone too.
const TIME_MAX: Duration = Duration::from_secs(55);
/// What one input may make the edge say to one client; more is work that somebody else pays for.
const FRAMES_MAX: usize = 4_096;

macro_rules! fuzz {
    ($run:expr) => {
        bolero::check!()
            .with_iterations(0)
            .with_max_len(LENGTH_MAX)
            .for_each($run)
    };
}

/// A frame, after a byte that tells whether it is text.
#[test]
fn requests() {
    fuzz!(|bytes: &[u8]| {
        let [kind, bytes @ ..] = bytes else { return };
        let frame = if kind & 1 == 0 {
            Frame::Binary(bytes.to_vec())
        } else {
            Frame::Text(String::from_utf8_lossy(bytes).into_owned())
        };
        let pong = Frame::write(Told::Pong(1), frame.is_text());
        assert_eq!(pong.is_text(), frame.is_text());
        if let Ok(request) = frame.read() {
            let again = Frame::Binary(request.encode_to_vec()).read();
            assert_eq!(
                again.ok().map(|it| it.encode_to_vec()),
                Some(request.encode_to_vec())
            );
        }
    });
}

/// A query string.
#[test]
fn join_requests() {
    let token = keys().mint(&grant("ida", "room"), NOW, HOUR);
    fuzz!(|bytes: &[u8]| {
        let query = String::from_utf8_lossy(bytes);
        for route in [Route::V0, Route::V1] {
            if let Ok(admission) = keys().admit(route, &query, Some(&token), NOW) {
                assert_eq!(admission.room(), "room");
            }
            let _ = keys().admit(route, &query, None, NOW);
        }
    });
}

/// A token, or the header and the claims of one that is signed here.
#[test]
fn tokens() {
    assert!(!format!("{:?}", keys()).contains("secret"));
    let token = keys().mint(&grant("ida", "room"), NOW, HOUR);
    assert!(keys().verify(&token, NOW).is_ok());
    fuzz!(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let _ = keys().verify(&text, NOW);
        let parts = text.split_once('\n').unwrap_or((&text, ""));
        if let Ok(pass) = keys().verify(&keys().sign_raw(parts.0, parts.1), NOW) {
            assert!(pass.claims.video.room_join && !pass.claims.sub.is_empty());
            let again = keys().verify(&keys().sign(pass, NOW, HOUR), NOW);
            assert!(again.is_ok(), "{again:?}");
        }
    });
}

/// A data packet, after a byte that tells the channel.
#[test]
fn data_packets() {
    fuzz!(|bytes: &[u8]| {
        let [kind, bytes @ ..] = bytes else { return };
        let channel = if kind & 1 == 0 {
            Channel::Reliable
        } else {
            Channel::Lossy
        };
        let sender = Sender {
            sid: "PA_1",
            identity: "ida",
            last_sequence: 4,
        };
        if let Ok(stamped) = data::stamp(bytes, channel, sender) {
            let packet = DataPacket::decode(&*stamped.payload).expect("we wrote it");
            assert_eq!(packet.participant_identity, "ida");
        }
    });
}

/// What four clients in two rooms do, in any order: a byte for what, one for who, and so on.
#[test]
fn rooms() {
    fuzz!(|bytes: &[u8]| Rooms::new().play(bytes));
}

struct Rooms {
    edge: Edge,
    now: Now,
    connections: [ConnectionId; 4],
    next_connection: u64,
    /// The sids of participants and of tracks that clients were told, newest last.
    participants: Vec<String>,
    tracks: Vec<String>,
}

impl Rooms {
    fn new() -> Self {
        fastrand::seed(1);
        let config = Config {
            keys: keys(),
            node: "node".into(),
            simulates_faults: true,
            mends_ways: true,
            random: counting(1),
            relay: None,
        };
        let engine = sfu::Config {
            candidates: vec!["203.0.113.1:8443".parse().expect("an address")],
            tcp_candidates: Vec::new(),
            ufrag_prefix: "+00".into(),
            estimates_bandwidth: true,
            forwards_svc: false,
            random: counting(100),
        };
        let now = Now {
            instant: Instant::now(),
            since_epoch: NOW,
        };
        let mut rooms = Self {
            edge: Edge::new(config, engine),
            now,
            connections: [0; 4].map(ConnectionId),
            next_connection: 0,
            participants: Vec::new(),
            tracks: Vec::new(),
        };
        rooms.open(WITNESS, "witness", "elsewhere", Mode::Single, None);
        rooms
    }

    fn play(mut self, mut bytes: &[u8]) {
        let mut steps = 0;
        while let [what, who, rest @ ..] = bytes
            && steps < 256
        {
            steps += 1;
            bytes = rest;
            let who = usize::from(who % 4);
            let connection = self.connections[who];
            let said = match what % 8 {
                0 => self.join(who, what >> 3),
                1 => {
                    let [high, low, rest @ ..] = bytes else { break };
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    let (frame, rest) = rest.split_at(rest.len().min(length));
                    bytes = rest;
                    let frame = Frame::Binary(frame.to_vec());
                    self.handle(Input::Frame { connection, frame })
                }
                2 => self.handle(Input::Lost { connection }),
                3 => self.handle(Input::Order(order(who, what >> 3))),
                4 => {
                    let passed = Duration::from_millis(u64::from(what >> 3) * 250);
                    let left = (NOW + TIME_MAX).saturating_sub(self.now.since_epoch);
                    let passed = passed.min(left);
                    self.now.instant += passed;
                    self.now.since_epoch += passed;
                    // Who says nothing for long is gone.
                    self.ask(WITNESS, Asked::Ping(1));
                    self.handle(Input::Timeout)
                }
                5 => self.ask(connection, publication(what >> 3)),
                6 => {
                    let offer = SessionDescription {
                        r#type: "offer".into(),
                        sdp: sending(what >> 3),
                        id: 1,
                        ..SessionDescription::default()
                    };
                    self.ask(connection, Asked::Offer(offer))
                }
                _ => self.ask(connection, self.request(what >> 3)),
            };
            assert!(said < FRAMES_MAX, "{said} frames after {what}");
            assert!(self.edge.participant_count() <= 1 + steps);
        }
        let before = self.edge.participant_count();
        assert!(before >= 1, "the witness has gone");
        assert_eq!(
            self.ask(WITNESS, Asked::Ping(7)),
            1,
            "the witness is not answered"
        );
    }

    fn join(&mut self, who: usize, how: u8) -> usize {
        self.next_connection += 1;
        let connection = ConnectionId(self.next_connection);
        self.connections[who] = connection;
        let mode = if how & 1 == 0 {
            Mode::Single
        } else {
            Mode::Dual
        };
        let room = if how & 2 == 0 { "one" } else { "other" };
        let known = self.participants.iter().rev().nth(usize::from(how >> 3));
        let resume = (how & 4 != 0).then(|| known.cloned().unwrap_or_default());
        self.open(connection, &format!("person{who}"), room, mode, resume)
    }

    fn open(
        &mut self,
        connection: ConnectionId,
        identity: &str,
        room: &str,
        mode: Mode,
        resume: Option<String>,
    ) -> usize {
        let token = keys().mint(&grant(identity, room), self.now.since_epoch, HOUR);
        let verified = keys().verify(&token, self.now.since_epoch);
        let mut pass = verified.expect("our own");
        pass.claims.video.can_update_own_metadata = Some(identity.ends_with('1'));
        let request = JoinRequest {
            client_info: Some(ClientInfo {
                protocol: 17,
                ..ClientInfo::default()
            }),
            reconnect: resume.is_some(),
            participant_sid: resume.unwrap_or_default(),
            publisher_offer: (mode == Mode::Single).then(|| SessionDescription {
                r#type: "offer".into(),
                sdp: OFFER.into(),
                id: 1,
                ..SessionDescription::default()
            }),
            ..JoinRequest::default()
        };
        let admission = Admission::new(pass, mode, request).expect("nothing is asked for");
        self.handle(Input::Opened {
            connection,
            admission: Box::new(admission),
        })
    }

    fn ask(&mut self, connection: ConnectionId, message: Asked) -> usize {
        let request = SignalRequest {
            message: Some(message),
        };
        let frame = Frame::Binary(request.encode_to_vec());
        self.handle(Input::Frame { connection, frame })
    }

    /// How many frames came of it.
    fn handle(&mut self, input: Input<'_>) -> usize {
        self.edge.handle(input, self.now);
        let mut frames = 0;
        loop {
            match self.edge.poll() {
                Output::Frame { frame, .. } => {
                    frames += 1;
                    self.learn(&frame);
                }
                Output::Timeout { .. } => return frames,
                Output::Transmit(_) | Output::Close { .. } | Output::Event(_) => {}
            }
        }
    }

    fn learn(&mut self, frame: &Frame) {
        let Frame::Binary(bytes) = frame else { return };
        let response = SignalResponse::decode(&**bytes).expect("we wrote it");
        match response.message {
            Some(Told::Join(join)) => {
                self.participants
                    .extend(join.participant.map(|one| one.sid));
            }
            Some(Told::TrackPublished(published)) => {
                self.tracks.extend(published.track.map(|one| one.sid));
            }
            _ => {}
        }
    }

    /// What a client asks for about what it has been told.
    fn request(&self, which: u8) -> Asked {
        let track_sids: Vec<String> = self.tracks.iter().rev().take(2).cloned().collect();
        let sid = track_sids.first().cloned().unwrap_or_default();
        let participant_sid = self.participants.last().cloned().unwrap_or_default();
        let is_odd = which & 1 != 0;
        match which >> 1 {
            0 => Asked::Subscription(UpdateSubscription {
                track_sids,
                subscribe: is_odd,
                ..UpdateSubscription::default()
            }),
            1 => Asked::Subscription(UpdateSubscription {
                subscribe: is_odd,
                participant_tracks: vec![ParticipantTracks {
                    participant_sid,
                    track_sids,
                }],
                ..UpdateSubscription::default()
            }),
            2 => Asked::TrackSetting(UpdateTrackSettings {
                track_sids,
                disabled: is_odd,
                ..UpdateTrackSettings::default()
            }),
            3 => Asked::TrackSetting(UpdateTrackSettings {
                track_sids,
                width: if is_odd { 320 } else { 1280 },
                height: 180,
                ..UpdateTrackSettings::default()
            }),
            4 => Asked::SubscriptionPermission(SubscriptionPermission {
                all_participants: is_odd,
                track_permissions: vec![TrackPermission {
                    participant_sid,
                    track_sids,
                    ..TrackPermission::default()
                }],
            }),
            5 => Asked::SyncState(SyncState {
                publish_tracks: vec![TrackPublishedResponse {
                    cid: "cid0".into(),
                    track: is_odd.then(|| TrackInfo {
                        sid,
                        ..TrackInfo::default()
                    }),
                }],
                datachannel_receive_states: vec![DataChannelReceiveState {
                    publisher_sid: participant_sid,
                    last_seq: 0,
                }],
                ..SyncState::default()
            }),
            6 => Asked::Mute(MuteTrackRequest { sid, muted: is_odd }),
            7 => Asked::UpdateAudioTrack(UpdateLocalAudioTrack {
                track_sid: sid,
                features: vec![1],
            }),
            8 => Asked::UpdateVideoTrack(UpdateLocalVideoTrack {
                track_sid: sid,
                width: 640,
                height: 360,
            }),
            9 => Asked::UpdateMetadata(UpdateParticipantMetadata {
                metadata: "x".repeat(usize::from(is_odd) * 70_000),
                name: "new".into(),
                attributes: [("key".to_owned(), String::new())].into(),
                request_id: 3,
            }),
            10 => Asked::PingReq(Ping::default()),
            _ => Asked::Leave(LeaveRequest::default()),
        }
    }
}

fn order(who: usize, which: u8) -> Order {
    let (room, identity) = ("one".to_owned(), format!("person{who}"));
    match which % 8 {
        0 => Order::Remove { room, identity },
        1 | 2 => Order::Permit {
            room,
            identity,
            permission: Permission {
                can_subscribe: which & 16 == 0,
                can_publish: which & 1 == 0,
                can_publish_sources: match which & 32 {
                    0 => Vec::new(),
                    _ => vec![Source::Microphone],
                },
                can_publish_data: which & 8 == 0,
                can_update_own_metadata: which & 64 == 0,
            },
        },
        3 => Order::Mute {
            room,
            identity,
            source: Source::Microphone,
        },
        4 => Order::Mute {
            room,
            identity,
            source: Source::Camera,
        },
        5 => Order::Mute {
            room,
            identity,
            source: Source::Screen,
        },
        6 => Order::CloseRoom { room },
        _ => Order::CloseRoom {
            room: "other".to_owned(),
        },
    }
}

fn publication(which: u8) -> Asked {
    let (kind, source) = match which % 4 {
        0 => (TrackType::Audio, TrackSource::Microphone),
        1 => (TrackType::Video, TrackSource::Camera),
        2 => (TrackType::Video, TrackSource::ScreenShare),
        _ => (TrackType::Audio, TrackSource::ScreenShareAudio),
    };
    Asked::AddTrack(AddTrackRequest {
        cid: format!("cid{}", which % 4),
        r#type: kind.into(),
        source: source.into(),
        ..AddTrackRequest::default()
    })
}

/// An offer whose first section sends the track of [`publication`].
fn sending(which: u8) -> String {
    let section = if matches!(which % 4, 0 | 3) {
        "m=audio"
    } else {
        "m=video"
    };
    let at = OFFER.find(section).unwrap_or_default();
    let (before, from) = OFFER.split_at(at);
    let msid = format!("a=sendrecv\r\na=msid:- cid{}", which % 4);
    before.to_owned() + &from.replacen("a=recvonly", &msid, 1)
}

fn keys() -> Keys {
    Keys {
        api_key: "key".into(),
        api_secret: "secret".into(),
    }
}

fn grant(identity: &str, room: &str) -> Grant {
    Grant {
        room: room.into(),
        identity: identity.into(),
        name: identity.into(),
        can_publish: true,
        can_publish_data: true,
        path_mode: PathMode::Automatic,
    }
}

/// Bytes that differ from call to call and are the same in every run.
fn counting(start: u64) -> sfu::RandomSource {
    let mut state = start;
    Box::new(move |bytes| {
        for byte in bytes {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = state.to_be_bytes()[0];
        }
    })
}
