//! Offers that real clients made, and what becomes of them when they are damaged.

use std::time::Instant;

use proptest::prelude::*;
use sfu::{
    Config, Event, Input, Offerer, Output, PeerId, Purpose, Reason, Request, Shard, Sound, TrackId,
    Transports,
};

const PEER: PeerId = PeerId(1);

const CHROMIUM: &str = include_str!("offers/js-2.23.0-chromium156-v1-join.sdp");
const FIREFOX: &str = include_str!("offers/js-2.23.0-firefox153-v1-first-offer.sdp");
const PYTHON: &str = include_str!("offers/python-1.2.1-v1-join.sdp");
const DATA_ONLY: &str = include_str!("offers/js-2.23.0-chromium156-v0-publisher.sdp");

fn shard() -> Shard {
    shard_with_svc(false)
}

fn shard_with_svc(forwards_svc: bool) -> Shard {
    let mut next = 0_u8;
    let random = Box::new(move |bytes: &mut [u8]| {
        for byte in bytes {
            next = next.wrapping_mul(5).wrapping_add(1);
            *byte = next;
        }
    });
    let candidates = vec!["203.0.113.1:8443".parse().expect("an address")];
    let mut shard = Shard::new(Config {
        candidates,
        tcp_candidates: vec!["203.0.113.1:8443".parse().expect("an address")],
        ufrag_prefix: "00".into(),
        estimates_bandwidth: true,
        forwards_svc,
        random,
    });
    let request = Request::AddPeer {
        peer: PEER,
        room: "room".into(),
        label: "PA_1".into(),
        offerer: Offerer::Client,
        transports: Transports::ALL,
    };
    shard.handle(Input::Request(request), Instant::now());
    shard
}

fn offer(shard: &mut Shard, sdp: &str) -> Vec<Event> {
    let request = Request::Offer {
        peer: PEER,
        id: 7,
        sdp: sdp.to_owned(),
    };
    shard.handle(Input::Request(request), Instant::now());
    let mut events = Vec::new();
    loop {
        match shard.poll() {
            Output::Event(event) => events.push(event),
            Output::Transmit(_) => {}
            Output::Timeout { .. } => return events,
        }
    }
}

fn answer(events: &[Event]) -> &str {
    match events {
        [Event::Answer { id: 7, sdp, .. }] => sdp,
        other => panic!("no answer but {other:?}"),
    }
}

#[test]
fn offers_of_real_clients_are_answered() {
    for sdp in [CHROMIUM, FIREFOX, PYTHON, DATA_ONLY] {
        let events = offer(&mut shard(), sdp);
        let answer = answer(&events);
        let sections = |sdp: &str| sdp.lines().filter(|line| line.starts_with("m=")).count();
        assert_eq!(sections(answer), sections(sdp));
        assert!(answer.contains("a=ice-lite"));
        assert!(answer.contains("203.0.113.1 8443 typ host"));
        assert!(
            answer.contains("a=ice-ufrag:00"),
            "the ufrag names the shard"
        );
    }
}

#[test]
fn sections_that_carry_nothing_are_inactive_and_nameless() {
    let events = offer(&mut shard(), CHROMIUM);
    let answer = answer(&events);
    assert_eq!(answer.matches("a=inactive").count(), 6);
    assert!(!answer.contains("a=msid:") && !answer.contains("a=ssrc:"));
}

#[test]
fn the_clients_own_payload_types_are_kept() {
    let chromium = offer(&mut shard(), CHROMIUM);
    assert!(answer(&chromium).contains("a=rtpmap:96 VP8/90000"));
    let firefox = offer(&mut shard(), FIREFOX);
    assert!(answer(&firefox).contains("a=rtpmap:120 VP8/90000"));
    assert!(answer(&firefox).contains("a=rtpmap:109 opus/48000"));
}

#[test]
fn vp9_and_av1_are_taken_only_where_they_are_forwarded() {
    let codecs = |forwards_svc| {
        let sending = CHROMIUM.replace("a=recvonly", "a=sendonly");
        let events = offer(&mut shard_with_svc(forwards_svc), &sending);
        let answer = answer(&events).to_owned();
        ["VP8/", "H264/", "VP9/", "AV1/"].map(|codec| answer.contains(codec))
    };
    assert_eq!(codecs(false), [true, true, false, false]);
    assert_eq!(codecs(true), [true; 4]);
}

#[test]
fn a_section_may_come_before_the_track_that_it_carries_is_announced() {
    let mut shard = shard();
    let sending = CHROMIUM.replacen("a=recvonly", "a=sendonly\r\na=msid:- cam", 1);
    let events = offer(&mut shard, &sending);
    answer(&events);
    let track = TrackId::from("TR_1");
    let client_ids = vec!["cam".to_owned()];
    let request = Request::Announce {
        peer: PEER,
        track: track.clone(),
        purpose: Purpose::Sound,
        client_ids,
        sound: Sound::default(),
    };
    shard.handle(Input::Request(request), Instant::now());
    let Output::Event(event) = shard.poll() else {
        panic!("no event")
    };
    assert_eq!(
        event,
        Event::TrackLive {
            peer: PEER,
            track,
            mid: "0".into()
        }
    );
}

/// What the answer to an offer of sound says of Opus, section by section, after its client has
/// announced it.
fn opus_parameters(sound: Option<Sound>) -> Vec<String> {
    let mut shard = shard();
    if let Some(sound) = sound {
        let request = Request::Announce {
            peer: PEER,
            track: "TR_1".into(),
            purpose: Purpose::Sound,
            client_ids: vec!["mic".to_owned()],
            sound,
        };
        shard.handle(Input::Request(request), Instant::now());
    }
    let sending = CHROMIUM.replacen("a=recvonly", "a=sendonly\r\na=msid:- mic", 1);
    let events = offer(&mut shard, &sending);
    let answers = events.iter().find_map(|event| match event {
        Event::Answer { sdp, .. } => Some(sdp),
        _ => None,
    });
    let lines = answers.expect("an answer").lines();
    let parameters = lines.filter_map(|line| line.strip_prefix("a=fmtp:111 "));
    parameters.map(str::to_owned).collect()
}

#[test]
fn sound_is_asked_for_as_it_was_announced_and_only_where_it_is_published() {
    let plain = opus_parameters(Some(Sound::default()));
    assert!(plain.iter().all(|one| *one == "minptime=10;useinbandfec=1"));
    let pausing = opus_parameters(Some(Sound {
        may_pause: true,
        is_stereo: false,
    }));
    assert_eq!(pausing[0], format!("{};usedtx=1", plain[0]));
    assert_eq!(pausing[1..], plain[1..]);
    let music = opus_parameters(Some(Sound {
        may_pause: false,
        is_stereo: true,
    }));
    let stereo = ";stereo=1;maxaveragebitrate=510000";
    assert_eq!(music[0], plain[0].clone() + stereo);
    assert_eq!(music[1..], plain[1..]);
}

#[test]
fn sound_that_is_not_announced_yet_is_not_asked_to_pause() {
    let parameters = opus_parameters(None);
    assert!(!parameters.iter().any(|one| one.contains("usedtx")));
}

#[test]
fn what_is_no_offer_closes_the_peer() {
    for sdp in [
        "",
        "hello",
        "v=0\r\n",
        &"m=audio 9 X 0\r\n".repeat(500),
        &"x".repeat(1 << 20),
    ] {
        let mut shard = shard();
        let events = offer(&mut shard, sdp);
        assert_eq!(
            events,
            [Event::Closed {
                peer: PEER,
                reason: Reason::BadDescription
            }]
        );
        assert_eq!(shard.peer_count(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Lines lost, doubled, swapped or cut: an answer or a closed peer, never a panic.
    #[test]
    fn damaged_offers_are_answered_or_refused(
        which in 0_usize..4,
        forwards_svc: bool,
        damages in prop::collection::vec((0_usize..400, 0_u8..4, 0_usize..60), 1..8),
    ) {
        let original = [CHROMIUM, FIREFOX, PYTHON, DATA_ONLY][which];
        let mut lines: Vec<String> = original.lines().map(str::to_owned).collect();
        for (position, damage, amount) in damages {
            let position = position % lines.len();
            match damage {
                0 => drop(lines.remove(position)),
                1 => lines.insert(position, lines[position].clone()),
                2 => {
                    let other = (position + amount) % lines.len();
                    lines.swap(position, other);
                }
                _ => {
                    let length = amount.min(lines[position].len());
                    lines[position].truncate(length);
                }
            }
        }
        let mut shard = shard_with_svc(forwards_svc);
        let events = offer(&mut shard, &lines.join("\r\n"));
        let is_closed = matches!(events[..], [Event::Closed { reason: Reason::BadDescription, .. }]);
        prop_assert!(is_closed == (shard.peer_count() == 0));
        let is_answered = events.iter().any(|event| matches!(event, Event::Answer { .. }));
        prop_assert!(is_answered || is_closed);
    }
}
