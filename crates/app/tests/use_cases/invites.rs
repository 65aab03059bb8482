use std::net::{IpAddr, Ipv4Addr};

use app::{
    Caller, Config,
    invites::{self, InviteError, InviteKey, Redeem, RedeemError},
    participants, policies,
    sessions::{self, CreatedSession},
};
use domain::{
    InviteToken, JoinCode, ParticipantRole, Person, PolicyLayer, PolicyLevel, PolicyName,
    PolicyValue, UserRole,
};
use time::Duration;

use crate::stage::{ADDRESS, Stage, config, joined, left};

fn guest(key: InviteKey, name: &str) -> Redeem {
    Redeem {
        key,
        name: Some(name.to_owned()),
        role: ParticipantRole::Assisted,
        address: ADDRESS,
        idempotency_key: None,
        seats: Vec::new(),
    }
}

fn code(text: &str) -> InviteKey {
    InviteKey::Code(text.parse().expect("nine digits"))
}

/// Codes that no session of a test has.
fn wrong_codes(skip: JoinCode) -> impl Iterator<Item = InviteKey> {
    (0..)
        .map(|number: u32| format!("{number:09}").parse().expect("nine digits"))
        .filter(move |code| *code != skip)
        .map(InviteKey::Code)
}

fn address(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0xc612_0000 + number))
}

#[tokio::test]
async fn a_guest_joins_by_code_or_link_with_only_a_name() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let invite = created.session.invite.expect("its creator may invite");
    for key in [InviteKey::Code(invite.code), InviteKey::Token(invite.token)] {
        let preview = invites::look_up(&stage.app, None, key, ADDRESS).await;
        let preview = preview.expect("it works");
        assert_eq!(preview.session_id, created.session.session.id);
        assert_eq!(preview.organisation_name.as_str(), "Acme");
        assert_eq!(preview.invited_by, Some(owner.user.name.clone()));

        let redeemed = invites::redeem(&stage.app, None, guest(key, "Gustav")).await;
        let redeemed = redeemed.expect("it works");
        assert!(matches!(redeemed.participant.person, Person::Guest { .. }));
        let seat = stage.seat(&redeemed).await.expect("the seat is good");
        assert_eq!(seat.participant_id, redeemed.participant.id);
    }
}

#[tokio::test]
async fn a_seat_is_good_for_its_own_session_and_a_week() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let other = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let token = guest
        .seat
        .as_ref()
        .expect("a guest gets a seat")
        .token
        .expose();
    let elsewhere = app::seats::authenticate(&stage.app, other.session.session.id, &token).await;
    assert_eq!(elsewhere.expect("it answers"), None);
    stage.clock.advance(Duration::days(7));
    assert_eq!(stage.seat(&guest).await, None);
}

#[tokio::test]
async fn a_guest_needs_a_name() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let key = InviteKey::Code(created.session.invite.expect("a code").code);
    for name in [Some(String::new()), Some("x".repeat(81)), None] {
        let request = Redeem {
            name,
            ..guest(key, "")
        };
        let refused = invites::redeem(&stage.app, None, request).await;
        assert!(
            matches!(refused, Err(RedeemError::InvalidInput(_))),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_user_joins_with_their_account_and_has_one_place() {
    let (stage, owner) = Stage::new().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let created = stage.create_session(&owner).await;
    let key = InviteKey::Code(created.session.invite.expect("a code").code);
    let request = Redeem {
        name: None,
        ..guest(key, "")
    };
    let first = invites::redeem(&stage.app, Some(&member), request.clone()).await;
    let first = first.expect("it works");
    assert_eq!(first.participant.person.user_id(), Some(member.user.id));
    assert_eq!(first.seat, None);
    let again = invites::redeem(&stage.app, Some(&member), request)
        .await
        .expect("it works");
    assert_eq!(again, first);
}

#[tokio::test]
async fn wrong_expired_ended_and_renewed_invites_say_so() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let invite = created.session.invite.expect("a code");
    let keys = [InviteKey::Code(invite.code), InviteKey::Token(invite.token)];
    let look_up = async |key| invites::look_up(&stage.app, None, key, ADDRESS).await;

    let unknown = InviteKey::Token(InviteToken::from_random([9; 16]));
    for key in [code("000000000"), unknown] {
        let refused = look_up(key).await;
        assert!(matches!(refused, Err(InviteError::NotFound)), "{refused:?}");
    }
    sessions::end(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    for key in keys {
        let refused = look_up(key).await;
        assert!(
            matches!(refused, Err(InviteError::SessionEnded)),
            "{refused:?}"
        );
    }
    sessions::reopen(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    stage.clock.advance(Duration::days(7));
    for key in keys {
        let refused = look_up(key).await;
        assert!(matches!(refused, Err(InviteError::Expired)), "{refused:?}");
    }
    sessions::renew_invite(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    for key in keys {
        let refused = look_up(key).await;
        assert!(matches!(refused, Err(InviteError::NotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn guests_stay_out_where_they_are_not_allowed_and_users_come_in() {
    let (stage, owner) = Stage::new().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let created = stage.create_session(&owner).await;
    let key = InviteKey::Token(created.session.invite.expect("a code").token);
    let off = Some(PolicyValue::Switch(false));
    policies::set(&stage.app, &owner, PolicyName::SessionsGuests, off)
        .await
        .expect("it is allowed");
    let refused = invites::redeem(&stage.app, None, guest(key, "Gustav")).await;
    assert!(
        matches!(
            refused,
            Err(RedeemError::Invite(InviteError::GuestsNotAllowed))
        ),
        "{refused:?}"
    );
    let foreigner = stage.foreigner().await;
    let refused = invites::look_up(&stage.app, Some(&foreigner), key, ADDRESS).await;
    assert!(
        matches!(refused, Err(InviteError::GuestsNotAllowed)),
        "{refused:?}"
    );
    assert!(
        invites::look_up(&stage.app, Some(&member), key, ADDRESS)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_user_of_another_organisation_comes_as_a_guest() {
    let (stage, owner) = Stage::new().await;
    let foreigner = stage.foreigner().await;
    let created = stage.create_session(&owner).await;
    let key = InviteKey::Token(created.session.invite.expect("a code").token);
    let redeemed = invites::redeem(&stage.app, Some(&foreigner), guest(key, "Felix")).await;
    let redeemed = redeemed.expect("it works");
    assert_eq!(redeemed.participant.person.user_id(), None);
    assert!(redeemed.seat.is_some());
}

#[tokio::test]
async fn guessing_codes_from_one_address_is_slowed_down() {
    let (stage, owner) = Stage::new().await;
    let invite = stage
        .create_session(&owner)
        .await
        .session
        .invite
        .expect("a code");
    let mut wrong = wrong_codes(invite.code);
    let mut tries = 0;
    let retry_after = loop {
        let key = wrong.next().expect("there are many");
        match invites::look_up(&stage.app, None, key, ADDRESS).await {
            Err(InviteError::NotFound) => tries += 1,
            Err(InviteError::TooManyAttempts { retry_after }) => break retry_after,
            other => panic!("a wrong code was answered with {other:?}"),
        }
    };
    assert!(tries <= 20, "{tries} codes could be tried");
    let right = InviteKey::Code(invite.code);
    let refused = invites::look_up(&stage.app, None, right, ADDRESS).await;
    assert!(
        matches!(refused, Err(InviteError::TooManyAttempts { .. })),
        "{refused:?}"
    );
    assert!(
        invites::look_up(&stage.app, None, right, address(1))
            .await
            .is_ok()
    );

    stage
        .clock
        .advance(retry_after.try_into().expect("a short time"));
    assert!(
        invites::look_up(&stage.app, None, right, ADDRESS)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn ten_thousand_wrong_codes_from_everywhere_find_nothing_and_lock_nobody_out() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let invite = created.session.invite.expect("a code");
    let mut answered = 0;
    for (number, key) in (0..10_000).zip(wrong_codes(invite.code)) {
        match invites::look_up(&stage.app, None, key, address(number)).await {
            Err(InviteError::NotFound) => answered += 1,
            Err(InviteError::TooManyAttempts { .. }) => {}
            other => panic!("a wrong code was answered with {other:?}"),
        }
    }
    let sites = 10_000 / 256 + 1;
    assert!(
        answered <= 600 + 9 * sites,
        "{answered} codes could be tried"
    );
    let by_code = InviteKey::Code(invite.code);
    let at_the_attackers_site = invites::look_up(&stage.app, None, by_code, address(9_999)).await;
    assert!(
        matches!(
            at_the_attackers_site,
            Err(InviteError::TooManyAttempts { .. })
        ),
        "{at_the_attackers_site:?}"
    );
    // A guest elsewhere mistypes twice and comes in, and so do those behind the same router.
    let elsewhere = address(20_000);
    for mistyped in wrong_codes(invite.code).take(2) {
        let refused = invites::look_up(&stage.app, None, mistyped, elsewhere).await;
        assert!(matches!(refused, Err(InviteError::NotFound)), "{refused:?}");
    }
    for _ in 0..10 {
        let found = invites::look_up(&stage.app, None, by_code, elsewhere).await;
        assert!(found.is_ok(), "{found:?}");
    }
    let by_link = InviteKey::Token(invite.token);
    assert!(
        invites::redeem(&stage.app, None, guest(by_link, "Gustav"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn whoever_has_all_networks_of_a_site_keeps_nobody_elses_right_code_out() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let invite = created.session.invite.expect("a code");
    let network = |site, network| IpAddr::from([0x2001, 0xdb8, site, network, 0, 0, 0, 1]);
    let mut answered = 0;
    for (number, key) in (0..12_000).zip(wrong_codes(invite.code)) {
        match invites::look_up(&stage.app, None, key, network(1, number)).await {
            Err(InviteError::NotFound) => answered += 1,
            Err(InviteError::TooManyAttempts { .. }) => {}
            other => panic!("a wrong code was answered with {other:?}"),
        }
        // Wrong links have a memory of their own.
        let link = InviteKey::of_token("cut off");
        let refused = invites::look_up(&stage.app, None, link, network(1, number)).await;
        assert!(refused.is_err());
    }
    assert!(answered <= 609, "{answered} codes could be tried");
    let by_code = InviteKey::Code(invite.code);
    for innocent in (2..200).map(|site| network(site, 0)) {
        for mistyped in wrong_codes(invite.code).take(2) {
            let refused = invites::look_up(&stage.app, None, mistyped, innocent).await;
            assert!(matches!(refused, Err(InviteError::NotFound)), "{refused:?}");
        }
        for _ in 0..5 {
            let found = invites::look_up(&stage.app, None, by_code, innocent).await;
            assert!(found.is_ok(), "{found:?}");
        }
    }
}

#[tokio::test]
async fn who_guesses_locks_neither_other_sites_nor_the_neighbours_out() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let invite = created.session.invite.expect("a code");
    let mut wrong = wrong_codes(invite.code);
    for site in 0..40 {
        for _ in 0..19 {
            let key = wrong.next().expect("there are many");
            let refused = invites::look_up(&stage.app, None, key, address(site * 256)).await;
            assert!(refused.is_err());
        }
    }
    let right = InviteKey::Code(invite.code);
    let guesser = invites::look_up(&stage.app, None, right, address(39 * 256)).await;
    assert!(
        matches!(guesser, Err(InviteError::TooManyAttempts { .. })),
        "{guesser:?}"
    );
    for honest in [address(39 * 256 + 1), address(50 * 256)] {
        let found = invites::look_up(&stage.app, None, right, honest).await;
        assert!(found.is_ok(), "{found:?}");
    }
}

#[tokio::test]
async fn wrong_links_are_slowed_down_and_right_ones_never() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let invite = created.session.invite.expect("a code");
    let mut tries = 0;
    for number in 0..200 {
        let wrong = match number % 2 {
            0 => InviteKey::Token(InviteToken::from_random([number; 16])),
            _ => InviteKey::of_token("cut off"),
        };
        match invites::look_up(&stage.app, None, wrong, ADDRESS).await {
            Err(InviteError::NotFound) => tries += 1,
            Err(InviteError::TooManyAttempts { .. }) => {}
            other => panic!("a wrong link was answered with {other:?}"),
        }
    }
    assert!(tries <= 60, "{tries} links could be tried");
    for key in [InviteKey::Token(invite.token), InviteKey::Code(invite.code)] {
        let found = invites::look_up(&stage.app, None, key, ADDRESS).await;
        assert!(found.is_ok(), "{found:?}");
    }
}

#[tokio::test]
async fn right_codes_cost_nothing() {
    let (stage, owner) = Stage::new().await;
    let invite = stage
        .create_session(&owner)
        .await
        .session
        .invite
        .expect("a code");
    for _ in 0..40 {
        let key = InviteKey::Code(invite.code);
        assert!(
            invites::look_up(&stage.app, None, key, ADDRESS)
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn the_operators_word_about_guests_counts_for_every_session() {
    let policies = PolicyLayer::parse(
        PolicyLevel::Installation,
        [("sessions.guests", PolicyValue::Switch(false))],
    );
    let stage = Stage::with(Config {
        policies: policies.expect("a fine layer"),
        ..config()
    })
    .await;
    let owner = stage.set_up().await;
    let created = stage.create_session(&owner).await;
    let key = InviteKey::Token(created.session.invite.expect("a code").token);
    let refused = invites::look_up(&stage.app, None, key, ADDRESS).await;
    assert!(
        matches!(refused, Err(InviteError::GuestsNotAllowed)),
        "{refused:?}"
    );
}

fn repeatable(key: InviteKey, name: &str, idempotency_key: &str) -> Redeem {
    Redeem {
        idempotency_key: Some(idempotency_key.to_owned()),
        ..guest(key, name)
    }
}

#[tokio::test]
async fn a_guest_who_asks_twice_with_one_key_has_one_place_and_a_seat_that_is_good() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let key = InviteKey::Token(created.session.invite.expect("a code").token);
    let ask = async |name, key_of_request| {
        let request = repeatable(key, name, key_of_request);
        invites::redeem(&stage.app, None, request).await
    };
    let first = ask("Gustav", "0123456789abcdef").await.expect("it works");
    let again = ask("Gustav", "0123456789abcdef").await.expect("it works");
    assert_eq!(again.participant.id, first.participant.id);
    for redeemed in [&first, &again] {
        let seat = stage.seat(redeemed).await.expect("the seat is good");
        assert_eq!(seat.participant_id, first.participant.id);
    }
    let other = ask("Gustav", "fedcba9876543210").await.expect("it works");
    assert_ne!(other.participant.id, first.participant.id);

    let another_name = ask("Gerda", "0123456789abcdef").await;
    assert!(
        matches!(another_name, Err(RedeemError::IdempotencyKeyReused)),
        "{another_name:?}"
    );
    let (caller, id) = (Caller::User(owner), first.participant.id);
    participants::remove(&stage.app, &caller, first.session_id, id)
        .await
        .expect("it is allowed");
    let removed = ask("Gustav", "0123456789abcdef").await;
    assert!(
        matches!(removed, Err(RedeemError::IdempotencyKeyReused)),
        "{removed:?}"
    );
}

#[tokio::test]
async fn a_browser_that_has_a_seat_keeps_its_place_and_role_however_often_it_comes() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let other = stage.create_session(&owner).await;
    let first = stage.join(&created, "Gustav").await;
    let elsewhere = stage.join(&other, "Gustav").await;
    let (session, id) = (first.session_id, first.participant.id);
    let token = |redeemed: &invites::Redeemed| {
        let seat = redeemed.seat.as_ref().expect("a guest gets a seat");
        seat.token.expose()
    };
    let host = Caller::User(owner);
    participants::change_role(&stage.app, &host, session, id, ParticipantRole::Observer)
        .await
        .expect("it is allowed");
    let key = InviteKey::Token(created.session.invite.expect("a code").token);
    let again = async || {
        let request = Redeem {
            seats: vec!["cut off".to_owned(), token(&elsewhere), token(&first)],
            ..guest(key, "Gerda")
        };
        let redeemed = invites::redeem(&stage.app, None, request).await;
        redeemed.expect("the link works")
    };
    let kept = again().await;
    assert_eq!(kept.participant.id, id);
    assert_eq!(kept.participant.role, ParticipantRole::Observer);
    assert_eq!(kept.seat, first.seat);

    participants::remove(&stage.app, &host, session, id)
        .await
        .expect("it is allowed");
    assert_ne!(again().await.participant.id, id);
}

#[tokio::test]
async fn repeating_a_request_makes_no_seats_without_end() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let key = InviteKey::Token(created.session.invite.expect("a code").token);
    let mut seats = 0;
    for _ in 0..200 {
        let request = repeatable(key, "Gustav", "0123456789abcdef");
        match invites::redeem(&stage.app, None, request).await {
            Ok(_) => seats += 1,
            Err(RedeemError::Invite(InviteError::TooManyAttempts { .. })) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!((2..100).contains(&seats), "{seats}");
}

#[tokio::test]
async fn a_link_takes_so_many_who_do_not_come_and_a_new_one_is_the_way_out() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let honest = stage.join(&created, "Gustav").await;
    let (key, session) = (honest.participant.id, honest.session_id);
    stage.hear([joined(session, key, "stay 1")]).await;
    let mut strangers = Vec::new();
    let refused = loop {
        let key = InviteKey::Token(created.session.invite.as_ref().expect("a code").token);
        match invites::redeem(&stage.app, None, guest(key, "Stranger")).await {
            Ok(redeemed) => strangers.push(redeemed),
            Err(refused) => break refused,
        }
        assert!(strangers.len() <= 100, "there is no end to it");
    };
    assert!(matches!(refused, RedeemError::UsedUp), "{refused:?}");
    assert!(strangers.len() >= 50, "{}", strangers.len());

    let view = sessions::renew_invite(&stage.app, &owner, id).await;
    let renewed = CreatedSession {
        session: view.expect("it is allowed"),
        ..created
    };
    assert_eq!(stage.seat(&strangers[0]).await, None);
    assert!(stage.seat(&honest).await.is_some());
    stage.join(&renewed, "Gerda").await;
}

#[tokio::test]
async fn a_link_takes_only_so_many_who_come_and_go() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let key = InviteKey::Token(created.session.invite.expect("a code").token);
    let mut count = 0;
    let refused = loop {
        match invites::redeem(&stage.app, None, guest(key, "Guest")).await {
            Ok(come) => {
                let (session, id) = (come.session_id, come.participant.id);
                let stay = format!("stay {count}");
                let gone = left(session, id, &stay, rtc::LeaveReason::Left);
                stage.hear([joined(session, id, &stay), gone]).await;
                count += 1;
            }
            Err(refused) => break refused,
        }
        assert!(count <= 500, "there is no end to it");
    };
    assert!(matches!(refused, RedeemError::UsedUp), "{refused:?}");
    assert_eq!(count, 300);
}
