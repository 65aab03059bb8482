use app::{
    Config,
    policies::{self, SetError},
    sessions::{self, CreateError, CreateSession},
};
use domain::{PolicyError, PolicyLayer, PolicyLevel, PolicyName, PolicyValue, UserRole};
use time::Duration;

use crate::stage::{Stage, config, new_session};

fn says(name: &str, value: PolicyValue) -> CreateSession {
    CreateSession {
        policies: vec![(name.to_owned(), value)],
        ..new_session()
    }
}

#[tokio::test]
async fn an_administrator_decides_and_takes_it_back() {
    let (stage, owner) = Stage::new().await;
    let name = PolicyName::SessionsGuests;
    let off = Some(PolicyValue::Switch(false));
    let view = policies::set(&stage.app, &owner, name, off)
        .await
        .expect("it is allowed");
    assert!(!view.effective.guests);
    assert_eq!(
        policies::show(&stage.app, &owner)
            .await
            .expect("it answers"),
        view
    );
    let view = policies::set(&stage.app, &owner, name, None)
        .await
        .expect("it is allowed");
    assert!(view.effective.guests);
    assert_eq!(view.organisation.entries().count(), 0);
}

#[tokio::test]
async fn experts_and_members_do_not_decide() {
    let (stage, owner) = Stage::new().await;
    let expert = stage.add(&owner, "Emil Expert", UserRole::Expert).await;
    let refused = policies::set(&stage.app, &expert, PolicyName::SessionsGuests, None).await;
    assert!(matches!(refused, Err(SetError::NotAllowed)), "{refused:?}");
}

#[tokio::test]
async fn what_the_operator_forbids_nobody_below_allows() {
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
    let on = PolicyValue::Switch(true);
    let refused = policies::set(&stage.app, &owner, PolicyName::SessionsGuests, Some(on)).await;
    let forbidden = PolicyError::ForbiddenAbove {
        name: PolicyName::SessionsGuests,
    };
    assert!(
        matches!(&refused, Err(SetError::Policy(error)) if *error == forbidden),
        "{refused:?}"
    );
    let refused = sessions::create(&stage.app, &owner, says("sessions.guests", on)).await;
    assert!(
        matches!(&refused, Err(CreateError::Policy(error)) if *error == forbidden),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_unknown_policy_creates_nothing() {
    let (stage, owner) = Stage::new().await;
    let request = says("sessions.gests", PolicyValue::Switch(false));
    let refused = sessions::create(&stage.app, &owner, request).await;
    assert!(
        matches!(
            refused,
            Err(CreateError::Policy(PolicyError::Unknown { .. }))
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_lifetime_of_invites_comes_from_the_session_or_from_above() {
    let (stage, owner) = Stage::new().await;
    let created = stage.create_session(&owner).await;
    let invite = created.session.invite.expect("its creator may invite");
    assert_eq!(
        invite.expires_at - created.session.session.created_at,
        Duration::days(7)
    );

    let name = PolicyName::SessionsCodeTtl;
    policies::set(&stage.app, &owner, name, Some(PolicyValue::Seconds(7200)))
        .await
        .expect("it is allowed");
    let created = stage.create_session(&owner).await;
    let invite = created.session.invite.expect("its creator may invite");
    assert_eq!(
        invite.expires_at - created.session.session.created_at,
        Duration::hours(2)
    );

    let request = says("sessions.code_ttl", PolicyValue::Seconds(3600));
    let created = sessions::create(&stage.app, &owner, request)
        .await
        .expect("it is allowed");
    let invite = created.session.invite.expect("its creator may invite");
    assert_eq!(
        invite.expires_at - created.session.session.created_at,
        Duration::hours(1)
    );
    // What the organisation says is the most that a session can have.
    let request = says("sessions.code_ttl", PolicyValue::Seconds(7201));
    let refused = sessions::create(&stage.app, &owner, request).await;
    let more = PolicyError::MoreThanAbove { name };
    assert!(
        matches!(&refused, Err(CreateError::Policy(error)) if *error == more),
        "{refused:?}"
    );
}
