//! Allocate and Refresh (RFC 8656 §7 and §8), and Binding beside them.

use std::time::Duration;

use relay::{Family, Output, Reason, Refusal, Transport};
use turn_client_proto::stun::types::{attribute::Fingerprint, message::Message};

use crate::support::{ALLOCATE, BINDING, Bench, REFRESH, UDP, address, config, media, media_v6};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_good_request_is_given_what_the_host_hands_out() {
    let mut bench = Bench::new();
    bench.challenge();
    let answer = bench.ask(ALLOCATE, &[(0x0019, UDP)]);
    answer.expect_success();
    assert_eq!(answer.relayed(), [address("203.0.113.1:50001")]);
    assert_eq!(answer.mapped(), Some(address("198.51.100.7:4000")));
    assert_eq!(answer.lifetime(), Some(600));
    assert!(answer.is_signed_for(&bench));
    assert_eq!(bench.asked, [("ida".to_owned(), Family::V4)]);
    assert_eq!(bench.client.participant(), Some("ida"));
    assert_eq!(bench.timeout, Some(bench.now.instant + 600 * SECOND));
}

#[test]
fn a_lifetime_is_kept_between_ten_minutes_and_an_hour() {
    for (asked, granted) in [
        (0_u32, 600),
        (1, 600),
        (900, 900),
        (3600, 3600),
        (u32::MAX, 3600),
    ] {
        let mut bench = Bench::new();
        bench.challenge();
        let lifetime = asked.to_be_bytes();
        let answer = bench.ask(ALLOCATE, &[(0x0019, UDP), (0x000d, &lifetime)]);
        assert_eq!(answer.lifetime(), Some(granted), "asked for {asked}");
        if asked > 0 {
            assert_eq!(bench.refresh(asked).lifetime(), Some(granted));
        }
    }
}

#[test]
fn a_request_sent_twice_is_answered_twice_and_allocates_once() {
    let mut bench = Bench::new();
    bench.challenge();
    let request = bench.signed(ALLOCATE, &[(0x0019, UDP)]);
    let first = bench.send(&request);
    first.expect_success();
    assert_eq!(bench.send(&request).0, first.0);
    assert_eq!(bench.asked.len(), 1);
    assert_eq!(bench.ask(ALLOCATE, &[(0x0019, UDP)]).code(), Some(437));
}

#[test]
fn a_request_sent_again_while_the_host_thinks_is_answered_once() {
    let mut bench = Bench::new();
    bench.challenge();
    let request = bench.signed(ALLOCATE, &[(0x0019, UDP)]);
    for _ in 0..3 {
        assert_eq!(bench.client.handle(&request, bench.now), None);
    }
    let other = bench.signed(ALLOCATE, &[(0x0019, UDP)]);
    assert_eq!(bench.client.handle(&other, bench.now), None);
    assert!(matches!(bench.client.poll(), Output::Allocate { .. }));
    let refused = matches!(bench.client.poll(), Output::ToClient(_));
    assert!(refused, "another request meanwhile is a mismatch");
    let address = address("203.0.113.1:50009");
    bench.client.allocated(Ok(address), bench.now);
    assert_eq!(bench.drain().len(), 1);
    assert!(bench.client.relayed().eq([address]));
}

#[test]
fn only_udp_is_relayed() {
    let mut bench = Bench::new();
    bench.challenge();
    assert_eq!(
        bench.ask(ALLOCATE, &[(0x0019, &[6, 0, 0, 0])]).code(),
        Some(442)
    );
    assert_eq!(bench.ask(ALLOCATE, &[]).code(), Some(400));
    assert_eq!(bench.ask(ALLOCATE, &[(0x0019, &[17])]).code(), Some(400));
    let bad_lifetime = bench.ask(ALLOCATE, &[(0x0019, UDP), (0x000d, &[1, 2])]);
    assert_eq!(bad_lifetime.code(), Some(400));
    assert!(bench.asked.is_empty());
}

#[test]
fn a_family_without_media_is_refused() {
    let mut bench = Bench::new();
    bench.challenge();
    for (kind, number, code) in [
        (0x0017, 2, Some(440)),
        (0x0017, 9, Some(440)),
        (0x0017, 1, None),
    ] {
        let value = [number, 0, 0, 0];
        let answer = bench.ask(ALLOCATE, &[(0x0019, UDP), (kind, &value)]);
        assert_eq!(answer.code(), code, "family {number}");
    }
}

#[test]
fn where_media_has_only_one_family_that_is_given_to_who_asks_for_none() {
    let mut bench = Bench::with(config(&[media_v6()]), Transport::Udp);
    bench.challenge();
    let answer = bench.ask(ALLOCATE, &[(0x0019, UDP)]);
    assert_eq!(answer.relayed(), [address("[2001:db8::1]:50001")]);
}

#[test]
fn two_families_are_given_and_refused_separately() {
    let both = &[(0x0019, UDP), (0x8000, &[2, 0, 0, 0][..])];
    let mut bench = Bench::with(config(&[media(), media_v6()]), Transport::Udp);
    bench.challenge();
    let answer = bench.ask(ALLOCATE, both);
    let relayed = [address("203.0.113.1:50001"), address("[2001:db8::1]:50002")];
    assert_eq!(answer.relayed(), relayed);
    assert_eq!(answer.address_error(), None);

    // One of them ends, the other stays (RFC 8656 §8.2).
    let answer = bench.ask(REFRESH, &[(0x000d, &[0; 4]), (0x0017, &[1, 0, 0, 0])]);
    assert_eq!(answer.lifetime(), Some(0));
    assert_eq!(bench.released, relayed[..1]);
    assert!(bench.client.relayed().eq([relayed[1]]));
    assert_eq!(bench.permit(&[media()]).code(), Some(443));
    assert_eq!(bench.permit(&[media_v6()]).code(), None);
    let gone = bench.ask(REFRESH, &[(0x0017, &[1, 0, 0, 0])]);
    assert_eq!(gone.code(), Some(443));

    let mut bench = Bench::with(config(&[media(), media_v6()]), Transport::Udp);
    bench.challenge();
    bench.refusals = vec![Refusal::Capacity];
    let answer = bench.ask(ALLOCATE, both);
    assert_eq!(answer.relayed(), [address("[2001:db8::1]:50001")]);
    assert_eq!(answer.address_error(), Some(508));

    let mut bench = Bench::new();
    bench.challenge();
    let answer = bench.ask(ALLOCATE, both);
    assert_eq!(answer.relayed(), [address("203.0.113.1:50001")]);
    assert_eq!(answer.address_error(), Some(440));
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn what_contradicts_itself_is_a_bad_request() {
    let (v4, v6): (&[u8], &[u8]) = (&[1, 0, 0, 0], &[2, 0, 0, 0]);
    let (even, pair, token): (&[u8], &[u8], &[u8]) = (&[0], &[0x80], &[1; 8]);
    let mut bench = Bench::with(config(&[media(), media_v6()]), Transport::Udp);
    bench.challenge();
    for attributes in [
        &[(0x0017, v4), (0x8000, v6)][..],
        &[(0x8000, v4)],
        &[(0x0022, token), (0x0018, even)],
        &[(0x0022, token), (0x0017, v4)],
        &[(0x0022, token), (0x8000, v6)],
        &[(0x0018, pair), (0x8000, v6)],
        &[(0x0018, &[])],
        &[(0x0022, &[1])],
        &[(0x0017, &[1])],
    ] {
        let attributes = [&[(0x0019, UDP)], attributes].concat();
        let answer = bench.ask(ALLOCATE, &attributes);
        assert_eq!(answer.code(), Some(400), "{attributes:?}");
    }
}

#[test]
fn ports_are_neither_paired_nor_kept() {
    let mut bench = Bench::new();
    bench.challenge();
    for (kind, value) in [(0x0018, &[0][..]), (0x0018, &[0x80]), (0x0022, &[1; 8])] {
        let answer = bench.ask(ALLOCATE, &[(0x0019, UDP), (kind, value)]);
        assert_eq!(answer.code(), Some(508));
    }
}

#[test]
fn nothing_is_fragmented_so_dont_fragment_is_kept() {
    let mut bench = Bench::new();
    bench.challenge();
    let answer = bench.ask(ALLOCATE, &[(0x0019, UDP), (0x001a, &[])]);
    answer.expect_success();
}

#[test]
fn what_must_be_understood_and_is_not_is_named() {
    let mut bench = Bench::new();
    bench.challenge();
    // MOBILITY-TICKET may be passed over, ACCESS-TOKEN may not.
    let answer = bench.ask(ALLOCATE, &[(0x0019, UDP), (0x8030, &[]), (0x001b, &[1; 4])]);
    assert_eq!(answer.code(), Some(420));
    assert!(answer.is_unknown(0x001b) && !answer.is_unknown(0x8030));
    assert!(answer.is_signed_for(&bench));
}

#[test]
fn what_the_host_refuses_is_refused() {
    for (refusal, code) in [(Refusal::Quota, 486), (Refusal::Capacity, 508)] {
        let mut bench = Bench::new();
        bench.challenge();
        bench.refusals = vec![refusal];
        assert_eq!(bench.ask(ALLOCATE, &[(0x0019, UDP)]).code(), Some(code));
        // Nothing is left of it, so that it can be tried again.
        assert_eq!(bench.ask(ALLOCATE, &[(0x0019, UDP)]).code(), None);
    }
}

#[test]
fn an_address_that_comes_too_late_is_released() {
    let mut bench = Bench::new();
    bench.challenge();
    let request = bench.signed(ALLOCATE, &[(0x0019, UDP)]);
    bench.client.handle(&request, bench.now);
    bench.client.end();
    let address = address("203.0.113.1:50009");
    bench.client.allocated(Ok(address), bench.now);
    while !matches!(bench.client.poll(), Output::Release(released) if released == address) {}
    assert_eq!(bench.client.poll(), Output::Timeout { at: None });
}

#[test]
fn an_allocation_lasts_as_long_as_it_is_refreshed() {
    let mut bench = Bench::allocated();
    for _ in 0..20 {
        bench.pass(500 * SECOND);
        let answer = bench.refresh(600);
        if answer.code() == Some(438) {
            bench.nonce = answer.nonce().expect("a fresh one");
            assert_eq!(bench.refresh(600).lifetime(), Some(600));
        }
    }
    assert!(bench.released.is_empty());
    bench.pass(599 * SECOND);
    assert_eq!(bench.client.relayed().count(), 1);
    bench.pass(SECOND);
    assert_eq!(bench.released, [address("203.0.113.1:50001")]);
    assert_eq!(bench.client.participant(), None);
}

#[test]
fn a_deleted_allocation_is_released_at_once_and_only_once() {
    let mut bench = Bench::allocated();
    assert_eq!(bench.refresh(0).lifetime(), Some(0));
    assert_eq!(bench.released.len(), 1);
    assert_eq!(bench.refresh(0).code(), Some(437));
    assert_eq!(bench.ask(ALLOCATE, &[(0x0019, UDP)]).code(), None);
    bench.client.end();
    bench.client.end();
    bench.drain();
    assert_eq!(bench.released.len(), 2);
}

#[test]
fn without_an_allocation_there_is_nothing_to_change() {
    let mut bench = Bench::new();
    bench.challenge();
    assert_eq!(bench.refresh(600).code(), Some(437));
    assert_eq!(bench.permit(&[media()]).code(), Some(437));
    assert_eq!(bench.bind(0x4000, media()).code(), Some(437));
}

#[test]
fn who_has_had_time_for_an_allocation_is_closed() {
    let mut bench = Bench::new();
    bench.pass(59 * SECOND);
    assert_eq!(bench.closed, None);
    bench.pass(SECOND);
    assert_eq!(bench.closed, Some(Reason::Idle));
    let request = bench.unsigned(BINDING, &[]);
    assert_eq!(bench.send(&request).0, None);

    let mut bench = Bench::allocated();
    bench.pass(600 * SECOND);
    assert_eq!(bench.closed, None);
    bench.pass(60 * SECOND);
    assert_eq!(bench.closed, Some(Reason::Idle));
}

#[test]
fn binding_tells_the_client_its_address_on_any_transport() {
    for transport in [Transport::Udp, Transport::Stream] {
        let mut bench = Bench::with(config(&[media()]), transport);
        let request = bench.unsigned(BINDING, &[]);
        let answer = bench.send(&request);
        answer.expect_success();
        assert_eq!(answer.mapped(), Some(address("198.51.100.7:4000")));
        let request = bench.unsigned(BINDING, &[(0x0003, &[0; 4])]);
        assert_eq!(bench.send(&request).code(), Some(420));
    }
}

#[test]
fn an_answer_has_a_fingerprint_where_the_request_had_one() {
    for has_fingerprint in [false, true] {
        let mut bench = Bench::allocated();
        bench.has_fingerprint = has_fingerprint;
        for answer in [bench.refresh(600), bench.permit(&[address("127.0.0.1:1")])] {
            let bytes = answer.0.expect("an answer");
            let message = Message::from_bytes(&bytes).expect("a message");
            assert_eq!(message.attribute::<Fingerprint>().is_ok(), has_fingerprint);
        }
    }
}
