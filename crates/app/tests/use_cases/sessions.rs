use app::{
    Caller,
    sessions::{
        self, CreateError, CreateSession, ListSessions, RenameError, RenewInviteError, ShowError,
        StateError, StateFilter, Whose,
    },
};
use domain::{EventData, PageLimit, ParticipantRole, SessionId, UserRole};
use time::Duration;

use crate::{
    doubles::Order,
    stage::{Stage, new_session},
};

fn all() -> ListSessions {
    ListSessions {
        state: StateFilter::All,
        whose: Whose::All,
        after: None,
        limit: PageLimit::default(),
    }
}

#[tokio::test]
async fn a_new_session_has_an_invite_and_its_creators_place() {
    let (stage, owner) = Stage::new().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let request = CreateSession {
        role: ParticipantRole::Assisted,
        ..new_session()
    };
    let created = sessions::create(&stage.app, &member, request)
        .await
        .expect("it is allowed");
    let view = created.session;
    assert!(view.session.state.is_open() && view.is_mine && view.rights.end);
    assert_eq!(view.creator_name, Some(member.user.name.clone()));
    assert!(!view.invite.expect("its creator may invite").is_expired);
    assert_eq!(created.participant.role, ParticipantRole::Assisted);
    assert_eq!(created.participant.person.user_id(), Some(member.user.id));
    assert_eq!(
        stage.log(&member, view.session.id).await,
        [EventData::SessionCreated]
    );
}

#[tokio::test]
async fn creating_again_with_the_same_key_yields_the_same_session() {
    let (stage, owner) = Stage::new().await;
    let request = CreateSession {
        idempotency_key: Some("k1".to_owned()),
        ..new_session()
    };
    let first = sessions::create(&stage.app, &owner, request.clone()).await;
    let again = sessions::create(&stage.app, &owner, request.clone()).await;
    assert_eq!(
        again.expect("it is repeated"),
        first.expect("it is allowed")
    );

    let other = CreateSession {
        title: Some("Another".to_owned()),
        ..request.clone()
    };
    let refused = sessions::create(&stage.app, &owner, other).await;
    assert!(
        matches!(refused, Err(CreateError::IdempotencyKeyReused)),
        "{refused:?}"
    );

    let colleague = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    sessions::create(&stage.app, &colleague, request)
        .await
        .expect("keys are everybody's own");
    let listed = sessions::list(&stage.app, &owner, all())
        .await
        .expect("it answers");
    assert_eq!(listed.items.len(), 2);
}

#[tokio::test]
async fn a_blank_title_is_none_and_a_long_one_is_refused() {
    let (stage, owner) = Stage::new().await;
    let blank = CreateSession {
        title: Some("  ".to_owned()),
        ..new_session()
    };
    let created = sessions::create(&stage.app, &owner, blank)
        .await
        .expect("it is allowed");
    assert_eq!(created.session.session.title, None);
    let long = CreateSession {
        title: Some("x".repeat(121)),
        ..new_session()
    };
    let refused = sessions::create(&stage.app, &owner, long).await;
    assert!(
        matches!(refused, Err(CreateError::InvalidInput(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_ended_session_closes_its_room_hides_its_invite_and_opens_again() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let ended = sessions::end(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    assert!(!ended.session.state.is_open());
    assert!(ended.invite.is_none() && ended.rights.reopen && !ended.rights.end);
    let again = sessions::end(&stage.app, &owner, id)
        .await
        .expect("it has ended");
    assert_eq!(again, ended);

    let open = sessions::reopen(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    assert_eq!(
        open.invite, created.session.invite,
        "the invite still works"
    );
    let again = sessions::reopen(&stage.app, &owner, id)
        .await
        .expect("it is open");
    assert_eq!(again, open);
    assert_eq!(
        stage.log(&owner, id).await,
        [
            EventData::SessionCreated,
            EventData::SessionEnded,
            EventData::SessionReopened,
        ]
    );
    stage.app.stop().await;
    assert_eq!(
        stage.rtc.orders(),
        [Order::Close {
            room: id.to_string()
        }]
    );
}

#[tokio::test]
async fn a_room_is_closed_even_when_the_engine_is_too_busy_at_first() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    stage.rtc.refuse(2);
    sessions::end(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    tokio::time::pause();
    for _ in 0..100 {
        tokio::time::advance(std::time::Duration::from_millis(50)).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(
        stage.rtc.orders(),
        [Order::Close {
            room: id.to_string()
        }]
    );
}

#[tokio::test]
async fn a_session_opened_again_late_gets_a_new_invite() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    sessions::end(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    stage.clock.advance(Duration::days(8));
    let open = sessions::reopen(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    let (old, new) = (
        created.session.invite.expect("a code"),
        open.invite.expect("a code"),
    );
    assert!(new.code != old.code && new.token != old.token && !new.is_expired);
    assert_eq!(
        stage.log(&owner, id).await.last(),
        Some(&EventData::InviteRenewed)
    );
}

#[tokio::test]
async fn a_member_neither_sees_nor_runs_the_sessions_of_others() {
    let (stage, owner) = Stage::new().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let foreign = stage.create_session(&owner).await;
    let id = foreign.session.session.id;
    let caller = Caller::User(member.clone());
    let refused = sessions::show(&stage.app, &caller, id).await;
    assert!(matches!(refused, Err(ShowError::NotFound)), "{refused:?}");
    let refused = sessions::end(&stage.app, &member, id).await;
    assert!(matches!(refused, Err(StateError::NotFound)), "{refused:?}");

    // With a place in it they see it, and still do not run it.
    let invite = foreign.session.invite.expect("a code");
    let request = app::invites::Redeem {
        key: app::invites::InviteKey::Code(invite.code),
        name: None,
        role: ParticipantRole::Assisted,
        address: crate::stage::ADDRESS,
        idempotency_key: None,
        seats: Vec::new(),
    };
    app::invites::redeem(&stage.app, Some(&member), request)
        .await
        .expect("the code works");
    let view = sessions::show(&stage.app, &caller, id)
        .await
        .expect("they have a place");
    assert!(view.is_mine && view.invite.is_some() && !view.rights.end);
    let refused = sessions::end(&stage.app, &member, id).await;
    assert!(
        matches!(refused, Err(StateError::NotAllowed)),
        "{refused:?}"
    );
    let refused = sessions::rename(&stage.app, &member, id, None).await;
    assert!(
        matches!(refused, Err(RenameError::NotAllowed)),
        "{refused:?}"
    );
    sessions::end(&stage.app, &owner, id)
        .await
        .expect("it is allowed");
    let refused = sessions::reopen(&stage.app, &member, id).await;
    assert!(
        matches!(refused, Err(StateError::NotAllowed)),
        "{refused:?}"
    );
    let refused = sessions::renew_invite(&stage.app, &member, id).await;
    assert!(
        matches!(refused, Err(RenewInviteError::Ended)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_expert_runs_every_session_of_the_organisation() {
    let (stage, owner) = Stage::new().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let created = stage.create_session(&owner).await;
    let id = created.session.session.id;
    let renamed = sessions::rename(&stage.app, &expert, id, Some(" Valve 7 ".to_owned())).await;
    let title = renamed.expect("it is allowed").session.title;
    assert_eq!(title.expect("it has a title").as_str(), "Valve 7");
    let ended = sessions::end(&stage.app, &expert, id)
        .await
        .expect("it is allowed");
    assert!(!ended.is_mine);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let (stage, owner) = Stage::new().await;
    let member = stage.add(&owner, "Mia Member", UserRole::Member).await;
    let mut ids: Vec<SessionId> = Vec::new();
    for creator in [&owner, &member, &owner] {
        stage.clock.advance(Duration::seconds(1));
        ids.insert(0, stage.create_session(creator).await.session.session.id);
    }
    sessions::end(&stage.app, &owner, ids[0])
        .await
        .expect("it is allowed");
    let listed = async |caller, request| {
        let page = sessions::list(&stage.app, caller, request)
            .await
            .expect("it answers");
        page.items
            .iter()
            .map(|view| view.session.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(&owner, all()).await, ids);
    let open = ListSessions {
        state: StateFilter::Open,
        ..all()
    };
    assert_eq!(listed(&owner, open).await, ids[1..]);
    let mine = ListSessions {
        whose: Whose::Mine,
        ..all()
    };
    assert_eq!(listed(&owner, mine).await, [ids[0], ids[2]]);
    assert_eq!(
        listed(&member, all()).await,
        [ids[1]],
        "members see their own"
    );

    let first = ListSessions {
        limit: PageLimit::clamp(2),
        ..all()
    };
    let first = sessions::list(&stage.app, &owner, first)
        .await
        .expect("it answers");
    assert!(first.next.is_some());
    let second = ListSessions {
        after: first.next,
        ..all()
    };
    let second = sessions::list(&stage.app, &owner, second)
        .await
        .expect("it answers");
    assert_eq!((second.items[0].session.id, second.next), (ids[2], None));
}

#[tokio::test]
async fn the_log_is_read_page_by_page() {
    let (stage, owner) = Stage::new().await;
    let id = stage.create_session(&owner).await.session.session.id;
    for _ in 0..4 {
        sessions::renew_invite(&stage.app, &owner, id)
            .await
            .expect("it is allowed");
    }
    let caller = Caller::User(owner);
    let page = sessions::events(&stage.app, &caller, id, 0, PageLimit::clamp(3)).await;
    let page = page.expect("it is visible");
    assert_eq!((page.items.len(), page.next_after), (3, Some(3)));
    let page = sessions::events(&stage.app, &caller, id, 3, PageLimit::clamp(3)).await;
    let page = page.expect("it is visible");
    assert_eq!((page.items.len(), page.next_after), (2, None));
}
