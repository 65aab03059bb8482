use app::{
    installation,
    setup::{self, CompleteError, SetUp},
};
use domain::{UserRole, UserState};

use crate::stage::{PASSWORD, Stage};

fn request(token: String) -> SetUp {
    SetUp {
        token,
        organisation_name: "Acme".to_owned(),
        name: "Olga Owner".to_owned(),
        email: "olga@example.com".to_owned(),
        password: PASSWORD.to_owned(),
    }
}

#[tokio::test]
async fn the_first_person_becomes_the_owner_and_is_signed_in() {
    let stage = Stage::empty().await;
    let before = installation::describe(&stage.app)
        .await
        .expect("it answers");
    assert_eq!(before.organisation, None);

    let owner = stage.set_up().await;
    assert_eq!(
        (owner.user.role, owner.user.state),
        (UserRole::Owner, UserState::Active)
    );
    let after = installation::describe(&stage.app)
        .await
        .expect("it answers");
    assert_eq!(after.organisation, Some(owner.organisation));
    assert!(stage.sign_in("olga@example.com").await.is_ok());
}

#[tokio::test]
async fn the_set_up_happens_once() {
    let (stage, _owner) = Stage::new().await;
    assert_eq!(setup::token(&stage.app).await.expect("it answers"), None);
    let again = setup::complete(&stage.app, request("0".repeat(52))).await;
    assert!(
        matches!(again, Err(CompleteError::AlreadySetUp)),
        "{again:?}"
    );
}

#[tokio::test]
async fn the_token_stays_the_same_until_it_is_used() {
    let mut stage = Stage::empty().await;
    let first = setup::token(&stage.app).await.expect("it answers");
    stage.restart().await;
    assert!(first.is_some());
    assert_eq!(setup::token(&stage.app).await.expect("it answers"), first);
}

#[tokio::test]
async fn a_wrong_token_sets_nothing_up() {
    let stage = Stage::empty().await;
    for wrong in [String::new(), "0".repeat(52), "not a token".to_owned()] {
        let refused = setup::complete(&stage.app, request(wrong)).await;
        assert!(
            matches!(refused, Err(CompleteError::TokenWrong)),
            "{refused:?}"
        );
    }
    assert!(
        setup::token(&stage.app)
            .await
            .expect("it answers")
            .is_some()
    );
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let stage = Stage::empty().await;
    let token = setup::token(&stage.app)
        .await
        .expect("it answers")
        .expect("it is fresh");
    let request = SetUp {
        token: token.expose(),
        organisation_name: String::new(),
        name: "x".repeat(81),
        email: "nobody".to_owned(),
        password: "short".to_owned(),
    };
    let refused = setup::complete(&stage.app, request).await;
    let Err(CompleteError::InvalidInput(fields)) = refused else {
        panic!("it was not refused for its fields: {refused:?}");
    };
    let codes: Vec<_> = fields
        .as_slice()
        .iter()
        .map(|error| (error.field, error.code.as_str()))
        .collect();
    assert_eq!(
        codes,
        [
            ("organisation_name", "required"),
            ("name", "too_long"),
            ("email", "invalid"),
            ("password", "too_short"),
        ]
    );
}
