use std::fs;

use app::{
    Caller, password_links, sessions, sign_ins,
    users::{self, AddError, AddUser, ChangeError, ChangeUser, DeleteError, ListError},
};
use domain::{Activation, PageLimit, ParticipantRole, Person, UserRole, UserState};
use time::Duration;

use crate::{
    doubles::Order,
    stage::{PASSWORD, Stage, joined, someone},
};

fn to_role(role: UserRole) -> ChangeUser {
    ChangeUser {
        role: Some(role),
        ..ChangeUser::default()
    }
}

fn off() -> ChangeUser {
    ChangeUser {
        activation: Some(Activation::Off),
        ..ChangeUser::default()
    }
}

#[tokio::test]
async fn an_added_user_sets_a_password_by_the_link_and_is_signed_in() {
    let (stage, owner) = Stage::new().await;
    let added = users::add(&stage.app, &owner, someone("Emil Expert", UserRole::Expert)).await;
    let added = added.expect("it is allowed");
    assert_eq!(added.user.state, UserState::Invited);
    assert!(
        stage.sign_in("emil@example.com").await.is_err(),
        "there is no password yet"
    );

    let token = added.password_link.token.expose();
    let shown = password_links::look_up(&stage.app, &token)
        .await
        .expect("the link works");
    assert_eq!(shown.email.as_str(), "emil@example.com");
    assert_eq!(shown.organisation_name.as_str(), "Acme");
    let redeemed = password_links::redeem(&stage.app, &token, PASSWORD.to_owned()).await;
    assert_eq!(
        redeemed.expect("the link works").user.state,
        UserState::Active
    );
    assert!(stage.sign_in("emil@example.com").await.is_ok());

    let again = password_links::redeem(&stage.app, &token, "another password".to_owned()).await;
    assert!(
        matches!(again, Err(password_links::RedeemError::Expired)),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_password_link_dies_of_age_and_of_its_successor() {
    let (stage, owner) = Stage::new().await;
    let added = users::add(&stage.app, &owner, someone("Emil Expert", UserRole::Expert)).await;
    let added = added.expect("it is allowed");
    let second = password_links::create(&stage.app, &owner, added.user.id).await;
    let second = second.expect("it is allowed");
    let first = added.password_link.token.expose();
    let refused = password_links::look_up(&stage.app, &first).await;
    assert!(
        matches!(refused, Err(password_links::LookUpError::Expired)),
        "{refused:?}"
    );

    let second = second.token.expose();
    assert!(password_links::look_up(&stage.app, &second).await.is_ok());
    stage.clock.advance(Duration::days(7));
    let refused = password_links::redeem(&stage.app, &second, PASSWORD.to_owned()).await;
    assert!(
        matches!(refused, Err(password_links::RedeemError::Expired)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_new_password_ends_all_earlier_sign_ins() {
    let (stage, owner) = Stage::new().await;
    let added = users::add(&stage.app, &owner, someone("Emil Expert", UserRole::Expert)).await;
    let added = added.expect("it is allowed");
    let token = added.password_link.token.expose();
    let first = password_links::redeem(&stage.app, &token, PASSWORD.to_owned()).await;
    let first = first.expect("the link works").token.expose();

    let link = password_links::create(&stage.app, &owner, added.user.id).await;
    let link = link.expect("it is allowed").token.expose();
    password_links::redeem(&stage.app, &link, "another password".to_owned())
        .await
        .expect("the link works");
    assert_eq!(
        sign_ins::authenticate(&stage.app, &first)
            .await
            .expect("it answers"),
        None
    );
    assert!(
        stage.sign_in("emil@example.com").await.is_err(),
        "the old password is gone"
    );
}

#[tokio::test]
async fn adding_again_with_the_same_key_adds_nobody_and_gives_a_link_that_works() {
    let (stage, owner) = Stage::new().await;
    let request = AddUser {
        idempotency_key: Some("k1".to_owned()),
        ..someone("Emil Expert", UserRole::Expert)
    };
    let first = users::add(&stage.app, &owner, request.clone())
        .await
        .expect("it is allowed");
    let again = users::add(&stage.app, &owner, request.clone())
        .await
        .expect("it is repeated");
    assert_eq!(again.user, first.user);
    let token = again.password_link.token.expose();
    assert!(password_links::look_up(&stage.app, &token).await.is_ok());

    let other = AddUser {
        role: UserRole::Member,
        ..request
    };
    let refused = users::add(&stage.app, &owner, other).await;
    assert!(
        matches!(refused, Err(AddError::IdempotencyKeyReused)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_email_address_is_taken_once() {
    let (stage, owner) = Stage::new().await;
    let refused = users::add(&stage.app, &owner, someone("Olga Other", UserRole::Member)).await;
    assert!(matches!(refused, Err(AddError::EmailTaken)), "{refused:?}");
}

#[tokio::test]
async fn people_are_managed_by_owners_and_admins_and_owners_by_owners_only() {
    let (stage, owner) = Stage::new().await;
    let admin = stage.add(&owner, "Ada Admin", UserRole::Admin).await;
    let member = stage.add(&admin, "Mia Member", UserRole::Member).await;

    let refused = users::add(&stage.app, &admin, someone("Otto New", UserRole::Owner)).await;
    assert!(matches!(refused, Err(AddError::NotAllowed)), "{refused:?}");
    let refused = users::change(&stage.app, &admin, owner.user.id, off()).await;
    assert!(
        matches!(refused, Err(ChangeError::NotAllowed)),
        "{refused:?}"
    );
    let refused = users::delete(&stage.app, &admin, owner.user.id).await;
    assert!(
        matches!(refused, Err(DeleteError::NotAllowed)),
        "{refused:?}"
    );
    let refused = password_links::create(&stage.app, &admin, owner.user.id).await;
    assert!(
        matches!(refused, Err(password_links::CreateError::NotAllowed)),
        "{refused:?}"
    );
    let refused = users::list(&stage.app, &member, None, PageLimit::default()).await;
    assert!(matches!(refused, Err(ListError::NotAllowed)), "{refused:?}");
    let refused = users::delete(&stage.app, &member, admin.user.id).await;
    assert!(
        matches!(refused, Err(DeleteError::NotAllowed)),
        "{refused:?}"
    );
    let refused = users::change(&stage.app, &member, admin.user.id, off()).await;
    assert!(
        matches!(refused, Err(ChangeError::NotAllowed)),
        "{refused:?}"
    );

    let changed = users::change(
        &stage.app,
        &admin,
        member.user.id,
        to_role(UserRole::Expert),
    );
    assert_eq!(changed.await.expect("it is allowed").role, UserRole::Expert);
    let renamed = ChangeUser {
        name: Some("Mia M.".to_owned()),
        ..ChangeUser::default()
    };
    let renamed = users::change(&stage.app, &member, member.user.id, renamed).await;
    assert_eq!(
        renamed.expect("it is one's own name").name.as_str(),
        "Mia M."
    );
}

#[tokio::test]
async fn the_last_active_owner_stays() {
    let (stage, owner) = Stage::new().await;
    // An owner who never set a password does not count.
    users::add(&stage.app, &owner, someone("Otto Other", UserRole::Owner))
        .await
        .expect("it is allowed");
    for change in [off(), to_role(UserRole::Admin)] {
        let refused = users::change(&stage.app, &owner, owner.user.id, change).await;
        assert!(
            matches!(refused, Err(ChangeError::LastOwner)),
            "{refused:?}"
        );
    }
    let refused = users::delete(&stage.app, &owner, owner.user.id).await;
    assert!(
        matches!(refused, Err(DeleteError::LastOwner)),
        "{refused:?}"
    );

    let second = stage.add(&owner, "Oda Owner", UserRole::Owner).await;
    users::delete(&stage.app, &second, owner.user.id)
        .await
        .expect("another owner is left");
}

#[tokio::test]
async fn people_are_listed_page_by_page() {
    let (stage, owner) = Stage::new().await;
    for name in ["Ada A", "Ben B", "Cleo C", "Dan D"] {
        stage.add(&owner, name, UserRole::Member).await;
    }
    let mut names = Vec::new();
    let mut cursor = None;
    loop {
        let page = users::list(&stage.app, &owner, cursor, PageLimit::clamp(2)).await;
        let page = page.expect("it is allowed");
        names.extend(page.items.iter().map(|user| user.name.as_str().to_owned()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    names.sort();
    assert_eq!(names, ["Ada A", "Ben B", "Cleo C", "Dan D", "Olga Owner"]);
}

#[tokio::test]
async fn a_switched_off_user_is_signed_out_and_sent_out_of_the_room() {
    let (stage, owner) = Stage::new().await;
    let added = users::add(&stage.app, &owner, someone("Emil Expert", UserRole::Expert)).await;
    let token = added.expect("it is allowed").password_link.token.expose();
    let sign_in = password_links::redeem(&stage.app, &token, PASSWORD.to_owned()).await;
    let sign_in = sign_in.expect("the link works");
    let browser = sign_in.token.expose();
    let expert = stage.signed_in(sign_in).await;
    let created = stage.create_session(&expert).await;
    let (session, place) = (created.session.session.id, created.participant.id);
    stage.hear([joined(session, place, "stay 1")]).await;

    users::change(&stage.app, &owner, expert.user.id, off())
        .await
        .expect("it is allowed");
    assert_eq!(
        sign_ins::authenticate(&stage.app, &browser)
            .await
            .expect("it answers"),
        None
    );
    stage.app.stop().await;
    assert_eq!(
        stage.rtc.orders(),
        [Order::Remove {
            room: session.to_string(),
            identity: place.to_string()
        }]
    );
}

#[tokio::test]
async fn a_deleted_user_is_gone_from_everywhere_and_what_they_did_stays() {
    let (stage, owner) = Stage::new().await;
    let expert = stage
        .add(&owner, "Ottilie Zwirnknäuel", UserRole::Expert)
        .await;
    let created = stage.create_session(&expert).await;
    let session = created.session.session.id;
    stage
        .hear([joined(session, created.participant.id, "stay 1")])
        .await;
    assert!(files_hold(&stage, "Zwirnkn") && files_hold(&stage, "ottilie@example.com"));

    users::delete(&stage.app, &owner, expert.user.id)
        .await
        .expect("it is allowed");
    assert!(
        !files_hold(&stage, "Zwirnkn"),
        "the name is still in a file"
    );
    assert!(
        !files_hold(&stage, "ottilie@"),
        "the address is still in a file"
    );
    assert!(stage.sign_in("ottilie@example.com").await.is_err());

    let caller = Caller::User(owner.clone());
    let view = sessions::show(&stage.app, &caller, session)
        .await
        .expect("it is visible");
    assert_eq!(
        (view.session.created_by, view.creator_name),
        (expert.user.id, None)
    );
    let place = app::participants::take_seat(&stage.app, &owner, session, ParticipantRole::Expert);
    place.await.expect("it is open");
    let mut watching = stage.watch(&caller, session).await;
    let app::live::LiveMessage::Snapshot { participants, .. } =
        crate::stage::next(&mut watching).await
    else {
        panic!("a snapshot comes first");
    };
    assert_eq!(
        participants[0].person,
        Person::User {
            id: expert.user.id,
            name: None
        }
    );

    // The address is free for somebody else.
    stage.add(&owner, "Ottilie Other", UserRole::Member).await;
}

fn files_hold(stage: &Stage, text: &str) -> bool {
    let needle = text.as_bytes();
    fs::read_dir(stage.files())
        .expect("the directory is there")
        .any(|entry| {
            let bytes = fs::read(entry.expect("it can be listed").path()).expect("it can be read");
            bytes.windows(needle.len()).any(|window| window == needle)
        })
}
