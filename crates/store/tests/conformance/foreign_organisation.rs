//! Every function about something that an organisation owns, tried with another organisation's id.
//!
//! A new function of that kind belongs into one of the two sweeps.

use std::slice;

use domain::{
    PageLimit, ParticipantRole, PolicyName, PolicyValue, SessionState, TokenHash, UserState,
};
use store::{SessionFilter, StateFilter, Store, StoreError, Transaction};
use time::Duration;

use crate::world::{START, World, event, present};

crate::conformance!(
    nothing_is_found_from_outside,
    nothing_is_changed_from_outside
);

async fn nothing_is_found_from_outside(store: &dyn Store) {
    let (own, other) = (World::insert(store, 1).await, World::insert(store, 2).await);
    let mut transaction = store.read().await.expect("the database is there");
    look_from_outside(&mut *transaction, &own, &other)
        .await
        .expect("it answers");
}

async fn look_from_outside(
    t: &mut dyn Transaction,
    own: &World,
    other: &World,
) -> Result<(), StoreError> {
    let (foreign, user, session) = (other.organisation, own.owner.id, own.session.id);
    assert_eq!(t.user(foreign, user).await?, None);
    assert!(t.user_by_email(foreign, &own.owner.email).await?.is_none());
    assert_eq!(
        t.users(foreign, None, PageLimit::BIGGEST).await?,
        slice::from_ref(&other.owner)
    );
    assert_eq!(t.owners(foreign).await?, slice::from_ref(&other.owner));
    assert_eq!(t.active_owner_count(foreign).await?, 1);
    assert!(!t.has_password(foreign, user).await?);
    assert_eq!(t.session(foreign, session, Some(user)).await?, None);
    let filter = SessionFilter {
        state: StateFilter::All,
        is_viewers_only: false,
        after: None,
        limit: PageLimit::BIGGEST,
    };
    let listed = t.sessions(foreign, user, &filter).await?;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].session, other.session);
    assert_eq!(
        t.participant(foreign, session, own.participant.id).await?,
        None
    );
    assert_eq!(t.participant_of_user(foreign, session, user).await?, None);
    assert_eq!(t.participants(foreign, session).await?, []);
    assert_eq!(
        t.present_count_without(foreign, session, other.guest.id)
            .await?,
        0
    );
    assert_eq!(
        t.taken_count_without(foreign, session, other.guest.id, START)
            .await?,
        0
    );
    assert_eq!(
        t.present_users_without(foreign, session, other.guest.id)
            .await?,
        []
    );
    assert_eq!(
        t.taken_users_without(foreign, session, other.guest.id, START)
            .await?,
        []
    );
    assert_eq!(t.places_of_user_held_after(foreign, user, START).await?, []);
    assert_eq!(t.event_by_key(foreign, session, "first").await?, None);
    assert_eq!(t.events(foreign, session, 0, PageLimit::BIGGEST).await?, []);
    assert_eq!(t.last_seq(foreign, session).await?, 0);
    assert_eq!(
        t.session_policies(foreign, session)
            .await?
            .entries()
            .count(),
        0
    );
    assert_eq!(t.expected_guest_count(foreign, session).await?, 0);
    assert_eq!(t.kept_redemption(foreign, session, own.secret).await?, None);
    assert_eq!(
        t.kept_result(foreign, user, "sessions.create", "key")
            .await?,
        None
    );
    Ok(())
}

async fn nothing_is_changed_from_outside(store: &dyn Store) {
    let (own, other) = (World::insert(store, 1).await, World::insert(store, 2).await);
    let before = own.describe(store).await;
    let mut transaction = store.write().await.expect("the database is there");
    change_from_outside(&mut *transaction, &own, &other)
        .await
        .expect("it answers");
    transaction.commit().await.expect("it is committed");
    assert_eq!(own.describe(store).await, before);
    insert_from_outside(store, &own, &other).await;
    assert_eq!(own.describe(store).await, before);
}

async fn change_from_outside(
    t: &mut dyn Transaction,
    own: &World,
    other: &World,
) -> Result<(), StoreError> {
    let (foreign, user, session) = (other.organisation, own.owner.id, own.session.id);
    let (participant, guest) = (own.participant.id, own.guest.id);
    let mut renamed = own.owner.clone();
    renamed.name = other.owner.name.clone();
    t.update_user(foreign, &renamed).await?;
    t.set_password(foreign, user, "stolen", UserState::Deactivated)
        .await?;
    t.set_last_sign_in(foreign, user, START).await?;
    t.erase_user(foreign, user, START).await?;
    t.delete_sign_ins_of(foreign, user).await?;
    t.delete_other_sign_ins_of(foreign, user, TokenHash([9; 32]))
        .await?;
    t.delete_password_link_of(foreign, user).await?;
    t.set_session_state(foreign, session, SessionState::Ended { at: START })
        .await?;
    t.set_session_title(foreign, session, None).await?;
    t.delete_invite(foreign, session).await?;
    t.set_participant_role(foreign, session, participant, ParticipantRole::Observer)
        .await?;
    t.set_presence(foreign, session, participant, &present("a stay"))
        .await?;
    t.set_removed(foreign, session, participant, true).await?;
    let until = Some(START + Duration::MINUTE);
    t.set_reservation(foreign, session, participant, until)
        .await?;
    t.delete_seats_of(foreign, session, guest).await?;
    t.remove_expected_guests(foreign, session, START).await?;
    t.delete_seats_of_removed(foreign, session).await?;
    assert!(!t.count_guest_of_invite(foreign, session, 9).await?);
    t.set_organisation_policy(
        foreign,
        PolicyName::FilesEnabled,
        PolicyValue::Switch(false),
    )
    .await?;
    t.delete_organisation_policy(foreign, PolicyName::SessionsGuests)
        .await?;
    Ok(())
}

/// What is inserted with a foreign organisation's id refers to nothing there is, and is refused.
async fn insert_from_outside(store: &dyn Store, own: &World, other: &World) {
    let foreign = other.organisation;
    refused(store, async |t| {
        t.insert_event(foreign, own.session.id, &event(9, None))
            .await
            .map(drop)
    })
    .await;
    refused(store, async |t| {
        t.insert_participant(foreign, &own.participant).await
    })
    .await;
    refused(store, async |t| {
        let mut invite = own.invite.clone();
        invite.code = "987654321".parse().expect("nine digits");
        t.insert_invite(foreign, &invite, other.secret)
            .await
            .map(drop)
    })
    .await;
    refused(store, async |t| {
        let value = PolicyValue::Switch(true);
        t.insert_session_policy(foreign, own.session.id, PolicyName::SessionsGuests, value)
            .await
    })
    .await;
    refused(store, async |t| {
        let mut sign_in = own.sign_in();
        sign_in.organisation_id = foreign;
        sign_in.token.0[0] = 99;
        t.insert_sign_in(&sign_in).await
    })
    .await;
    refused(store, async |t| {
        let mut link = own.password_link();
        link.organisation_id = foreign;
        link.token.0[0] = 99;
        t.replace_password_link(&link).await
    })
    .await;
    refused(store, async |t| {
        let mut seat = own.seat();
        seat.organisation_id = foreign;
        seat.token.0[0] = 99;
        t.insert_seat(&seat).await
    })
    .await;
    refused(store, async |t| {
        let mut result = own.created.clone();
        result.organisation_id = foreign;
        t.insert_kept_result(&result).await
    })
    .await;
    refused(store, async |t| {
        let redemption = own.redemption();
        t.insert_kept_redemption(foreign, own.session.id, &redemption)
            .await
    })
    .await;
    refused(store, async |t| {
        let mut session = own.session.clone();
        session.organisation_id = foreign;
        session.id = domain::SessionId::from_random([99; 16]);
        t.insert_session(&session).await
    })
    .await;
}

async fn refused(
    store: &dyn Store,
    attempt: impl AsyncFnOnce(&mut dyn Transaction) -> Result<(), StoreError>,
) {
    let mut transaction = store.write().await.expect("the database is there");
    let result = attempt(&mut *transaction).await;
    assert!(matches!(result, Err(StoreError::Database(_))), "{result:?}");
}
