//! The path of a packet (RFC 8656 §11 and §12.4 to §12.6).

use relay::{Transport, frames::Frames};
use turn_client_proto::{
    stun::types::message::{Message, MessageClass},
    types::attribute::{Data, XorPeerAddress},
};

use crate::support::{ALLOCATE, Bench, REFRESH, UDP, address, config, media};

#[test]
fn packets_pass_both_ways_with_a_permission() {
    let mut bench = Bench::permitted();
    assert_eq!(bench.indicate(media(), b"hello"), Some(b"hello".to_vec()));
    for payload in [&b"one"[..], b"four", b""] {
        let bytes = bench.hear(media(), payload).expect("it is permitted");
        let message = Message::from_bytes(&bytes).expect("a message");
        assert!(message.has_class(MessageClass::Indication));
        assert_eq!(message.method().value(), 7);
        let peer = message.attribute::<XorPeerAddress>().expect("from whom");
        assert_eq!(peer.addr(message.transaction_id()), media());
        assert_eq!(
            message.attribute::<Data<'_>>().expect("what").data(),
            payload
        );
    }
    let counters = bench.client.counters();
    assert_eq!((counters.to_media_packets, counters.to_media_bytes), (1, 5));
    assert_eq!(
        (counters.to_client_packets, counters.to_client_bytes),
        (3, 7)
    );
}

#[test]
fn no_two_indications_have_the_same_transaction() {
    let mut bench = Bench::permitted();
    let mut transaction = || {
        let bytes = bench.hear(media(), b"hello").expect("it is permitted");
        bytes[8..20].to_vec()
    };
    assert_ne!(transaction(), transaction());
}

#[test]
fn a_bound_channel_is_used_in_both_directions() {
    let mut bench = Bench::allocated();
    bench.bind(0x4abc, media()).expect_success();
    assert_eq!(
        bench.say(0x4abc, b"hello"),
        Some((media(), b"hello".to_vec()))
    );
    assert_eq!(bench.say(0x4abd, b"hello"), None);
    assert_eq!(
        bench.hear(media(), b"hi"),
        Some(b"\x4a\xbc\0\x02hi".to_vec())
    );
    // Another port of the same host has the permission, but no channel.
    let other = address("203.0.113.1:444");
    assert_eq!(bench.hear(other, b"hi").map(|bytes| bytes[0]), Some(0));
}

#[test]
fn a_datagram_may_be_padded_and_a_stream_must() {
    let mut bench = Bench::allocated();
    bench.bind(0x4000, media()).expect_success();
    let padded = b"\x40\0\0\x01x\0\0\0";
    let passed = bench
        .client
        .handle(padded, bench.now)
        .map(|packet| packet.payload);
    assert_eq!(passed, Some(&b"x"[..]));

    let mut bench = Bench::with(config(&[media()]), Transport::Stream);
    bench.challenge();
    bench.ask(ALLOCATE, &[(0x0019, UDP)]).expect_success();
    bench.bind(0x4000, media()).expect_success();
    let mut stream = Vec::new();
    let payloads = [&b""[..], b"1", b"22", b"333", b"4444"];
    for payload in payloads {
        assert!(
            bench
                .client
                .to_client(media(), payload, &mut stream, bench.now)
        );
        assert_eq!(stream.len() % 4, 0);
    }
    let mut frames = Frames::default();
    frames.space()[..stream.len()].copy_from_slice(&stream);
    frames.filled(stream.len());
    for payload in payloads {
        let frame = frames.next().expect("no error").expect("whole");
        assert_eq!(&frame[4..], payload);
    }
    assert_eq!(frames.next(), Ok(None));
}

#[test]
fn without_a_permission_nothing_passes() {
    let mut bench = Bench::allocated();
    assert_eq!(bench.indicate(media(), b"hello"), None);
    assert_eq!(bench.say(0x4000, b"hello"), None);
    assert_eq!(bench.hear(media(), b"hello"), None);
    bench.permit(&[media()]).expect_success();
    assert_eq!(bench.hear(address("203.0.113.9:443"), b"hello"), None);
    assert_eq!(bench.hear(address("[2001:db8::1]:443"), b"hello"), None);
    assert_eq!(bench.client.counters().dropped_forbidden_packets, 5);
}

#[test]
fn after_the_allocation_nothing_passes() {
    let mut bench = Bench::permitted();
    bench.bind(0x4000, media()).expect_success();
    bench.ask(REFRESH, &[(0x000d, &[0; 4])]).expect_success();
    assert_eq!(bench.indicate(media(), b"hello"), None);
    assert_eq!(bench.say(0x4000, b"hello"), None);
    assert_eq!(bench.hear(media(), b"hello"), None);
    // A new one does not inherit.
    bench.ask(ALLOCATE, &[(0x0019, UDP)]).expect_success();
    assert_eq!(bench.say(0x4000, b"hello"), None);
    assert_eq!(bench.hear(media(), b"hello"), None);
}

#[test]
fn nothing_passes_at_the_time_of_expiry_even_before_the_host_has_noticed() {
    let mut bench = Bench::allocated();
    let later = std::time::Duration::from_secs(590);
    bench.pass(later);
    bench.permit(&[media()]).expect_success();
    bench.now.instant += std::time::Duration::from_secs(10);
    let mut out = Vec::new();
    assert!(
        !bench
            .client
            .to_client(media(), b"hello", &mut out, bench.now)
    );
    assert_eq!(bench.indicate(media(), b"hello"), None);
}

#[test]
fn indications_that_lack_something_are_dropped() {
    let mut bench = Bench::permitted();
    for cut in 0..4 {
        // XOR-PEER-ADDRESS of media with transaction 0, DATA, and an attribute that must be known.
        let peer = [0, 0x12, 0, 8, 0, 1, 0x20, 0xa9, 0xea, 0x12, 0xd5, 0x43];
        let data = [0, 0x13, 0, 4, 1, 2, 3, 4];
        let unknown = [0, 0x1d, 0, 0];
        let attributes = match cut {
            0 => [&peer[..], &data].concat(),
            1 => peer.to_vec(),
            2 => data.to_vec(),
            _ => [&peer[..], &data, &unknown].concat(),
        };
        let length = u8::try_from(attributes.len()).expect("short");
        let mut bytes = vec![0, 0x16, 0, length, 0x21, 0x12, 0xa4, 0x42];
        bytes.extend([0; 12]);
        bytes.extend(attributes);
        let passed = bench.client.handle(&bytes, bench.now).is_some();
        assert_eq!(passed, cut == 0, "{cut}");
    }
}

#[test]
fn a_payload_too_long_for_a_message_is_dropped() {
    let mut bench = Bench::permitted();
    assert!(bench.hear(media(), &vec![0; 65_000]).is_some());
    assert!(bench.hear(media(), &vec![0; 65_500]).is_none());
    assert!(bench.hear(media(), &vec![0; 70_000]).is_none());
}
