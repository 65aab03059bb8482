//! CreatePermission and ChannelBind (RFC 8656 §9, §10 and §12): what may be named, and for how long.

use std::time::Duration;

use relay::{CHANNELS_MAX, PERMISSIONS_MAX, Transport};

use crate::support::{
    ALLOCATE, Bench, CHANNEL_BIND, CREATE_PERMISSION, UDP, address, config, media, media_v6,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn nothing_but_media_is_permitted() {
    let mut bench = Bench::allocated();
    for peer in [
        "127.0.0.1:443",
        "10.0.0.1:443",
        "172.16.0.1:443",
        "192.168.1.1:80",
        "169.254.169.254:80",
        "0.0.0.0:443",
        "255.255.255.255:443",
        "8.8.8.8:53",
        "203.0.113.2:443",
        "198.51.100.7:4000",
    ] {
        let peer = address(peer);
        assert_eq!(bench.permit(&[peer]).code(), Some(403), "{peer}");
        assert_eq!(bench.bind(0x4000, peer).code(), Some(403), "{peer}");
        assert_eq!(bench.indicate(peer, b"hello"), None, "{peer}");
    }
    bench.permit(&[media()]).expect_success();
}

#[test]
fn media_in_the_notation_of_another_family_is_not_permitted() {
    let mut bench = Bench::with(config(&[media(), media_v6()]), Transport::Udp);
    bench.challenge();
    let both = &[(0x0019, UDP), (0x8000, &[2, 0, 0, 0][..])];
    bench.ask(ALLOCATE, both).expect_success();
    let mapped = address("[::ffff:203.0.113.1]:443");
    assert_eq!(bench.permit(&[mapped]).code(), Some(403));
    assert_eq!(bench.bind(0x4000, mapped).code(), Some(403));
    let loopback = address("[::1]:443");
    assert_eq!(bench.permit(&[loopback]).code(), Some(403));
}

#[test]
fn other_ports_of_the_same_host_receive_nothing() {
    let mut bench = Bench::permitted();
    // The product's own HTTP port, and another client's relayed address.
    for peer in [
        "203.0.113.1:80",
        "203.0.113.1:8443",
        "203.0.113.1:50002",
        "203.0.113.1:0",
    ] {
        let peer = address(peer);
        assert_eq!(bench.bind(0x4000, peer).code(), Some(403), "{peer}");
        assert_eq!(bench.indicate(peer, b"hello"), None, "{peer}");
    }
    assert_eq!(bench.client.counters().dropped_forbidden_packets, 4);
    assert!(bench.indicate(media(), b"hello").is_some());
}

#[test]
fn a_permission_is_for_an_address_whatever_the_port() {
    let mut bench = Bench::allocated();
    bench.permit(&[address("203.0.113.1:0")]).expect_success();
    assert!(bench.indicate(media(), b"hello").is_some());
}

#[test]
fn many_peers_are_permitted_together_or_not_at_all() {
    let media: Vec<_> = (1..=3)
        .map(|n| address(&format!("203.0.113.{n}:443")))
        .collect();
    let mut bench = Bench::with(config(&media), Transport::Udp);
    bench.challenge();
    bench.ask(ALLOCATE, &[(0x0019, UDP)]).expect_success();
    let with_other = [media[0], media[1], address("127.0.0.1:443")];
    assert_eq!(bench.permit(&with_other).code(), Some(403));
    assert_eq!(bench.indicate(media[0], b"hello"), None);
    bench.permit(&media).expect_success();
    for &peer in &media {
        assert!(bench.indicate(peer, b"hello").is_some());
    }
}

#[test]
fn peers_of_a_family_without_a_relayed_address_are_refused() {
    let mut bench = Bench::with(config(&[media(), media_v6()]), Transport::Udp);
    bench.challenge();
    bench.ask(ALLOCATE, &[(0x0019, UDP)]).expect_success();
    assert_eq!(bench.permit(&[media_v6()]).code(), Some(443));
    assert_eq!(bench.bind(0x4000, media_v6()).code(), Some(443));
}

#[test]
fn requests_without_what_they_are_about_are_bad() {
    let mut bench = Bench::allocated();
    assert_eq!(bench.ask(CREATE_PERMISSION, &[]).code(), Some(400));
    let no_address: &[(u16, &[u8])] = &[(0x0012, &[1, 2, 3])];
    assert_eq!(bench.ask(CREATE_PERMISSION, no_address).code(), Some(400));
    let channel: (u16, &[u8]) = (0x000c, &[0x40, 0, 0, 0]);
    assert_eq!(bench.ask(CHANNEL_BIND, &[channel]).code(), Some(400));
    let peer = [media()];
    assert_eq!(bench.ask_about(CHANNEL_BIND, &peer, &[]).code(), Some(400));
    let short: &[(u16, &[u8])] = &[(0x000c, &[0x40, 0])];
    assert_eq!(
        bench.ask_about(CHANNEL_BIND, &peer, short).code(),
        Some(400)
    );
    let unknown: &[(u16, &[u8])] = &[channel, (0x001d, &[])];
    assert_eq!(
        bench.ask_about(CHANNEL_BIND, &peer, unknown).code(),
        Some(420)
    );
    // Data and Send are never requests, and no request has method 99.
    assert_eq!(bench.ask(7, &[]).code(), Some(400));
    assert_eq!(bench.ask(6, &[]).code(), Some(400));
    assert_eq!(bench.ask(99, &[]).0, None);
}

#[test]
fn a_channel_has_a_number_of_the_range_and_one_peer() {
    let media = [address("203.0.113.1:443"), address("203.0.113.1:444")];
    let mut bench = Bench::with(config(&media), Transport::Udp);
    bench.challenge();
    bench.ask(ALLOCATE, &[(0x0019, UDP)]).expect_success();
    for number in [0, 0x3fff, 0x5000, 0x7fff, 0xffff] {
        assert_eq!(
            bench.bind(number, media[0]).code(),
            Some(400),
            "{number:#x}"
        );
    }
    bench.bind(0x4000, media[0]).expect_success();
    bench.bind(0x4000, media[0]).expect_success();
    assert_eq!(
        bench.bind(0x4000, media[1]).code(),
        Some(400),
        "number taken"
    );
    assert_eq!(bench.bind(0x4001, media[0]).code(), Some(400), "peer taken");
    bench.bind(0x4fff, media[1]).expect_success();
    assert_eq!(bench.say(0x4000, b"a"), Some((media[0], b"a".to_vec())));
    assert_eq!(bench.say(0x4fff, b"b"), Some((media[1], b"b".to_vec())));
}

#[test]
fn a_permission_lasts_five_minutes() {
    let mut bench = Bench::allocated();
    bench.refresh(3600).expect_success();
    bench.permit(&[media()]).expect_success();
    bench.pass(299 * SECOND);
    assert!(bench.indicate(media(), b"hello").is_some() && bench.hear(media(), b"hello").is_some());
    bench.permit(&[media()]).expect_success();
    bench.pass(299 * SECOND);
    assert!(bench.indicate(media(), b"hello").is_some());
    bench.pass(SECOND);
    assert!(bench.indicate(media(), b"hello").is_none() && bench.hear(media(), b"hello").is_none());
}

#[test]
fn a_channel_lasts_ten_minutes_and_its_permission_five() {
    let mut bench = Bench::allocated();
    bench.refresh(3600).expect_success();
    bench.bind(0x4000, media()).expect_success();
    bench.pass(299 * SECOND);
    assert!(bench.hear(media(), b"hello").is_some());
    bench.pass(SECOND);
    assert!(bench.hear(media(), b"hello").is_none());
    bench.permit(&[media()]).expect_success();
    assert!(
        bench
            .hear(media(), b"hello")
            .is_some_and(|heard| heard[0] == 0x40)
    );
    bench.pass(299 * SECOND);
    assert!(bench.say(0x4000, b"hello").is_some());
    assert!(
        bench
            .hear(media(), b"hello")
            .is_some_and(|heard| heard[0] == 0x40)
    );
    bench.pass(SECOND);
    assert!(bench.say(0x4000, b"hello").is_none());
    bench.nonce = bench.refresh(3600).nonce().unwrap_or(bench.nonce);
    bench.permit(&[media()]).expect_success();
    assert!(
        bench
            .hear(media(), b"hello")
            .is_some_and(|heard| heard[0] == 0x00)
    );
    // What has expired is free for others.
    bench.bind(0x4001, media()).expect_success();
}

#[test]
fn permissions_and_channels_have_a_limit_and_what_expired_makes_room() {
    assert_eq!(PERMISSIONS_MAX, CHANNELS_MAX);
    let media: Vec<_> = (0..=PERMISSIONS_MAX)
        .map(|n| address(&format!("203.0.113.{n}:443")))
        .collect();
    let (last, others) = media.split_last().expect("there are some");
    let mut bench = Bench::with(config(&media), Transport::Udp);
    bench.challenge();
    bench.ask(ALLOCATE, &[(0x0019, UDP)]).expect_success();
    for (number, &peer) in (0x4000..).zip(others) {
        bench.bind(number, peer).expect_success();
    }
    assert_eq!(bench.bind(0x4f00, *last).code(), Some(508));
    assert_eq!(bench.permit(&[*last]).code(), Some(508));
    bench.permit(others).expect_success();
    bench.bind(0x4000, others[0]).expect_success();
    bench.refresh(3600).expect_success();
    bench.pass(300 * SECOND);
    bench.permit(&[*last]).expect_success();
    assert_eq!(bench.bind(0x4f00, *last).code(), Some(508));
    bench.pass(300 * SECOND);
    bench.bind(0x4f00, *last).expect_success();
}
