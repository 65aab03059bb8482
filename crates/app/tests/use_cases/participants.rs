use app::{
    Caller, Config, SignedIn,
    invites::RedeemError,
    participants::{
        self, AdmitError, ChangeRoleError, MeError, MintError, ReadmitError, RemoveError,
        TakeSeatError,
    },
    policies, sessions,
    users::{self, ChangeUser},
};
use domain::{
    Activation, EventData, ParticipantId, ParticipantRole, PathMode, PolicyName, PolicyValue,
    SessionId, UserRole,
};
use time::Duration;

use crate::{
    doubles::Order,
    stage::{Stage, config, joined, left},
};

#[tokio::test]
async fn a_token_opens_one_room_for_one_participant_for_ten_minutes() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let caller = stage.guest_caller(&guest).await;
    let access =
        participants::mint_rtc_token(&stage.app, &caller, guest.session_id, PathMode::Automatic)
            .await;
    let access = access.expect("the guest has a seat");
    assert_eq!(
        access.expires_at - created.session.session.created_at,
        Duration::minutes(10)
    );
    let grant = stage.rtc.last_grant();
    assert_eq!(grant.room, guest.session_id.to_string());
    assert_eq!(grant.identity, guest.participant.id.to_string());
    // It travels in addresses, which proxies log.
    assert_eq!(grant.name, "");
    assert!(grant.can_publish && grant.can_publish_data);
}

#[tokio::test]
async fn an_observer_publishes_nothing() {
    let (stage, owner) = Stage::new().await;
    let id = stage.create_session(&owner).await.session.session.id;
    let place = participants::take_seat(&stage.app, &owner, id, ParticipantRole::Observer).await;
    assert_eq!(place.expect("it is open").role, ParticipantRole::Observer);
    let caller = Caller::User(owner);
    participants::mint_rtc_token(&stage.app, &caller, id, PathMode::Automatic)
        .await
        .expect("they have a place");
    let grant = stage.rtc.last_grant();
    assert!(!grant.can_publish && !grant.can_publish_data);
}

#[tokio::test]
async fn a_full_session_lets_nobody_else_in_but_those_who_are_in() {
    let (stage, owner) = small().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let (first, second) = (
        stage.join(&created, "Ann").await,
        stage.join(&created, "Ben").await,
    );
    stage
        .hear([
            joined(id, created.participant.id, "stay 1"),
            joined(id, first.participant.id, "stay 2"),
            joined(id, second.participant.id, "stay 3"),
        ])
        .await;
    let third = stage.join(&created, "Cleo").await;
    let caller = stage.guest_caller(&third).await;
    let refused = participants::mint_rtc_token(&stage.app, &caller, id, PathMode::Automatic).await;
    assert!(
        matches!(refused, Err(MintError::SessionFull)),
        "{refused:?}"
    );
    let caller = stage.guest_caller(&first).await;
    participants::mint_rtc_token(&stage.app, &caller, id, PathMode::Automatic)
        .await
        .expect("they come back");
}

#[tokio::test]
async fn the_last_place_is_kept_for_whoever_runs_the_session_until_they_are_in() {
    let (stage, owner) = small().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let mint = async |caller: &Caller| {
        participants::mint_rtc_token(&stage.app, caller, id, PathMode::Automatic).await
    };
    let mut guests = Vec::new();
    for name in ["Ann", "Ben", "Cleo"] {
        let guest = stage.join(&created, name).await;
        guests.push(stage.guest_caller(&guest).await);
    }
    for guest in &guests[..2] {
        mint(guest).await.expect("there is room");
    }
    // A member who does not run it is one of the crowd.
    let role = ParticipantRole::Assisted;
    stage.redeem(&created, &member, role).await;
    for late in [&guests[2], &Caller::User(member.clone())] {
        let refused = mint(late).await;
        assert!(
            matches!(refused, Err(MintError::SessionFull)),
            "{refused:?}"
        );
    }
    mint(&Caller::User(owner.clone()))
        .await
        .expect("the place is kept");

    // With somebody who runs it on their way, all other places are for everybody.
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let mint = async |caller: &Caller| {
        participants::mint_rtc_token(&stage.app, caller, id, PathMode::Automatic).await
    };
    mint(&Caller::User(owner)).await.expect("it is empty");
    for name in ["Ann", "Ben"] {
        let guest = stage.join(&created, name).await;
        let guest = stage.guest_caller(&guest).await;
        mint(&guest).await.expect("there is room");
    }
}

#[tokio::test]
async fn who_was_removed_takes_no_place_whatever_was_reserved_for_them() {
    let (stage, owner) = small().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let host = Caller::User(owner);
    for name in ["Ann", "Ben"] {
        let guest = stage.join(&created, name).await;
        let caller = stage.guest_caller(&guest).await;
        participants::mint_rtc_token(&stage.app, &caller, id, PathMode::Automatic)
            .await
            .expect("there is room");
        participants::remove(&stage.app, &host, id, guest.participant.id)
            .await
            .expect("it is allowed");
    }
    let guest = stage.join(&created, "Cleo").await;
    let caller = stage.guest_caller(&guest).await;
    participants::mint_rtc_token(&stage.app, &caller, id, PathMode::Automatic)
        .await
        .expect("there is room again");
}

#[tokio::test]
async fn of_many_who_ask_at_once_only_as_many_get_in_as_there_are_places() {
    let (stage, owner) = small().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let mut guests = Vec::new();
    for number in 0..20 {
        let guest = stage.join(&created, &format!("Guest {number}")).await;
        guests.push(stage.guest_caller(&guest).await);
    }
    let asked = guests.into_iter().map(|guest| {
        let app = stage.app.clone();
        tokio::spawn(async move {
            participants::mint_rtc_token(&app, &guest, id, PathMode::Automatic).await
        })
    });
    let (mut admitted, mut refused) = (0, 0);
    for answer in asked.collect::<Vec<_>>() {
        match answer.await.expect("it does not panic") {
            Ok(_) => admitted += 1,
            Err(MintError::SessionFull) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((admitted, refused), (2, 18));
}

#[tokio::test]
async fn a_place_is_kept_for_who_is_on_their_way_but_not_for_ever() {
    let (stage, owner) = small().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let mint = async |caller: &Caller| {
        participants::mint_rtc_token(&stage.app, caller, id, PathMode::Automatic).await
    };
    let (first, second, third) = (
        stage.join(&created, "Ann").await,
        stage.join(&created, "Ben").await,
        stage.join(&created, "Cleo").await,
    );
    for guest in [&first, &second] {
        let caller = stage.guest_caller(guest).await;
        mint(&caller).await.expect("there is room");
        mint(&caller).await.expect("asking again takes no more");
    }
    let third = stage.guest_caller(&third).await;
    assert!(matches!(mint(&third).await, Err(MintError::SessionFull)));

    // One comes and goes, which makes room at once; the other never comes.
    let (place, stay) = (first.participant.id, "stay 1");
    stage
        .hear([
            joined(id, place, stay),
            left(id, place, stay, rtc::LeaveReason::Left),
        ])
        .await;
    mint(&third).await.expect("there is room");
    let first = stage.guest_caller(&first).await;
    assert!(matches!(mint(&first).await, Err(MintError::SessionFull)));
    stage.clock.advance(Duration::seconds(30));
    mint(&first).await.expect("nobody has come");
}

#[tokio::test]
async fn who_comes_with_an_old_token_into_a_full_room_is_sent_out() {
    let (stage, owner) = small().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let mut places = Vec::new();
    for name in ["Ann", "Ben", "Cleo"] {
        places.push(stage.join(&created, name).await.participant.id);
    }
    stage
        .hear([
            joined(id, places[0], "stay 1"),
            joined(id, places[1], "stay 2"),
            joined(id, places[2], "stay 3"),
            // The last place is theirs.
            joined(id, created.participant.id, "stay 4"),
        ])
        .await;
    stage.app.stop().await;
    assert_eq!(
        stage.rtc.orders(),
        [Order::Remove {
            room: id.to_string(),
            identity: places[2].to_string()
        }]
    );
}

/// An installation with room in a session for two and who runs it.
async fn small() -> (Stage, SignedIn) {
    let stage = Stage::with(Config {
        participants_max: 3,
        ..config()
    })
    .await;
    let owner = stage.set_up().await;
    (stage, owner)
}

#[tokio::test]
async fn no_token_without_an_open_session_and_a_place() {
    let (stage, owner) = Stage::new().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let refused =
        participants::mint_rtc_token(&stage.app, &Caller::User(expert), id, PathMode::Automatic)
            .await;
    assert!(matches!(refused, Err(MintError::SeatNeeded)), "{refused:?}");
    sessions::end(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    let refused =
        participants::mint_rtc_token(&stage.app, &Caller::User(owner), id, PathMode::Automatic)
            .await;
    assert!(
        matches!(refused, Err(MintError::SessionEnded)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn guests_who_are_not_allowed_any_more_get_no_token() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let off = Some(PolicyValue::Switch(false));
    policies::set(&stage.app, &owner, PolicyName::SessionsGuests, off)
        .await
        .expect("it is allowed");
    let caller = stage.guest_caller(&guest).await;
    let refused =
        participants::mint_rtc_token(&stage.app, &caller, guest.session_id, PathMode::Automatic)
            .await;
    assert!(
        matches!(refused, Err(MintError::GuestsNotAllowed)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_removed_guest_loses_the_seat_and_is_sent_out() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let (id, place) = (guest.session_id, guest.participant.id);
    let caller = stage.guest_caller(&guest).await;
    participants::remove(&stage.app, &Caller::User(owner), id, place)
        .await
        .expect("it is allowed");
    assert_eq!(stage.seat(&guest).await, None);
    // A request that was let through just before finds no place either.
    let refused = participants::me(&stage.app, &caller, id).await;
    assert!(matches!(refused, Err(MeError::SeatNeeded)), "{refused:?}");
    stage.app.stop().await;
    assert_eq!(
        stage.rtc.orders(),
        [Order::Remove {
            room: id.to_string(),
            identity: place.to_string()
        }]
    );
}

#[tokio::test]
async fn a_removed_member_does_not_come_back_by_themselves() {
    let (stage, owner) = Stage::new().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let created = stage.create_session(&member).await;
    let id = created.session.session.id;
    let request = app::invites::Redeem {
        key: app::invites::InviteKey::Code(created.session.invite.expect("a code").code),
        name: None,
        role: ParticipantRole::Observer,
        address: crate::stage::ADDRESS,
        idempotency_key: None,
        seats: Vec::new(),
    };
    let other = stage.add(&owner, "Max Member", UserRole::Member).await;
    let place = app::invites::redeem(&stage.app, Some(&other), request.clone()).await;
    let place = place.expect("the code works").participant.id;
    participants::remove(&stage.app, &Caller::User(member.clone()), id, place)
        .await
        .expect("it is their session");
    let (app, observer) = (&stage.app, ParticipantRole::Observer);
    let refused = participants::take_seat(app, &other, id, observer).await;
    assert!(
        matches!(refused, Err(TakeSeatError::Removed)),
        "{refused:?}"
    );
    let refused = app::invites::redeem(app, Some(&other), request).await;
    assert!(matches!(refused, Err(RedeemError::Removed)), "{refused:?}");
    let themselves = Caller::User(other.clone());
    let refused = participants::readmit(app, &themselves, id, place).await;
    assert!(
        matches!(refused, Err(ReadmitError::NotAllowed)),
        "{refused:?}"
    );

    let readmitted = participants::readmit(app, &Caller::User(member), id, place).await;
    assert!(!readmitted.expect("it is their session").is_removed);
    let back = participants::take_seat(app, &other, id, observer).await;
    assert_eq!(back.expect("they were let back in").id, place);
}

#[tokio::test]
async fn who_may_run_every_session_stays_out_of_the_one_they_were_removed_from() {
    let (stage, owner) = Stage::new().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let (app, role) = (&stage.app, ParticipantRole::Expert);
    let place = participants::take_seat(app, &expert, id, role).await;
    let place = place.expect("it is open").id;
    let (host, removed) = (Caller::User(owner), Caller::User(expert.clone()));
    participants::remove(app, &host, id, place)
        .await
        .expect("it is allowed");
    let refused = participants::take_seat(app, &expert, id, role).await;
    assert!(
        matches!(refused, Err(TakeSeatError::Removed)),
        "{refused:?}"
    );
    let refused = participants::readmit(app, &removed, id, place).await;
    assert!(
        matches!(refused, Err(ReadmitError::NotAllowed)),
        "{refused:?}"
    );
    // So nobody locks themselves out: they leave instead.
    let own = created.participant.id;
    let refused = participants::remove(app, &host, id, own).await;
    assert!(
        matches!(refused, Err(RemoveError::NotAllowed)),
        "{refused:?}"
    );
    participants::readmit(app, &host, id, place)
        .await
        .expect("it is allowed");
    participants::take_seat(app, &expert, id, role)
        .await
        .expect("they were let back in");
}

#[tokio::test]
async fn a_guest_changes_their_own_role_and_nobody_elses() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let id = guest.session_id;
    let caller = stage.guest_caller(&guest).await;
    let role = ParticipantRole::Expert;
    let changed =
        participants::change_role(&stage.app, &caller, id, guest.participant.id, role).await;
    assert_eq!(changed.expect("it is their own").role, role);
    let creator = created.participant.id;
    let refused = participants::change_role(&stage.app, &caller, id, creator, role).await;
    assert!(
        matches!(refused, Err(ChangeRoleError::NotAllowed)),
        "{refused:?}"
    );
    let refused = participants::remove(&stage.app, &caller, id, creator).await;
    assert!(
        matches!(refused, Err(RemoveError::NotAllowed)),
        "{refused:?}"
    );
    let from = ParticipantRole::Assisted;
    assert_eq!(
        stage.log(&owner, id).await[1..],
        [EventData::RoleChanged { from, to: role }]
    );

    // The same role again is no change.
    participants::change_role(&stage.app, &caller, id, guest.participant.id, role)
        .await
        .expect("it is their own");
    assert_eq!(stage.log(&owner, id).await.len(), 2);
}

#[tokio::test]
async fn an_observer_is_let_in_by_others_only() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let (id, place) = (guest.session_id, guest.participant.id);
    let host = Caller::User(owner.clone());
    let (observer, assisted) = (ParticipantRole::Observer, ParticipantRole::Assisted);
    participants::change_role(&stage.app, &host, id, place, observer)
        .await
        .expect("it is allowed");
    let caller = stage.guest_caller(&guest).await;
    let refused = participants::change_role(&stage.app, &caller, id, place, assisted).await;
    assert!(
        matches!(refused, Err(ChangeRoleError::NotAllowed)),
        "{refused:?}"
    );
    let same = participants::change_role(&stage.app, &caller, id, place, observer).await;
    assert_eq!(same.expect("no change").role, observer);
    let let_in = participants::change_role(&stage.app, &host, id, place, assisted).await;
    assert_eq!(let_in.expect("it is allowed").role, assisted);

    // Nor does a member come back by the invite as more than they were.
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let place = stage.redeem(&created, &member, observer).await;
    assert_eq!(place.role, observer);
    let place = stage.redeem(&created, &member, assisted).await;
    assert_eq!(place.role, observer);
    let place = participants::take_seat(&stage.app, &member, id, assisted).await;
    assert_eq!(place.expect("it is theirs").role, observer);
    // Who runs every session decides for themselves.
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    for role in [observer, ParticipantRole::Expert] {
        let place = participants::take_seat(&stage.app, &expert, id, role).await;
        assert_eq!(place.expect("it is open").role, role);
    }
}

#[tokio::test]
async fn nobody_fills_the_record_by_changing_a_role_to_and_fro() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let (id, place) = (guest.session_id, guest.participant.id);
    let caller = stage.guest_caller(&guest).await;
    let roles = [ParticipantRole::Expert, ParticipantRole::Assisted];
    let mut roles = roles.into_iter().cycle();
    for role in roles.by_ref().take(10) {
        participants::change_role(&stage.app, &caller, id, place, role)
            .await
            .expect("it is their own");
    }
    let next = roles.next().expect("it goes on");
    let refused = participants::change_role(&stage.app, &caller, id, place, next).await;
    let Err(ChangeRoleError::TooOften { retry_after }) = refused else {
        panic!("the eleventh change was let through: {refused:?}");
    };
    assert_eq!(retry_after.as_secs(), 60);
    assert_eq!(stage.log(&owner, id).await.len(), 11);

    // The others are not held up, and neither is a user who has a place of their own.
    let creator = created.participant.id;
    participants::change_role(&stage.app, &Caller::User(owner.clone()), id, creator, next)
        .await
        .expect("nobody changed this one");
    let wait = retry_after.try_into().expect("a short time");
    stage.clock.advance(wait);
    participants::change_role(&stage.app, &caller, id, place, next)
        .await
        .expect("a minute later");

    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    stage
        .redeem(&created, &member, ParticipantRole::Assisted)
        .await;
    let before = stage.log(&owner, id).await.len();
    let mut is_refused = false;
    for role in roles.take(40) {
        match participants::take_seat(&stage.app, &member, id, role).await {
            Ok(place) => assert_eq!(place.role, role),
            Err(TakeSeatError::TooOften { .. }) => is_refused = true,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(is_refused, "forty changes were let through");
    assert_eq!(stage.log(&owner, id).await.len(), before + 10);
}

#[tokio::test]
async fn a_guest_who_changes_their_role_without_end_keeps_no_host_from_changing_it() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let (id, place) = (guest.session_id, guest.participant.id);
    let caller = stage.guest_caller(&guest).await;
    let roles = [ParticipantRole::Expert, ParticipantRole::Assisted];
    let mut is_refused = false;
    for role in roles.into_iter().cycle().take(40) {
        let changed = participants::change_role(&stage.app, &caller, id, place, role).await;
        is_refused |= matches!(changed, Err(ChangeRoleError::TooOften { .. }));
    }
    assert!(is_refused, "forty changes were let through");
    let host = Caller::User(owner.clone());
    let observer = ParticipantRole::Observer;
    let changed = participants::change_role(&stage.app, &host, id, place, observer).await;
    assert_eq!(changed.expect("they run the session").role, observer);

    // The record has an end for them too, and another host is not held up by it.
    let roles = [ParticipantRole::Expert, observer];
    let mut changes = 0;
    for role in roles.into_iter().cycle().take(100) {
        match participants::change_role(&stage.app, &host, id, place, role).await {
            Ok(_) => changes += 1,
            Err(ChangeRoleError::TooOften { .. }) => break,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(changes, 29);
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let role = ParticipantRole::Assisted;
    let other = Caller::User(expert);
    let changed = participants::change_role(&stage.app, &other, id, place, role).await;
    assert_eq!(changed.expect("they run every session").role, role);
}

#[tokio::test]
async fn a_user_takes_a_place_again_with_another_role() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let again = participants::take_seat(&stage.app, &owner, id, ParticipantRole::Assisted).await;
    let again = again.expect("it is open");
    assert_eq!(again.id, created.participant.id);
    assert_eq!(again.role, ParticipantRole::Assisted);
    sessions::end(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    let refused = participants::take_seat(&stage.app, &owner, id, ParticipantRole::Expert).await;
    assert!(
        matches!(refused, Err(TakeSeatError::SessionEnded)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn everybody_sees_their_own_place() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let caller = stage.guest_caller(&guest).await;
    let me = participants::me(&stage.app, &caller, guest.session_id).await;
    let me = me.expect("they have a place");
    assert_eq!(me.participant, guest.participant);
    assert!(me.session.invite.is_none() && !me.session.is_mine && !me.session.rights.end);
    let other = stage.create_session(&owner).await.session.session.id;
    let refused = participants::me(&stage.app, &caller, other).await;
    assert!(matches!(refused, Err(MeError::NotFound)), "{refused:?}");
}

#[tokio::test]
async fn a_token_opens_no_door_any_more_for_who_may_not_be_in() {
    let (stage, owner) = Stage::new().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let place = participants::take_seat(&stage.app, &expert, id, ParticipantRole::Expert).await;
    let place = place.expect("it is open").id.to_string();
    let guest = stage.join(&created, "Gustav").await.participant.id;
    let (host, room) = (Caller::User(owner.clone()), id.to_string());
    let admit = async |identity: &str| participants::admit(&stage.app, &room, identity).await;
    admit(&guest.to_string()).await.expect("they have a place");
    admit(&place).await.expect("they have a place");

    participants::remove(&stage.app, &host, id, guest)
        .await
        .expect("it is allowed");
    let refused = admit(&guest.to_string()).await;
    assert!(matches!(refused, Err(AdmitError::Removed)), "{refused:?}");
    let off = ChangeUser {
        activation: Some(Activation::Off),
        ..ChangeUser::default()
    };
    users::change(&stage.app, &owner, expert.user.id, off)
        .await
        .expect("it is allowed");
    let refused = admit(&place).await;
    assert!(
        matches!(refused, Err(AdmitError::AccountOff)),
        "{refused:?}"
    );
    let nobody = ParticipantId::from_random([7; 16]).to_string();
    let refused = admit(&nobody).await;
    assert!(matches!(refused, Err(AdmitError::Removed)), "{refused:?}");

    let own = created.participant.id.to_string();
    admit(&own).await.expect("they have a place");
    sessions::end(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    let refused = admit(&own).await;
    assert!(
        matches!(refused, Err(AdmitError::SessionEnded)),
        "{refused:?}"
    );
    // What is no session, and who is no participant, is the operator's.
    admit("recorder").await.expect("no participant");
    let unknown = SessionId::from_random([7; 16]).to_string();
    for room in ["a room", unknown.as_str()] {
        let admitted = participants::admit(&stage.app, room, &own).await;
        admitted.expect("no session");
    }
}

#[tokio::test]
async fn who_becomes_an_observer_stops_publishing_at_once_and_may_again_afterwards() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let (session, id) = (guest.session_id, guest.participant.id);
    let caller = Caller::User(owner);
    for role in [ParticipantRole::Observer, ParticipantRole::Expert] {
        participants::change_role(&stage.app, &caller, session, id, role)
            .await
            .expect("it is allowed");
        let permit = Order::Permit {
            identity: id.to_string(),
            can_publish: role == ParticipantRole::Expert,
        };
        stage.rtc.until_last_is(&permit).await;
    }
}

#[tokio::test]
async fn who_comes_as_an_observer_with_an_earlier_token_publishes_nothing() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let (session, id) = (guest.session_id, guest.participant.id);
    let caller = Caller::User(owner);
    let role = ParticipantRole::Observer;
    participants::change_role(&stage.app, &caller, session, id, role)
        .await
        .expect("it is allowed");
    stage.hear([joined(session, id, "stay 1")]).await;
    stage.app.stop().await;
    let permit = Order::Permit {
        identity: id.to_string(),
        can_publish: false,
    };
    let orders = stage.rtc.orders();
    assert_eq!(orders.iter().filter(|order| **order == permit).count(), 2);
}
