//! What one client can make the relay do.

use std::time::Duration;

use relay::{Config, Output, Transport};

use crate::support::{ALLOCATE, Bench, UDP, config, media};

fn at(rate_bps_max: u64) -> Bench {
    let config = Config {
        rate_bps_max,
        ..config(&[media()])
    };
    let mut bench = Bench::with(config, Transport::Udp);
    bench.challenge();
    bench.ask(ALLOCATE, &[(0x0019, UDP)]).expect_success();
    bench.bind(0x4000, media()).expect_success();
    bench
}

#[test]
fn what_is_above_the_rate_is_dropped_and_counted_in_each_direction() {
    let mut bench = at(80_000);
    let payload = [0; 1000];
    let passed = (0..15)
        .filter(|_| bench.say(0x4000, &payload).is_some())
        .count();
    assert_eq!(passed, 10, "a second's worth at once");
    assert_eq!(bench.client.counters().dropped_rate_packets, 5);
    let passed = (0..15)
        .filter(|_| bench.hear(media(), &payload).is_some())
        .count();
    assert_eq!(passed, 10, "the other direction has its own");
    assert_eq!(bench.client.counters().dropped_rate_packets, 10);

    bench.pass(Duration::from_millis(100));
    assert!(bench.say(0x4000, &payload).is_some());
    assert!(bench.say(0x4000, &payload).is_none());
    assert!(bench.indicate(media(), &payload).is_none(), "by any way");
}

#[test]
fn requests_are_served_whatever_the_rate() {
    let mut bench = at(8_000);
    while bench.say(0x4000, &[0; 500]).is_some() {}
    assert_eq!(bench.refresh(600).lifetime(), Some(600));
    bench.bind(0x4000, media()).expect_success();
}

#[test]
fn malformed_messages_are_counted() {
    let mut bench = Bench::allocated();
    for rubbish in [
        &b""[..],
        b"\x16\x03\x01",
        &[0; 20],
        &[0x40, 0, 0, 1],
        &[200; 40],
    ] {
        bench.send(rubbish);
    }
    assert_eq!(bench.client.counters().malformed_messages, 5);
}

#[test]
fn nothing_is_left_to_say_after_the_end() {
    let mut bench = Bench::permitted();
    bench.client.end();
    bench.drain();
    assert_eq!(bench.released.len(), 1);
    assert_eq!(bench.hear(media(), b"hello"), None);
    assert_eq!(bench.indicate(media(), b"hello"), None);
    assert_eq!(bench.client.poll(), Output::Timeout { at: None });
}
