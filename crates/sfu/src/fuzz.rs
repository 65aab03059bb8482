//! Inputs that nobody would send, for everything here that reads what came over the network.
//!
//! Each test plays the files of its corpus, `__fuzz__/<test>/corpus`. Under a fuzzer
//! (`scripts/corpora.sh`) it finds new ones. Nothing may panic, and whoever is beside the sender is
//! served as ever.

#![cfg(test)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use str0m::{Rtc, RtcConfig, rtp::Vp8Descriptor};

use crate::{
    Config, Event, Input, Offerer, Output, PeerId, Purpose, Request, Shard, Sound, TrackId,
    Transports,
    codec::Format,
    forward::{Forward, Incoming},
    io::TrackSettings,
    local_ufrag,
    overtaking::Overtaking,
    packet::Packet,
    rewriter::Position,
    stun,
};

const LENGTH_MAX: usize = 64 * 1024;
const STRANGER: PeerId = PeerId(1);
const NEIGHBOUR: PeerId = PeerId(2);
const OFFER: &str = include_str!("../tests/offers/js-2.23.0-chromium156-v1-join.sdp");

macro_rules! fuzz {
    ($run:expr) => {
        bolero::check!()
            .with_iterations(0)
            .with_max_len(LENGTH_MAX)
            .for_each($run)
    };
}

#[test]
fn stun_packets() {
    fuzz!(|bytes: &[u8]| {
        let check = stun::Check::read(bytes);
        assert_eq!(check.map(|check| check.ufrag), local_ufrag(bytes));
        assert!(!stun::is_success(bytes) || stun::is_stun(bytes));
    });
}

/// Text: who makes the offers, then what is asked in lines that begin with `%`, each followed by its
/// description.
#[test]
fn descriptions() {
    fuzz!(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let offerer = if text.starts_with("server") {
            Offerer::Server
        } else {
            Offerer::Client
        };
        negotiate(&text, offerer);
    });
}

/// Packets of a publication: stream, kind, how far numbers and time go on, length and payload.
#[test]
fn packets() {
    fuzz!(|bytes: &[u8]| forward(bytes));
}

fn negotiate(text: &str, offerer: Offerer) {
    fastrand::seed(1);
    let mut now = Instant::now();
    let mut shard = shard();
    for (peer, offerer) in [(STRANGER, offerer), (NEIGHBOUR, Offerer::Client)] {
        let request = Request::AddPeer {
            peer,
            room: "room".into(),
            label: "PA_1".into(),
            offerer,
            transports: Transports::ALL,
        };
        ask(&mut shard, request, now);
    }
    let neighbours = TrackId::from("TR_2");
    let offer = |id, sdp: &str| Request::Offer {
        peer: NEIGHBOUR,
        id,
        sdp: sdp.to_owned(),
    };
    let request = announcement(NEIGHBOUR, &neighbours, Purpose::Camera, "cam");
    ask(&mut shard, request, now);
    let sending = OFFER.replace("a=recvonly", "a=sendrecv\r\na=msid:- cam");
    ask(&mut shard, offer(1, &sending), now);

    for part in text.split('%').skip(1).take(16) {
        let (what, rest) = part.split_once('\n').unwrap_or((part, ""));
        let peer = STRANGER;
        let track = || TrackId::from(what.split(' ').nth(1).unwrap_or_default());
        let request = match what.split(' ').next().unwrap_or_default() {
            "offer" => Request::Offer {
                peer,
                id: 7,
                sdp: rest.to_owned(),
            },
            "answer" => Request::Answer {
                peer,
                id: what
                    .split(' ')
                    .nth(1)
                    .and_then(|id| id.parse().ok())
                    .unwrap_or(0),
                sdp: rest.to_owned(),
            },
            "sound" => announcement(peer, &track(), Purpose::Sound, rest.trim()),
            "camera" => announcement(peer, &track(), Purpose::Camera, rest.trim()),
            "end" => Request::Unpublish {
                peer,
                track: track(),
            },
            "get" => Request::Subscribe {
                peer,
                track: track(),
            },
            "leave" => Request::Unsubscribe {
                peer,
                track: track(),
            },
            "restart" => Request::RestartIce { peer },
            _ => {
                now += Duration::from_secs(1);
                shard.handle(Input::Timeout, now);
                drain(&mut shard);
                continue;
            }
        };
        ask(&mut shard, request, now);
    }
    let answered = ask(&mut shard, offer(2, OFFER), now);
    let is_answer = |event: &Event| {
        matches!(
            event,
            Event::Answer {
                peer: NEIGHBOUR,
                ..
            }
        )
    };
    assert!(answered.iter().any(is_answer), "{answered:?}");
}

fn announcement(peer: PeerId, track: &TrackId, purpose: Purpose, client_id: &str) -> Request {
    Request::Announce {
        peer,
        track: track.clone(),
        purpose,
        client_ids: vec![client_id.to_owned()],
        sound: Sound {
            may_pause: true,
            is_stereo: true,
        },
    }
}

fn shard() -> Shard {
    let mut next = 0_u8;
    let random = Box::new(move |bytes: &mut [u8]| {
        for byte in bytes {
            next = next.wrapping_mul(5).wrapping_add(1);
            *byte = next;
        }
    });
    Shard::new(Config {
        candidates: vec!["203.0.113.1:8443".parse().expect("an address")],
        tcp_candidates: Vec::new(),
        ufrag_prefix: "00".into(),
        estimates_bandwidth: true,
        forwards_svc: true,
        random,
    })
}

fn ask(shard: &mut Shard, request: Request, now: Instant) -> Vec<Event> {
    shard.handle(Input::Request(request), now);
    drain(shard)
}

fn drain(shard: &mut Shard) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        match shard.poll() {
            Output::Event(event) => events.push(event),
            Output::Transmit(_) => {}
            Output::Timeout { .. } => return events,
        }
    }
}

/// The publisher's formats and those of subscribers that number them otherwise, or lack some.
fn connections(now: Instant) -> [Rtc; 3] {
    let all = || RtcConfig::new().clear_codecs().enable_opus(true, true);
    [
        all().enable_vp8(true).enable_h264(true).build(now),
        all().enable_h264(true).build(now),
        RtcConfig::new()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now),
    ]
}

fn forward(mut bytes: &[u8]) {
    let now = Instant::now();
    let connections = connections(now);
    let publisher = &connections[0];
    let types: Vec<_> = publisher.codec_config().params().iter().collect();
    let mut forwards: Vec<Forward> = connections
        .iter()
        .map(|_| Forward::new(NEIGHBOUR, "1".into(), TrackSettings::default()))
        .collect();
    let mut overtaking = Overtaking::default();
    let (mut sequence, mut timestamp) = (1_000_u64, 0_u32);
    while let [ssrc, kind, ahead, later, length, rest @ ..] = bytes {
        let (payload, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        bytes = rest;
        let params = types[usize::from(*kind) % types.len()];
        let payload_type = match params.red() {
            Some(red) if kind & 0x80 != 0 => red,
            _ => params.pt(),
        };
        let Some(format) = Format::of(publisher, payload_type) else {
            continue;
        };
        sequence = sequence.saturating_add_signed((*ahead as i8).into());
        timestamp = timestamp.wrapping_add(u32::from(*later) << 8);
        let position = Position {
            sequence,
            timestamp,
        };
        let vp8 = Vp8Descriptor::parse(payload).ok();
        let incoming = Incoming {
            ssrc: u32::from(*ssrc % 3) + 1,
            position,
            format,
            vp8,
            is_entry: format.is_entry(payload, vp8.as_ref()),
        };
        let payload: Arc<[u8]> = payload.into();
        let packet = Packet::for_test(position);
        if incoming.is_entry {
            let early = overtaking.take(&packet);
            assert!(early.iter().all(|one| one.position.sequence > sequence));
        } else {
            overtaking.keep(&packet);
        }
        if *later == 0xff {
            forwards.iter_mut().for_each(Forward::pause);
        }
        for (forward, subscriber) in forwards.iter_mut().zip(&connections) {
            let target = Some(u32::from(*ssrc >> 4) % 3 + 1);
            let waits = forward.waits_for(target);
            if let Some(leaving) = forward.take(&incoming, target, subscriber, now) {
                assert!(leaving.position.sequence > 0);
                assert!(!waits || forward.current() == Some(incoming.ssrc) || !incoming.is_entry);
                let _ = leaving.outgoing.payload(&payload);
            }
        }
    }
}
