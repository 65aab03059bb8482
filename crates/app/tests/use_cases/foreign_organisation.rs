//! Every use-case about something that an organisation owns, tried by another's owner.

use app::{
    Caller,
    live::{Backlog, SubscribeError},
    participants::{self, ChangeRoleError, MeError, MintError, RemoveError, TakeSeatError},
    password_links, policies,
    sessions::{
        self, EventsError, ListSessions, RenameError, RenewInviteError, ShowError, StateError,
        StateFilter, Whose,
    },
    users::{self, ChangeError, ChangeUser, DeleteError},
};
use domain::{Activation, PageLimit, ParticipantRole, PathMode, PolicyName, PolicyValue, UserRole};

use crate::stage::{Stage, joined};

#[tokio::test]
async fn another_organisations_sessions_do_not_exist() {
    let (stage, owner) = Stage::new().await;
    let foreigner = stage.foreigner().await;
    let created = stage.create_session(&owner).await;
    let guest = stage.join(&created, "Gustav").await;
    let id = created.session.session.id;
    let (app, caller) = (&stage.app, Caller::User(foreigner.clone()));
    let before = stage.log(&owner, id).await;

    assert!(matches!(
        sessions::show(app, &caller, id).await,
        Err(ShowError::NotFound)
    ));
    let events = sessions::events(app, &caller, id, 0, PageLimit::BIGGEST).await;
    assert!(matches!(events, Err(EventsError::NotFound)));
    let renamed = sessions::rename(app, &foreigner, id, None).await;
    assert!(matches!(renamed, Err(RenameError::NotFound)));
    assert!(matches!(
        sessions::end(app, &foreigner, id).await,
        Err(StateError::NotFound)
    ));
    assert!(matches!(
        sessions::reopen(app, &foreigner, id).await,
        Err(StateError::NotFound)
    ));
    let renewed = sessions::renew_invite(app, &foreigner, id).await;
    assert!(matches!(renewed, Err(RenewInviteError::NotFound)));
    let taken = participants::take_seat(app, &foreigner, id, ParticipantRole::Expert).await;
    assert!(matches!(taken, Err(TakeSeatError::NotFound)));
    assert!(matches!(
        participants::me(app, &caller, id).await,
        Err(MeError::NotFound)
    ));
    let place = guest.participant.id;
    let role = ParticipantRole::Observer;
    let changed = participants::change_role(app, &caller, id, place, role).await;
    assert!(matches!(changed, Err(ChangeRoleError::NotFound)));
    let removed = participants::remove(app, &caller, id, place).await;
    assert!(matches!(removed, Err(RemoveError::NotFound)));
    let minted = participants::mint_rtc_token(app, &caller, id, PathMode::Automatic).await;
    assert!(matches!(minted, Err(MintError::NotFound)));
    let watched = app.live().subscribe(&caller, id, Backlog::ALL).await;
    assert!(matches!(watched, Err(SubscribeError::NotFound)));

    let everything = ListSessions {
        state: StateFilter::All,
        whose: Whose::All,
        after: None,
        limit: PageLimit::BIGGEST,
    };
    let listed = sessions::list(app, &foreigner, everything)
        .await
        .expect("it answers");
    assert!(listed.items.is_empty());
    assert_eq!(stage.log(&owner, id).await, before);
    let own = sessions::show(app, &owner.into(), id)
        .await
        .expect("it is visible");
    assert_eq!(own, created.session);
}

#[tokio::test]
async fn another_organisations_people_do_not_exist() {
    let (stage, owner) = Stage::new().await;
    let foreigner = stage.foreigner().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let (app, id) = (&stage.app, expert.user.id);

    let off = ChangeUser {
        activation: Some(Activation::Off),
        ..ChangeUser::default()
    };
    let changed = users::change(app, &foreigner, id, off).await;
    assert!(matches!(changed, Err(ChangeError::NotFound)));
    let deleted = users::delete(app, &foreigner, id).await;
    assert!(matches!(deleted, Err(DeleteError::NotFound)));
    let link = password_links::create(app, &foreigner, id).await;
    assert!(matches!(link, Err(password_links::CreateError::NotFound)));
    let listed = users::list(app, &foreigner, None, PageLimit::BIGGEST).await;
    assert_eq!(listed.expect("it is allowed").items, [foreigner.user]);
    assert!(stage.sign_in("emil@example.com").await.is_ok());
}

#[tokio::test]
async fn another_organisations_policies_stay() {
    let (stage, owner) = Stage::new().await;
    let foreigner = stage.foreigner().await;
    let off = Some(PolicyValue::Switch(false));
    policies::set(&stage.app, &foreigner, PolicyName::SessionsGuests, off)
        .await
        .expect("it is their own");
    let own = policies::show(&stage.app, &owner)
        .await
        .expect("it answers");
    assert!(own.effective.guests);
}

#[tokio::test]
async fn a_seat_opens_no_other_session() {
    let (stage, owner) = Stage::new().await;
    let guest = stage
        .join(&stage.create_session(&owner).await, "Gustav")
        .await;
    let other = stage.create_session(&owner).await;
    let id = other.session.session.id;
    stage
        .hear([joined(id, other.participant.id, "stay 1")])
        .await;
    let caller = stage.guest_caller(&guest).await;
    assert!(matches!(
        sessions::show(&stage.app, &caller, id).await,
        Err(ShowError::NotFound)
    ));
    let minted = participants::mint_rtc_token(&stage.app, &caller, id, PathMode::Automatic).await;
    assert!(matches!(minted, Err(MintError::NotFound)));
    let place = other.participant.id;
    let removed = participants::remove(&stage.app, &caller, id, place).await;
    assert!(matches!(removed, Err(RemoveError::NotFound)));
    let watched = stage.app.live().subscribe(&caller, id, Backlog::ALL).await;
    assert!(matches!(watched, Err(SubscribeError::NotFound)));
}
