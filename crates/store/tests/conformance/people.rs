use domain::{Cursor, PageLimit, TokenHash, User, UserRole, UserState};
use store::Store;
use time::Duration;

use crate::world::{START, World, user};

crate::conformance!(
    users_are_listed_page_by_page_in_the_order_of_their_coming,
    an_email_address_is_taken_once_in_an_organisation,
    an_erased_user_is_found_nowhere_and_frees_the_address,
    only_active_owners_count,
    a_user_reads_back_as_it_was_stored,
    a_password_link_takes_the_place_of_the_earlier_one,
    expired_sign_ins_and_seats_are_forgotten,
);

async fn users_are_listed_page_by_page_in_the_order_of_their_coming(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    let mut all = vec![world.owner.clone()];
    for number in 2..=5 {
        // Two each are of the same moment: then the id decides.
        let mut added = user(world.organisation, number, UserRole::Member);
        added.created_at = START + Duration::seconds(i64::from(number / 2) + 1);
        assert!(transaction.insert_user(&added).await.expect("it answers"));
        all.push(added);
    }
    let mut listed: Vec<User> = Vec::new();
    loop {
        let after = listed.last().map(|user| Cursor {
            at: user.created_at,
            id: user.id,
        });
        let page = transaction
            .users(world.organisation, after.as_ref(), PageLimit::clamp(2))
            .await
            .expect("it answers");
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    assert_eq!(listed, all);
}

async fn an_email_address_is_taken_once_in_an_organisation(store: &dyn Store) {
    let (one, two) = (World::insert(store, 1).await, World::insert(store, 2).await);
    let mut transaction = store.write().await.expect("the database is there");
    let mut second = user(one.organisation, 9, UserRole::Member);
    second.email = one.owner.email.clone();
    assert!(!transaction.insert_user(&second).await.expect("it answers"));
    second.organisation_id = two.organisation;
    assert!(transaction.insert_user(&second).await.expect("it answers"));
}

async fn an_erased_user_is_found_nowhere_and_frees_the_address(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let (organisation, id) = (world.organisation, world.owner.id);
    let mut transaction = store.write().await.expect("the database is there");
    transaction
        .erase_user(organisation, id, START)
        .await
        .expect("it is erased");
    assert_eq!(
        transaction
            .user(organisation, id)
            .await
            .expect("it answers"),
        None
    );
    let found = transaction
        .user_by_email(organisation, &world.owner.email)
        .await;
    assert!(found.expect("it answers").is_none());
    let listed = transaction
        .users(organisation, None, PageLimit::BIGGEST)
        .await;
    assert_eq!(listed.expect("it answers"), []);
    assert!(
        !transaction
            .has_password(organisation, id)
            .await
            .expect("it answers")
    );
    let details = transaction
        .session(organisation, world.session.id, None)
        .await;
    let details = details
        .expect("it answers")
        .expect("the session is still there");
    assert_eq!(
        (details.session.created_by, details.creator_name),
        (id, None)
    );

    let mut successor = user(organisation, 9, UserRole::Owner);
    successor.email = world.owner.email;
    assert!(
        transaction
            .insert_user(&successor)
            .await
            .expect("it answers")
    );
}

async fn only_active_owners_count(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let organisation = world.organisation;
    let mut transaction = store.write().await.expect("the database is there");
    for (number, role, state) in [
        (2, UserRole::Owner, UserState::Invited),
        (3, UserRole::Owner, UserState::Deactivated),
        (4, UserRole::Admin, UserState::Active),
        (5, UserRole::Owner, UserState::Active),
    ] {
        let added = User {
            state,
            ..user(organisation, number, role)
        };
        assert!(transaction.insert_user(&added).await.expect("it answers"));
    }
    assert_eq!(
        transaction
            .active_owner_count(organisation)
            .await
            .expect("it answers"),
        2
    );
    assert_eq!(
        transaction
            .owners(organisation)
            .await
            .expect("it answers")
            .len(),
        4
    );
}

async fn a_user_reads_back_as_it_was_stored(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    let changed = User {
        role: UserRole::Expert,
        state: UserState::Deactivated,
        last_sign_in_at: Some(START),
        ..world.owner.clone()
    };
    transaction
        .update_user(world.organisation, &changed)
        .await
        .expect("it is stored");
    transaction
        .set_last_sign_in(world.organisation, changed.id, START)
        .await
        .expect("it is stored");
    let found = transaction
        .user(world.organisation, changed.id)
        .await
        .expect("it answers");
    assert_eq!(found, Some(changed));
}

async fn a_password_link_takes_the_place_of_the_earlier_one(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    let mut second = world.password_link();
    second.token = TokenHash([77; 32]);
    transaction
        .replace_password_link(&second)
        .await
        .expect("it is stored");
    let first = transaction
        .password_link(world.secret)
        .await
        .expect("it answers");
    assert_eq!(first, None);
    let found = transaction
        .password_link(second.token)
        .await
        .expect("it answers");
    assert_eq!(found, Some(second));
}

async fn expired_sign_ins_and_seats_are_forgotten(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    let seat_ends = world.seat().expires_at;
    transaction
        .delete_expired_seats(seat_ends)
        .await
        .expect("it is done");
    transaction
        .delete_expired_sign_ins(seat_ends)
        .await
        .expect("it is done");
    let seat = transaction
        .seat(world.session.id, world.secret)
        .await
        .expect("it answers");
    assert_eq!(seat, None);
    let sign_in = transaction.sign_in(world.secret).await.expect("it answers");
    assert_eq!(sign_in, Some(world.sign_in()));
}
