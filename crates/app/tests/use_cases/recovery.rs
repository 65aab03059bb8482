use app::{
    password_links,
    recovery::{Recovery, RecoveryError},
    users::{self, ChangeUser},
};
use domain::{Activation, UserRole, UserState};

use crate::stage::{Stage, someone};

fn recovery(stage: &Stage) -> Recovery {
    Recovery::new(
        stage.store.clone(),
        stage.clock.clone(),
        stage.random.clone(),
    )
}

#[tokio::test]
async fn an_owner_who_lost_the_password_gets_a_link() {
    let (stage, owner) = Stage::new().await;
    stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let owners = recovery(&stage).owners().await.expect("it answers");
    assert_eq!(owners.len(), 1);
    let link = recovery(&stage)
        .create_password_link(owners[0].id)
        .await
        .expect("it answers");
    let token = link.token.expose();
    password_links::redeem(&stage.app, &token, "a new password".to_owned())
        .await
        .expect("the link works");
    assert!(
        stage.sign_in("olga@example.com").await.is_err(),
        "the old password is gone"
    );
}

#[tokio::test]
async fn an_owner_who_was_switched_off_is_switched_on() {
    let (stage, owner) = Stage::new().await;
    let second = stage.add(&owner, "Oda Owner", UserRole::Owner).await;
    let off = ChangeUser {
        activation: Some(Activation::Off),
        ..ChangeUser::default()
    };
    users::change(&stage.app, &owner, second.user.id, off)
        .await
        .expect("it is allowed");
    let link = recovery(&stage)
        .create_password_link(second.user.id)
        .await
        .expect("it answers");
    let token = link.token.expose();
    let redeemed = password_links::redeem(&stage.app, &token, "a new password".to_owned()).await;
    assert_eq!(
        redeemed.expect("the link works").user.state,
        UserState::Active
    );
}

#[tokio::test]
async fn a_new_owner_can_be_made() {
    let (stage, _owner) = Stage::new().await;
    let added = recovery(&stage)
        .create_owner("Rita Rescue", "rita@example.com")
        .await;
    let token = added.expect("it answers").password_link.token.expose();
    let redeemed = password_links::redeem(&stage.app, &token, "a new password".to_owned()).await;
    assert!(redeemed.expect("the link works").user.is_active_owner());
    let again = recovery(&stage)
        .create_owner("Rita Rescue", "rita@example.com")
        .await;
    assert!(matches!(again, Err(RecoveryError::EmailTaken)), "{again:?}");
}

#[tokio::test]
async fn others_than_owners_get_no_link_from_the_operator() {
    let (stage, owner) = Stage::new().await;
    let admin = users::add(&stage.app, &owner, someone("Ada Admin", UserRole::Admin)).await;
    let admin = admin.expect("it is allowed").user.id;
    let refused = recovery(&stage).create_password_link(admin).await;
    assert!(
        matches!(refused, Err(RecoveryError::NotFound)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn there_is_nobody_to_recover_before_the_set_up() {
    let stage = Stage::empty().await;
    let refused = recovery(&stage).owners().await;
    assert!(
        matches!(refused, Err(RecoveryError::NotSetUp)),
        "{refused:?}"
    );
}
