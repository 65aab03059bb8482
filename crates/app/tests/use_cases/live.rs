use std::pin::Pin;

use app::{
    Caller, SignedIn,
    live::{Backlog, CloseReason, LiveMessage, SubscribeError, Subscription},
    participants, password_links, sessions, sign_ins, users,
};
use domain::{Activation, EventData, Participant, ParticipantRole, SessionId, UserRole};

use crate::stage::{ADDRESS, PASSWORD, Stage, joined, next};

/// A session, its creator as a watcher, and the messages that everybody gets at first.
async fn watched() -> (Stage, SignedIn, SessionId, Subscription) {
    let (stage, owner) = Stage::new().await;
    let session = stage.create_session(&owner).await.session.session.id;
    let mut watching = stage.watch(&owner.clone().into(), session).await;
    let LiveMessage::Snapshot { last_seq: 1, .. } = next(&mut watching).await else {
        panic!("a snapshot comes first");
    };
    assert_eq!(
        next_event(&mut watching).await,
        (1, EventData::SessionCreated)
    );
    (stage, owner, session, watching)
}

async fn next_event(watching: &mut Subscription) -> (u64, EventData) {
    match next(watching).await {
        LiveMessage::Event(event) => (event.seq, event.data),
        other => panic!("an event was expected, {other:?} came"),
    }
}

async fn next_participant(watching: &mut Subscription) -> Participant {
    match next(watching).await {
        LiveMessage::Participant(participant) => participant,
        other => panic!("a participant was expected, {other:?} came"),
    }
}

/// The next event, whatever upserts come before it.
async fn skip_to_event(watching: &mut Subscription) -> (u64, EventData) {
    loop {
        match next(watching).await {
            LiveMessage::Event(event) => return (event.seq, event.data),
            LiveMessage::Closed(reason) => panic!("it was closed: {reason:?}"),
            _ => {}
        }
    }
}

async fn skip_to_close(watching: &mut Subscription) -> CloseReason {
    loop {
        if let LiveMessage::Closed(reason) = next(watching).await {
            return reason;
        }
    }
}

#[tokio::test]
async fn a_latecomer_gets_the_present_state_and_the_whole_log() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let session = created.session.session.id;
    for _ in 0..450 {
        sessions::renew_invite(&stage.app, &owner, session)
            .await
            .expect("it is allowed");
    }
    let guest = stage
        .join(&created_again(&stage, &owner, session).await, "Gustav")
        .await;
    let caller = stage.guest_caller(&guest).await;
    let mut watching = stage.watch(&caller, session).await;
    let LiveMessage::Snapshot {
        session: view,
        participants,
        you,
        after_seq: 0,
        last_seq,
    } = next(&mut watching).await
    else {
        panic!("a snapshot comes first");
    };
    assert_eq!(
        (you, last_seq, participants.len()),
        (guest.participant.id, 451, 2)
    );
    assert!(view.invite.is_none(), "guests do not see the invite");
    for seq in 1..=451 {
        assert_eq!(next_event(&mut watching).await.0, seq);
    }
}

async fn created_again(
    stage: &Stage,
    owner: &SignedIn,
    session: SessionId,
) -> app::sessions::CreatedSession {
    let caller = Caller::User(owner.clone());
    let me = participants::me(&stage.app, &caller, session)
        .await
        .expect("they have a place");
    app::sessions::CreatedSession {
        session: me.session,
        participant: me.participant,
    }
}

#[tokio::test]
async fn a_watcher_who_comes_back_goes_on_where_they_were() {
    let (stage, owner, session, watching) = watched().await;
    drop(watching);
    sessions::renew_invite(&stage.app, &owner, session)
        .await
        .expect("it is allowed");
    let caller = Caller::User(owner);
    for (after, latest, first) in [
        (1, u64::MAX, Some(2)),
        (2, u64::MAX, None),
        (u64::MAX, u64::MAX, None),
        (0, 1, Some(2)),
        (0, 9, Some(1)),
        (0, 0, None),
    ] {
        let backlog = Backlog {
            after_seq: after,
            latest,
        };
        let mut again = stage
            .app
            .live()
            .subscribe(&caller, session, backlog)
            .await
            .expect("they have a place");
        let LiveMessage::Snapshot {
            after_seq,
            last_seq: 2,
            ..
        } = next(&mut again).await
        else {
            panic!("a snapshot comes first");
        };
        assert_eq!(after_seq + 1, first.unwrap_or(3), "after {after}");
        if let Some(seq) = first {
            assert_eq!(next_event(&mut again).await.0, seq);
        }
    }
}

#[tokio::test]
async fn a_participant_is_told_before_the_event_about_them() {
    let (stage, owner, session, mut watching) = watched().await;
    let created = created_again(&stage, &owner, session).await;
    let guest = stage.join(&created, "Gustav").await;
    let told = next_participant(&mut watching).await;
    assert_eq!(told, guest.participant);

    stage
        .hear([joined(session, guest.participant.id, "stay 1")])
        .await;
    let LiveMessage::Session(view) = next(&mut watching).await else {
        panic!("the number of people who are in has changed");
    };
    assert_eq!(view.participants_present, 1);
    assert!(
        view.is_mine && view.invite.is_some(),
        "the view is the watcher's own"
    );
    let told = next_participant(&mut watching).await;
    assert!(told.presence.is_present());
    let role = ParticipantRole::Assisted;
    assert_eq!(
        next_event(&mut watching).await,
        (2, EventData::ParticipantJoined { role })
    );
}

#[tokio::test]
async fn everybody_gets_every_event_in_order_while_people_come_and_go() {
    let (stage, owner) = Stage::new().await;
    let session = stage.create_session(&owner).await.session.session.id;
    let caller = Caller::User(owner.clone());
    let events = 60_u64;
    let change = async {
        for _ in 1..events {
            sessions::renew_invite(&stage.app, &owner, session)
                .await
                .expect("it is allowed");
        }
    };
    let watch = async |starts: u64| {
        for _ in 0..starts {
            tokio::task::yield_now().await;
        }
        let mut watching = stage.watch(&caller, session).await;
        for seq in 1..=events {
            assert_eq!(skip_to_event(&mut watching).await.0, seq);
        }
    };
    tokio::join!(change, watch(0), watch(10), watch(100), watch(1_000));
}

#[tokio::test]
async fn a_watcher_who_does_not_keep_up_is_told_so_and_the_others_go_on() {
    let (stage, owner, session, mut quick) = watched().await;
    let mut slow = stage.watch(&owner.clone().into(), session).await;
    for number in 2..=300 {
        sessions::renew_invite(&stage.app, &owner, session)
            .await
            .expect("it is allowed");
        assert_eq!(skip_to_event(&mut quick).await.0, number);
    }
    assert_eq!(skip_to_close(&mut slow).await, CloseReason::TooSlow);
    assert_eq!(
        next(&mut slow).await,
        LiveMessage::Closed(CloseReason::TooSlow)
    );
}

#[tokio::test]
async fn one_participant_does_not_take_all_connections() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let session = guest.session_id;
    let caller = stage.guest_caller(&guest).await;
    let mut watching = Vec::new();
    for _ in 0..16 {
        let live = stage.app.live();
        let subscription = live.subscribe(&caller, session, Backlog::ALL).await;
        watching.push(subscription.expect("there are so many tabs"));
    }
    let refused = stage
        .app
        .live()
        .subscribe(&caller, session, Backlog::ALL)
        .await;
    assert!(
        matches!(refused, Err(SubscribeError::TooManyConnections)),
        "{refused:?}"
    );
    let other = stage.app.live();
    let other = other
        .subscribe(&Caller::User(owner), session, Backlog::ALL)
        .await;
    other.expect("the others are not held up");
    watching.pop();
    let again = stage
        .app
        .live()
        .subscribe(&caller, session, Backlog::ALL)
        .await;
    again.expect("one is free again");
}

#[tokio::test]
async fn who_is_removed_is_told_so_and_cannot_watch_again() {
    let (stage, owner, session, mut watching) = watched().await;
    let created = created_again(&stage, &owner, session).await;
    let guest = stage.join(&created, "Gustav").await;
    let caller = stage.guest_caller(&guest).await;
    let mut removed = stage.watch(&caller, session).await;
    assert!(matches!(
        next(&mut removed).await,
        LiveMessage::Snapshot { .. }
    ));
    let id = guest.participant.id;
    participants::remove(&stage.app, &owner.into(), session, id)
        .await
        .expect("it is allowed");
    assert_eq!(skip_to_close(&mut removed).await, CloseReason::Removed);
    assert!(
        !next_participant(&mut watching).await.is_removed,
        "they came"
    );
    assert!(next_participant(&mut watching).await.is_removed, "and went");
    let refused = stage
        .app
        .live()
        .subscribe(&caller, session, Backlog::ALL)
        .await;
    assert!(
        matches!(refused, Err(SubscribeError::SeatNeeded)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_deleted_user_stops_watching_and_loses_the_name_in_front_of_the_others() {
    let (stage, owner, session, mut watching) = watched().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    participants::take_seat(&stage.app, &expert, session, ParticipantRole::Expert)
        .await
        .expect("it is open");
    assert!(
        next_participant(&mut watching)
            .await
            .person
            .name()
            .is_some()
    );
    let mut experts = stage.watch(&expert.clone().into(), session).await;
    users::delete(&stage.app, &owner, expert.user.id)
        .await
        .expect("it is allowed");
    assert_eq!(skip_to_close(&mut experts).await, CloseReason::AccountOff);
    assert!(
        next_participant(&mut watching)
            .await
            .person
            .name()
            .is_none()
    );
}

#[tokio::test]
async fn signing_out_closes_what_that_browser_watches_and_nothing_else() {
    let (stage, owner, session, mut watching) = watched().await;
    let sign_in = async || {
        let credentials = sign_ins::Credentials {
            email: "olga@example.com".to_owned(),
            password: PASSWORD.to_owned(),
            address: ADDRESS,
        };
        let new = sign_ins::create(&stage.app, credentials).await;
        new.expect("the password is right")
    };
    let (first, second) = (sign_in().await, sign_in().await);
    let token = first.token.expose();
    let (first, second) = (
        stage.signed_in(first).await.into(),
        stage.signed_in(second).await.into(),
    );
    let mut left = stage.watch(&first, session).await;
    let mut stayed = stage.watch(&second, session).await;
    sign_ins::delete(&stage.app, &token)
        .await
        .expect("it answers");
    assert_eq!(skip_to_close(&mut left).await, CloseReason::SignedOut);
    // A request that was let through just before gets nothing either.
    let refused = stage
        .app
        .live()
        .subscribe(&first, session, Backlog::ALL)
        .await;
    assert!(
        matches!(refused, Err(SubscribeError::SignedOut)),
        "{refused:?}"
    );
    sessions::end(&stage.app, &owner, session)
        .await
        .expect("it is allowed");
    for watching in [&mut watching, &mut stayed] {
        while skip_to_event(watching).await != (2, EventData::SessionEnded) {}
    }
}

#[tokio::test]
async fn a_new_password_closes_what_is_watched_with_the_old_one() {
    let (stage, owner, session, mut watching) = watched().await;
    let link = password_links::create(&stage.app, &owner, owner.user.id).await;
    let token = link.expect("it is allowed").token.expose();
    password_links::redeem(&stage.app, &token, "another password".to_owned())
        .await
        .expect("the link works");
    assert_eq!(skip_to_close(&mut watching).await, CloseReason::SignedOut);
    assert!(
        stage
            .app
            .live()
            .subscribe(&owner.into(), session, Backlog::ALL)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_deactivated_user_stops_watching() {
    let (stage, owner, session, _watching) = watched().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    participants::take_seat(&stage.app, &expert, session, ParticipantRole::Expert)
        .await
        .expect("it is open");
    let mut experts = stage.watch(&expert.clone().into(), session).await;
    let off = users::ChangeUser {
        activation: Some(Activation::Off),
        ..users::ChangeUser::default()
    };
    users::change(&stage.app, &owner, expert.user.id, off)
        .await
        .expect("it is allowed");
    assert_eq!(skip_to_close(&mut experts).await, CloseReason::AccountOff);
    let refused = stage
        .app
        .live()
        .subscribe(&expert.into(), session, Backlog::ALL)
        .await;
    assert!(
        matches!(refused, Err(SubscribeError::SignedOut)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_end_and_the_reopening_are_told() {
    let (stage, owner, session, mut watching) = watched().await;
    sessions::end(&stage.app, &owner, session)
        .await
        .expect("it is allowed");
    let LiveMessage::Session(view) = next(&mut watching).await else {
        panic!("the session has changed");
    };
    assert!(!view.session.state.is_open() && view.rights.reopen);
    assert_eq!(
        next_event(&mut watching).await,
        (2, EventData::SessionEnded)
    );
    sessions::reopen(&stage.app, &owner, session)
        .await
        .expect("it is allowed");
    assert_eq!(
        skip_to_event(&mut watching).await,
        (3, EventData::SessionReopened)
    );
}

#[tokio::test]
async fn a_server_that_goes_down_says_so_to_everybody() {
    let (stage, owner, session, mut watching) = watched().await;
    stage.app.stop().await;
    assert_eq!(
        next(&mut watching).await,
        LiveMessage::Closed(CloseReason::Stopping)
    );
    let refused = stage
        .app
        .live()
        .subscribe(&owner.into(), session, Backlog::ALL)
        .await;
    assert!(
        matches!(refused, Err(SubscribeError::Stopping)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn without_a_place_nobody_watches() {
    let (stage, owner, session, _watching) = watched().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let refused = stage
        .app
        .live()
        .subscribe(&expert.into(), session, Backlog::ALL)
        .await;
    assert!(
        matches!(refused, Err(SubscribeError::SeatNeeded)),
        "{refused:?}"
    );
    let refused = stage
        .app
        .live()
        .subscribe(&member.into(), session, Backlog::ALL)
        .await;
    assert!(
        matches!(refused, Err(SubscribeError::NotFound)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_happens_before_the_log_is_read_is_told_once() {
    let (stage, owner, session, mut other) = watched().await;
    let mut late = stage.watch(&owner.clone().into(), session).await;
    for seq in 2..=4 {
        sessions::renew_invite(&stage.app, &owner, session)
            .await
            .expect("it is allowed");
        assert_eq!(skip_to_event(&mut other).await.0, seq);
    }
    for seq in 1..=4 {
        assert_eq!(skip_to_event(&mut late).await.0, seq);
    }
    sessions::end(&stage.app, &owner, session)
        .await
        .expect("it is allowed");
    assert_eq!(skip_to_event(&mut late).await, (5, EventData::SessionEnded));
}

#[tokio::test]
async fn a_change_is_told_even_when_its_caller_goes_away() {
    let (stage, owner, session, mut watching) = watched().await;
    let mut change = Box::pin(sessions::end(&stage.app, &owner, session));
    // The caller hangs up as soon as the change is in the database.
    while stage.log(&owner, session).await.len() == 1 {
        if is_done_after_a_step(change.as_mut()).await {
            break;
        }
    }
    drop(change);
    assert_eq!(
        skip_to_event(&mut watching).await,
        (2, EventData::SessionEnded)
    );
}

/// Gives a future one step; says whether it is done.
async fn is_done_after_a_step<F: Future>(mut future: Pin<&mut F>) -> bool {
    tokio::select! {
        biased;
        _ = &mut future => true,
        () = std::future::ready(()) => false,
    }
}
