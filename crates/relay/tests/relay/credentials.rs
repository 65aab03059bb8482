//! Who may do what (RFC 8489 §9.2).

use std::time::Duration;

use relay::{Credentials, Reason, Secret, UNAUTHENTICATED_MAX};
use turn_client_proto::stun::types::{
    attribute::{AttributeStaticType as _, PasswordAlgorithms},
    message::IntegrityAlgorithm,
};

use crate::support::{ALLOCATE, BINDING, Bench, HOUR, REALM, UDP, media, secret};

const SECOND: Duration = Duration::from_secs(1);

fn allocate(bench: &mut Bench) -> Option<u16> {
    bench.ask(ALLOCATE, &[(0x0019, UDP)]).code()
}

#[test]
fn who_says_nothing_is_told_the_realm_and_a_nonce() {
    let mut bench = Bench::new();
    let request = bench.unsigned(ALLOCATE, &[(0x0019, UDP)]);
    let answer = bench.send(&request);
    assert_eq!(answer.code(), Some(401));
    assert_eq!(answer.realm().as_deref(), Some(REALM));
    assert!(answer.nonce().is_some());
    assert!(!answer.is_signed_for(&bench));
}

#[test]
fn a_challenge_is_of_little_use_to_who_forges_a_source() {
    let mut bench = Bench::new();
    let request = bench.unsigned(ALLOCATE, &[(0x0019, UDP)]);
    let answer = bench.send(&request).0.expect("an answer");
    assert!(answer.len() <= request.len() * 4, "{}", answer.len());
}

#[test]
fn wrong_expired_and_foreign_credentials_are_refused() {
    let now = Bench::new().now.since_epoch;
    let mint = |secret, participant, from, lifetime| {
        Credentials::mint(&secret, participant, from, lifetime)
    };
    let good = mint(secret(), "ida", now, HOUR);
    let wrong_password = Credentials {
        password: good.password.clone() + "x",
        ..good.clone()
    };
    let anothers_password = Credentials {
        password: mint(secret(), "ada", now, HOUR).password,
        ..good.clone()
    };
    let prolonged = Credentials {
        username: mint(secret(), "ida", now, 2 * HOUR).username,
        ..good.clone()
    };
    let expired = mint(secret(), "ida", now - HOUR, HOUR - SECOND);
    let foreign = mint(Secret::new([43; 32]), "ida", now, HOUR);
    let unminted = Credentials {
        username: "ida".into(),
        ..good.clone()
    };
    for credentials in [
        wrong_password,
        anothers_password,
        prolonged,
        expired,
        foreign,
        unminted,
    ] {
        let mut bench = Bench::new();
        bench.challenge();
        bench.credentials = credentials;
        assert_eq!(allocate(&mut bench), Some(401), "{:?}", bench.credentials);
        assert!(bench.asked.is_empty());
        bench.credentials = good.clone();
        assert_eq!(allocate(&mut bench), None);
    }
}

#[test]
fn another_realm_is_refused() {
    let mut bench = Bench::new();
    bench.challenge();
    bench.realm = "other.example".into();
    assert_eq!(allocate(&mut bench), Some(401));
    // Nor is it enough to name another and sign with ours.
    bench.realm = REALM.into();
    let attributes: &[(u16, &[u8])] = &[(0x0019, UDP), (0x0014, b"other.example")];
    assert_eq!(bench.ask(ALLOCATE, attributes).code(), Some(401));
}

#[test]
fn a_name_that_is_no_text_is_nobodys() {
    let mut bench = Bench::new();
    bench.challenge();
    let attributes: &[(u16, &[u8])] = &[(0x0019, UDP), (0x0006, &[0xff, 0xfe])];
    assert_eq!(bench.ask(ALLOCATE, attributes).code(), Some(401));
    let long = [b'1'; 509];
    let attributes: &[(u16, &[u8])] = &[(0x0019, UDP), (0x0006, &long)];
    assert_eq!(bench.ask(ALLOCATE, attributes).code(), Some(400));
}

#[test]
fn a_request_signed_by_nobody_in_particular_is_bad() {
    let mut bench = Bench::new();
    bench.challenge();
    let signed = bench.signed(ALLOCATE, &[(0x0019, UDP)]);
    for kind in [0x0006_u16, 0x0014, 0x0015] {
        let at = signed
            .windows(2)
            .position(|bytes| bytes == kind.to_be_bytes())
            .expect("it has the attribute");
        let mut without = signed.clone();
        // What is in its place may be passed over.
        without[at..at + 2].copy_from_slice(&[0xff, 0xf0]);
        assert_eq!(bench.send(&without).code(), Some(400), "{kind:#x}");
    }
}

#[test]
fn an_old_nonce_is_replaced_by_a_fresh_one() {
    let mut bench = Bench::allocated();
    assert_eq!(bench.refresh(3600).code(), None);
    bench.pass(600 * SECOND);
    assert_eq!(bench.refresh(3600).code(), None);
    bench.pass(SECOND);
    let answer = bench.refresh(3600);
    assert_eq!(answer.code(), Some(438));
    assert_eq!(answer.realm().as_deref(), Some(REALM));
    bench.nonce = answer.nonce().expect("a fresh one");
    assert_eq!(bench.refresh(3600).code(), None);
}

#[test]
fn a_nonce_of_another_client_or_of_nobody_is_stale() {
    for nonce in ["", "made up", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let mut bench = Bench::new();
        bench.nonce = nonce.into();
        assert_eq!(allocate(&mut bench), Some(438));
    }
}

#[test]
fn only_who_allocated_can_change_it() {
    let mut bench = Bench::allocated();
    let ida = bench.credentials.clone();
    bench.credentials = Credentials::mint(&secret(), "ada", bench.now.since_epoch, HOUR);
    assert_eq!(bench.refresh(0).code(), Some(441));
    assert_eq!(bench.permit(&[media()]).code(), Some(441));
    assert_eq!(bench.bind(0x4000, media()).code(), Some(441));
    bench.credentials.password.push('x');
    assert_eq!(bench.refresh(0).code(), Some(401));
    bench.credentials = ida;
    assert_eq!(bench.refresh(600).code(), None);
    assert!(bench.released.is_empty());
}

#[test]
fn a_call_may_last_longer_than_the_time_to_join_it() {
    let mut bench = Bench::allocated();
    bench.refresh(3600).expect_success();
    for _ in 0..3 {
        bench.pass(HOUR / 2);
        bench.nonce = bench.refresh(3600).nonce().unwrap_or_default();
        assert_eq!(bench.refresh(3600).code(), None);
    }
    // Not to allocate anew, though.
    assert_eq!(bench.refresh(0).code(), None);
    assert_eq!(allocate(&mut bench), Some(401));
}

#[test]
fn who_can_do_better_than_browsers_is_told_to_do_as_they_do() {
    let mut bench = Bench::new();
    bench.challenge();
    bench.algorithm = IntegrityAlgorithm::Sha256;
    let answer = bench.ask(ALLOCATE, &[(0x0019, UDP)]);
    assert_eq!(answer.code(), Some(401));
    assert!(!answer.message().has_attribute(PasswordAlgorithms::TYPE));
}

#[test]
fn what_follows_the_integrity_changes_nothing() {
    let mut bench = Bench::allocated();
    let mut request = bench.signed(4, &[]);
    // LIFETIME 0, behind what was signed.
    request.extend([0, 0x0d, 0, 4, 0, 0, 0, 0]);
    let length = u16::try_from(request.len() - 20).expect("a short message");
    request[2..4].copy_from_slice(&length.to_be_bytes());
    assert_eq!(bench.send(&request).lifetime(), Some(600));
    assert!(bench.released.is_empty());
}

#[test]
fn who_proves_nothing_again_and_again_is_closed() {
    for rubbish in [&b"rubbish"[..], &[0x40, 0, 0, 9], &[0x40, 0, 0, 0], &[]] {
        let mut bench = Bench::new();
        for _ in 1..UNAUTHENTICATED_MAX {
            assert_eq!(bench.send(rubbish).0, None);
            assert_eq!(bench.closed, None);
        }
        bench.send(rubbish);
        assert_eq!(bench.closed, Some(Reason::Unauthenticated));
    }
    let mut bench = Bench::new();
    for _ in 0..UNAUTHENTICATED_MAX {
        let request = bench.unsigned(BINDING, &[]);
        bench.send(&request).expect_success();
    }
    assert_eq!(bench.closed, Some(Reason::Unauthenticated));
    assert_eq!(bench.timeout, None);
}

#[test]
fn nobody_is_closed_by_messages_that_others_may_have_sent_in_its_name() {
    let mut bench = Bench::allocated();
    for _ in 0..UNAUTHENTICATED_MAX * 3 {
        bench.send(b"rubbish");
        let request = bench.unsigned(ALLOCATE, &[]);
        assert_eq!(bench.send(&request).code(), Some(401));
    }
    assert_eq!(bench.closed, None);
    assert_eq!(bench.refresh(600).code(), None);
}

#[test]
fn one_good_request_begins_the_count_anew() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        for _ in 2..UNAUTHENTICATED_MAX {
            bench.send(b"rubbish");
        }
        bench.challenge();
        assert_eq!(bench.refresh(600).code(), Some(437));
    }
    assert_eq!(bench.closed, None);
}
