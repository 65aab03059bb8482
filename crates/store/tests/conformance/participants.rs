use domain::{NetworkPath, Person, Presence};
use store::{Place, Store};
use time::Duration;

use crate::world::{START, World, participant, present};

crate::conformance!(
    participants_are_listed_in_the_order_of_their_coming,
    every_presence_reads_back,
    who_is_present_is_counted_and_found,
    the_users_among_those_who_are_in_or_coming_are_named,
    a_users_places_are_found_where_they_are_or_may_come,
    a_reserved_place_is_taken_until_its_time_is_over,
    guests_who_never_came_lose_their_places_and_nobody_else_does,
    a_deleted_users_place_stays_without_a_name,
);

async fn participants_are_listed_in_the_order_of_their_coming(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.read().await.expect("the database is there");
    let listed = transaction
        .participants(world.organisation, world.session.id)
        .await
        .expect("it answers");
    assert_eq!(listed, [world.participant, world.guest]);
}

async fn every_presence_reads_back(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let (organisation, session, id) = (world.organisation, world.session.id, world.participant.id);
    let mut transaction = store.write().await.expect("the database is there");
    for presence in [
        present("a stay"),
        Presence::Present {
            joined_at: START,
            stay: "another".to_owned(),
            path: Some(NetworkPath::Tcp),
        },
        Presence::Gone {
            joined_at: START,
            left_at: START + Duration::minutes(1),
        },
        Presence::Expected,
    ] {
        transaction
            .set_presence(organisation, session, id, &presence)
            .await
            .expect("it is stored");
        let found = transaction.participant(organisation, session, id).await;
        let found = found.expect("it answers").expect("it is found");
        assert_eq!(found.presence, presence);
    }
}

async fn who_is_present_is_counted_and_found(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let (organisation, session) = (world.organisation, world.session.id);
    let mut transaction = store.write().await.expect("the database is there");
    for id in [world.participant.id, world.guest.id] {
        transaction
            .set_presence(organisation, session, id, &present("a stay"))
            .await
            .expect("it is stored");
    }
    let others = transaction
        .present_count_without(organisation, session, world.guest.id)
        .await;
    assert_eq!(others.expect("it answers"), 1);
    let details = transaction.session(organisation, session, None).await;
    let details = details.expect("it answers").expect("it is found");
    assert_eq!(details.participants_present, 2);
    let everywhere = transaction.present_places().await.expect("it answers");
    assert_eq!(everywhere.len(), 2);
}

async fn the_users_among_those_who_are_in_or_coming_are_named(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let (organisation, session) = (world.organisation, world.session.id);
    let (place, guest) = (world.participant.id, world.guest.id);
    let user = world.participant.person.user_id().expect("a user");
    let mut t = store.write().await.expect("the database is there");
    let until = START + Duration::minutes(1);
    t.set_reservation(organisation, session, place, Some(until))
        .await
        .expect("it is stored");
    let taken = t.taken_users_without(organisation, session, guest, START);
    assert_eq!(taken.await.expect("it answers"), [user]);
    let taken = t.taken_users_without(organisation, session, place, START);
    assert_eq!(taken.await.expect("it answers"), []);
    let named = t.present_users_without(organisation, session, guest);
    assert_eq!(named.await.expect("it answers"), []);
    for id in [place, guest] {
        t.set_presence(organisation, session, id, &present("a stay"))
            .await
            .expect("it is stored");
    }
    let named = t.present_users_without(organisation, session, guest);
    assert_eq!(named.await.expect("it answers"), [user]);
    // A guest is no user, and nobody is who was removed.
    let named = t.present_users_without(organisation, session, place);
    assert_eq!(named.await.expect("it answers"), []);
    t.set_removed(organisation, session, place, true)
        .await
        .expect("it is stored");
    let named = t.present_users_without(organisation, session, guest);
    assert_eq!(named.await.expect("it answers"), []);
    let taken = t.taken_users_without(organisation, session, guest, START);
    assert_eq!(taken.await.expect("it answers"), []);
    let taken = t.taken_count_without(organisation, session, guest, START);
    assert_eq!(taken.await.expect("it answers"), 0);
    let named = t.present_count_without(organisation, session, guest);
    assert_eq!(named.await.expect("it answers"), 0);
}

async fn a_users_places_are_found_where_they_are_or_may_come(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let (organisation, session) = (world.organisation, world.session.id);
    let (id, user) = (world.participant.id, world.owner.id);
    let mut transaction = store.write().await.expect("the database is there");
    let held = transaction.places_of_user_held_after(organisation, user, START);
    assert_eq!(held.await.expect("it answers"), []);
    let place = Place {
        organisation_id: organisation,
        session_id: session,
        participant_id: id,
    };
    let until = START + Duration::minutes(1);
    transaction
        .set_reservation(organisation, session, id, Some(until))
        .await
        .expect("it is stored");
    for (at, held) in [(START, vec![place.clone()]), (until, vec![])] {
        let found = transaction.places_of_user_held_after(organisation, user, at);
        assert_eq!(found.await.expect("it answers"), held);
    }
    transaction
        .set_presence(organisation, session, id, &present("a stay"))
        .await
        .expect("it is stored");
    let held = transaction.places_of_user_held_after(organisation, user, until);
    assert_eq!(held.await.expect("it answers"), [place]);
}

async fn a_reserved_place_is_taken_until_its_time_is_over(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let (organisation, session) = (world.organisation, world.session.id);
    let (id, guest) = (world.participant.id, world.guest.id);
    let until = START + Duration::minutes(1);
    let mut transaction = store.write().await.expect("the database is there");
    transaction
        .set_reservation(organisation, session, guest, Some(until))
        .await
        .expect("it is stored");
    for (uncounted, now, taken) in [
        (id, START, 1),
        (guest, START, 0),
        (id, until - Duration::milliseconds(1), 1),
        (id, until, 0),
    ] {
        let counted = transaction.taken_count_without(organisation, session, uncounted, now);
        assert_eq!(counted.await.expect("it answers"), taken);
    }
    // Whoever has come in with their reservation takes one place, not two.
    transaction
        .set_presence(organisation, session, guest, &present("a stay"))
        .await
        .expect("it is stored");
    let counted = transaction.taken_count_without(organisation, session, id, START);
    assert_eq!(counted.await.expect("it answers"), 1);
    transaction
        .set_presence(organisation, session, guest, &Presence::Expected)
        .await
        .expect("it is stored");
    transaction
        .set_reservation(organisation, session, guest, None)
        .await
        .expect("it is stored");
    let counted = transaction.taken_count_without(organisation, session, id, START);
    assert_eq!(counted.await.expect("it answers"), 0);
}

async fn guests_who_never_came_lose_their_places_and_nobody_else_does(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let (organisation, session) = (world.organisation, world.session.id);
    let guests = [60, 61, 62].map(|number| {
        let person = world.guest.person.clone();
        participant(&world.session, number, person)
    });
    let mut transaction = store.write().await.expect("the database is there");
    for guest in &guests {
        let inserted = transaction.insert_participant(organisation, guest).await;
        inserted.expect("it is taken");
    }
    let [never_came, is_on_the_way, is_in] = guests.map(|guest| guest.id);
    let until = Some(START + Duration::minutes(1));
    transaction
        .set_reservation(organisation, session, is_on_the_way, until)
        .await
        .expect("it is stored");
    transaction
        .set_presence(organisation, session, is_in, &present("a stay"))
        .await
        .expect("it is stored");
    let expected = transaction.expected_guest_count(organisation, session);
    assert_eq!(expected.await.expect("it answers"), 3);
    transaction
        .remove_expected_guests(organisation, session, START)
        .await
        .expect("it is stored");
    let everybody = transaction.participants(organisation, session).await;
    let everybody = everybody.expect("it answers");
    let removed = everybody.iter().filter(|place| place.is_removed);
    let removed: Vec<_> = removed.map(|place| place.id).collect();
    assert_eq!(removed, [world.guest.id, never_came]);
    // Their seats go with them.
    transaction
        .delete_seats_of_removed(organisation, session)
        .await
        .expect("they are deleted");
    let seat = transaction.seat(session, world.secret).await;
    assert_eq!(seat.expect("it answers"), None);
}

async fn a_deleted_users_place_stays_without_a_name(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    transaction
        .erase_user(world.organisation, world.owner.id, START)
        .await
        .expect("it is erased");
    let place = transaction
        .participant_of_user(world.organisation, world.session.id, world.owner.id)
        .await
        .expect("it answers")
        .expect("the place is still there");
    assert_eq!(
        place.person,
        Person::User {
            id: world.owner.id,
            name: None
        }
    );
}
