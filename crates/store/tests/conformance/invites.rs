use domain::TokenHash;
use store::Store;

use crate::world::{World, invite, session};

crate::conformance!(
    an_invite_is_found_by_code_and_by_token,
    a_taken_code_is_not_given_to_another_session,
    an_invite_counts_its_guests_up_to_a_limit,
    a_deleted_invite_opens_nothing_and_frees_its_code,
);

async fn an_invite_is_found_by_code_and_by_token(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.read().await.expect("the database is there");
    let by_code = transaction
        .invite_by_code(world.invite.code)
        .await
        .expect("it answers");
    let by_token = transaction
        .invite_by_token(world.secret)
        .await
        .expect("it answers");
    let found = by_code.expect("it is found");
    assert_eq!(
        (found.organisation_id, &found.invite),
        (world.organisation, &world.invite)
    );
    assert_eq!(by_token, Some(found));
}

async fn a_taken_code_is_not_given_to_another_session(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    let second = session(world.organisation, &world.owner, 50);
    transaction
        .insert_session(&second)
        .await
        .expect("it is taken");
    let mut same_code = invite(&second, 50);
    same_code.code = world.invite.code;
    let hash = TokenHash([50; 32]);
    let is_kept = transaction
        .insert_invite(world.organisation, &same_code, hash)
        .await;
    assert!(!is_kept.expect("it answers"));
    let is_kept = transaction
        .insert_invite(world.organisation, &invite(&second, 50), hash)
        .await;
    assert!(is_kept.expect("it answers"));
}

async fn an_invite_counts_its_guests_up_to_a_limit(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    for is_counted in [true, true, false, false] {
        let counted = transaction.count_guest_of_invite(world.organisation, world.session.id, 2);
        assert_eq!(counted.await.expect("it answers"), is_counted);
    }
}

async fn a_deleted_invite_opens_nothing_and_frees_its_code(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    transaction
        .delete_invite(world.organisation, world.session.id)
        .await
        .expect("it is deleted");
    let found = transaction
        .invite_by_code(world.invite.code)
        .await
        .expect("it answers");
    assert_eq!(found, None);
    let is_kept = transaction
        .insert_invite(world.organisation, &world.invite, world.secret)
        .await;
    assert!(is_kept.expect("it answers"));
}
