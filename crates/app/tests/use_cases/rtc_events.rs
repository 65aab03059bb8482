use app::{
    Caller, participants, sessions,
    users::{self, ChangeUser},
};
use domain::{
    Activation, EventData, LeaveReason, NetworkPath, Participant, ParticipantId, ParticipantRole,
    PathMode, Presence, SessionId, UserRole,
};
use rtc::RtcEvent;
use time::Duration;

use crate::{
    doubles::Order,
    stage::{Stage, joined, left},
};

const CAME: EventData = EventData::ParticipantJoined {
    role: ParticipantRole::Assisted,
};

fn went(reason: LeaveReason) -> EventData {
    EventData::ParticipantLeft { reason }
}

async fn place(stage: &Stage, session: SessionId, id: ParticipantId) -> Participant {
    let mut transaction = stage.store.read().await.expect("the database is there");
    let organisation = transaction.first_organisation().await.expect("it answers");
    let organisation = organisation.expect("it is set up").id;
    let found = transaction
        .participant(organisation, session, id)
        .await
        .expect("it answers");
    found.expect("it is there")
}

#[tokio::test]
async fn coming_changing_path_and_going_are_recorded() {
    let (stage, owner) = Stage::new().await;
    let guest = stage
        .join(&stage.create_session(&owner).await, "Gustav")
        .await;
    let (session, id) = (guest.session_id, guest.participant.id);
    let path = |path| RtcEvent::PathChanged {
        room: session.to_string(),
        identity: id.to_string(),
        stay: "stay 1".to_owned(),
        path,
    };
    stage
        .hear([
            joined(session, id, "stay 1"),
            path(rtc::Path::Udp),
            path(rtc::Path::Udp),
        ])
        .await;
    let present = place(&stage, session, id).await.presence;
    assert!(
        matches!(
            present,
            Presence::Present {
                path: Some(NetworkPath::Udp),
                ..
            }
        ),
        "{present:?}"
    );
    stage.clock.advance(Duration::minutes(5));
    stage
        .hear([left(
            session,
            id,
            "stay 1",
            rtc::LeaveReason::ConnectionLost,
        )])
        .await;
    let gone = place(&stage, session, id).await.presence;
    let Presence::Gone { joined_at, left_at } = gone else {
        panic!("they are not gone: {gone:?}");
    };
    assert_eq!(left_at - joined_at, Duration::minutes(5));
    assert_eq!(
        stage.log(&owner, session).await[1..],
        [
            CAME,
            EventData::PathChanged {
                path: NetworkPath::Udp
            },
            went(LeaveReason::ConnectionLost),
        ]
    );
}

#[tokio::test]
async fn news_heard_twice_is_recorded_once() {
    let (stage, owner) = Stage::new().await;
    let guest = stage
        .join(&stage.create_session(&owner).await, "Gustav")
        .await;
    let (session, id) = (guest.session_id, guest.participant.id);
    let news = [
        joined(session, id, "stay 1"),
        joined(session, id, "stay 1"),
        left(session, id, "stay 1", rtc::LeaveReason::Left),
        left(session, id, "stay 1", rtc::LeaveReason::Left),
        joined(session, id, "stay 1"),
    ];
    stage.hear(news).await;
    assert_eq!(
        stage.log(&owner, session).await[1..],
        [CAME, went(LeaveReason::Left)]
    );
    assert!(!place(&stage, session, id).await.presence.is_present());
}

#[tokio::test]
async fn the_end_of_an_earlier_stay_does_not_end_the_present_one() {
    let (stage, owner) = Stage::new().await;
    let guest = stage
        .join(&stage.create_session(&owner).await, "Gustav")
        .await;
    let (session, id) = (guest.session_id, guest.participant.id);
    stage
        .hear([
            joined(session, id, "stay 1"),
            joined(session, id, "stay 2"),
            left(session, id, "stay 1", rtc::LeaveReason::Replaced),
        ])
        .await;
    assert!(place(&stage, session, id).await.presence.is_present());
    assert_eq!(
        stage.log(&owner, session).await[1..],
        [CAME, CAME, went(LeaveReason::Replaced)]
    );
}

#[tokio::test]
async fn after_a_restart_nobody_is_present() {
    let (mut stage, owner) = Stage::new().await;
    let guest = stage
        .join(&stage.create_session(&owner).await, "Gustav")
        .await;
    let (session, id) = (guest.session_id, guest.participant.id);
    stage.hear([joined(session, id, "stay 1")]).await;
    stage.restart().await;
    assert!(!place(&stage, session, id).await.presence.is_present());
    let expected = [CAME, went(LeaveReason::ServerRestarted)];
    assert_eq!(stage.log(&owner, session).await[1..], expected);
    stage.restart().await;
    assert_eq!(stage.log(&owner, session).await[1..], expected);
}

#[tokio::test]
async fn a_server_that_stops_in_order_records_the_leaving_once() {
    let (mut stage, owner) = Stage::new().await;
    let guest = stage
        .join(&stage.create_session(&owner).await, "Gustav")
        .await;
    let (session, id) = (guest.session_id, guest.participant.id);
    stage.hear([joined(session, id, "stay 1")]).await;
    stage.app.stop().await;
    stage
        .hear([left(session, id, "stay 1", rtc::LeaveReason::ServerStopped)])
        .await;
    stage.restart().await;
    let expected = [CAME, went(LeaveReason::ServerRestarted)];
    assert_eq!(stage.log(&owner, session).await[1..], expected);
}

#[tokio::test]
async fn who_comes_into_an_ended_session_is_sent_out_again() {
    let (stage, owner) = Stage::new().await;
    let guest = stage
        .join(&stage.create_session(&owner).await, "Gustav")
        .await;
    let session = guest.session_id;
    sessions::end(&stage.app, &owner, session)
        .await
        .expect("it is allowed");
    stage
        .hear([joined(session, guest.participant.id, "stay 1")])
        .await;
    stage.app.stop().await;
    let close = Order::Close {
        room: session.to_string(),
    };
    assert_eq!(stage.rtc.orders(), [close.clone(), close]);
}

#[tokio::test]
async fn who_comes_back_after_being_removed_is_sent_out_again() {
    let (stage, owner) = Stage::new().await;
    let guest = stage
        .join(&stage.create_session(&owner).await, "Gustav")
        .await;
    let (session, id) = (guest.session_id, guest.participant.id);
    let caller = Caller::User(owner.clone());
    participants::remove(&stage.app, &caller, session, id)
        .await
        .expect("it is allowed");
    stage.hear([joined(session, id, "stay 1")]).await;
    stage.app.stop().await;
    let remove = Order::Remove {
        room: session.to_string(),
        identity: id.to_string(),
    };
    assert_eq!(stage.rtc.orders(), [remove.clone(), remove]);
}

#[tokio::test]
async fn who_comes_in_with_a_token_from_before_their_account_was_switched_off_is_sent_out() {
    let (stage, owner) = Stage::new().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let created = stage.create_session(&owner).await;
    let session = created.session.session.id;
    let place = stage
        .redeem(&created, &member, ParticipantRole::Assisted)
        .await
        .id;
    let caller = Caller::User(member.clone());
    participants::mint_rtc_token(&stage.app, &caller, session, PathMode::Automatic)
        .await
        .expect("there is room");
    // The token is good for longer than the place in the room is kept.
    stage.clock.advance(Duration::minutes(9));
    let off = ChangeUser {
        activation: Some(Activation::Off),
        ..ChangeUser::default()
    };
    users::change(&stage.app, &owner, member.user.id, off)
        .await
        .expect("it is allowed");
    stage.hear([joined(session, place, "stay 1")]).await;
    stage.app.stop().await;
    let remove = Order::Remove {
        room: session.to_string(),
        identity: place.to_string(),
    };
    assert_eq!(stage.rtc.orders(), [remove.clone(), remove]);
}

#[tokio::test]
async fn who_was_deleted_is_sent_out_when_they_come_or_are_noticed() {
    let (stage, owner) = Stage::new().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let created = stage.create_session(&owner).await;
    let session = created.session.session.id;
    let place = stage
        .redeem(&created, &member, ParticipantRole::Assisted)
        .await
        .id;
    users::delete(&stage.app, &owner, member.user.id)
        .await
        .expect("it is allowed");
    let path_changed = RtcEvent::PathChanged {
        room: session.to_string(),
        identity: place.to_string(),
        stay: "stay 1".to_owned(),
        path: rtc::Path::Udp,
    };
    stage
        .hear([joined(session, place, "stay 1"), path_changed])
        .await;
    stage.app.stop().await;
    let remove = Order::Remove {
        room: session.to_string(),
        identity: place.to_string(),
    };
    assert_eq!(stage.rtc.orders(), [remove.clone(), remove]);
}

#[tokio::test]
async fn of_who_must_not_be_in_the_record_says_nothing() {
    let (stage, owner) = Stage::new().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let created = stage.create_session(&owner).await;
    let session = created.session.session.id;
    let member_place = stage
        .redeem(&created, &member, ParticipantRole::Assisted)
        .await
        .id;
    users::delete(&stage.app, &owner, member.user.id)
        .await
        .expect("it is allowed");
    let before = stage.log(&owner, session).await;
    stage
        .hear([
            joined(session, member_place, "stay 1"),
            left(session, member_place, "stay 1", rtc::LeaveReason::Removed),
        ])
        .await;
    assert_eq!(stage.log(&owner, session).await, before);
    let presence = place(&stage, session, member_place).await.presence;
    assert_eq!(presence, Presence::Expected);
}

#[tokio::test]
async fn who_comes_and_goes_without_end_is_sent_out_and_fills_no_record() {
    let (stage, owner) = Stage::new().await;
    let guest = stage
        .join(&stage.create_session(&owner).await, "Gustav")
        .await;
    let (session, id) = (guest.session_id, guest.participant.id);
    let stays = async |range: std::ops::Range<u32>| {
        let news = range.flat_map(|number| {
            let stay = format!("stay {number}");
            let came = joined(session, id, &stay);
            let went = left(session, id, &stay, rtc::LeaveReason::Left);
            [came, went]
        });
        stage.hear(news).await;
        stage.log(&owner, session).await.len()
    };
    let kept = stays(0..60).await;
    assert_eq!(kept, 1 + 2 * 60);
    assert_eq!(stays(60..90).await, kept);
    stage.clock.advance(Duration::minutes(1));
    assert_eq!(stays(90..100).await, kept + 2);
    stage.app.stop().await;
    let remove = Order::Remove {
        room: session.to_string(),
        identity: id.to_string(),
    };
    let orders = stage.rtc.orders();
    assert_eq!(orders.len(), 30 + 9);
    assert!(orders.iter().all(|order| *order == remove));
}

#[tokio::test]
async fn news_of_unknown_rooms_and_people_is_survived() {
    let (stage, owner) = Stage::new().await;
    let session = stage.create_session(&owner).await.session.session.id;
    let nobody = ParticipantId::from_random([9; 16]);
    stage
        .hear([
            joined(session, "not a participant", "stay 1"),
            joined(session, nobody, "stay 2"),
            joined(SessionId::from_random([9; 16]), nobody, "stay 3"),
            left(session, nobody, "stay 4", rtc::LeaveReason::Left),
        ])
        .await;
    assert_eq!(
        stage.log(&owner, session).await,
        [EventData::SessionCreated]
    );
}
