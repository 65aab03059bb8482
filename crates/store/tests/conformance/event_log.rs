use std::slice;

use domain::{EventData, NewEvent, PageLimit, ParticipantRole};
use store::Store;

use crate::world::{START, World, event};

crate::conformance!(
    events_are_numbered_from_one_without_gaps,
    appending_twice_with_one_key_stores_one_event,
    keys_of_other_sessions_do_not_meet,
    an_event_that_is_rolled_back_leaves_no_gap,
    a_page_begins_after_the_given_event,
    an_event_reads_back_as_it_was_appended,
    writers_at_the_same_time_leave_no_gap,
);

async fn events_are_numbered_from_one_without_gaps(store: &dyn Store) {
    let (one, two) = (World::insert(store, 1).await, World::insert(store, 2).await);
    let mut transaction = store.write().await.expect("the database is there");
    for seq in 2..=4 {
        for world in [&one, &two] {
            let stored = transaction
                .append_event(world.organisation, world.session.id, &event(9, None))
                .await
                .expect("it is appended");
            assert_eq!(stored.seq, seq);
        }
    }
    let last = transaction.last_seq(one.organisation, one.session.id).await;
    assert_eq!(last.expect("it answers"), 4);
}

async fn appending_twice_with_one_key_stores_one_event(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    let mut append = async |event: &NewEvent| {
        transaction
            .append_event(world.organisation, world.session.id, event)
            .await
            .expect("it answers")
    };
    let first = append(&event(7, Some("joined:1"))).await;
    let between = append(&event(8, None)).await;
    let again = append(&event(9, Some("joined:1"))).await;
    assert_eq!(again, first);
    assert_eq!((first.seq, between.seq), (2, 3));
    assert_eq!(append(&event(10, None)).await.seq, 4);
}

async fn keys_of_other_sessions_do_not_meet(store: &dyn Store) {
    let (one, two) = (World::insert(store, 1).await, World::insert(store, 2).await);
    let mut transaction = store.write().await.expect("the database is there");
    for (world, number) in [(one, 7), (two, 8)] {
        let new = event(number, Some("same"));
        let stored = transaction
            .append_event(world.organisation, world.session.id, &new)
            .await
            .expect("it is appended");
        assert_eq!(stored.id, new.id);
    }
}

async fn an_event_that_is_rolled_back_leaves_no_gap(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    for _ in 0..2 {
        let mut transaction = store.write().await.expect("the database is there");
        let stored = transaction
            .append_event(world.organisation, world.session.id, &event(9, None))
            .await
            .expect("it is appended");
        assert_eq!(stored.seq, 2);
    }
}

async fn a_page_begins_after_the_given_event(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    for number in 2..=5 {
        transaction
            .append_event(world.organisation, world.session.id, &event(number, None))
            .await
            .expect("it is appended");
    }
    let page = transaction
        .events(world.organisation, world.session.id, 2, PageLimit::clamp(2))
        .await
        .expect("it answers");
    assert_eq!(
        page.iter().map(|event| event.seq).collect::<Vec<_>>(),
        [3, 4]
    );
    let end = transaction
        .events(
            world.organisation,
            world.session.id,
            u64::MAX,
            PageLimit::BIGGEST,
        )
        .await
        .expect("it answers");
    assert_eq!(end, []);
}

async fn an_event_reads_back_as_it_was_appended(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    let new = NewEvent {
        participant_id: Some(world.guest.id),
        data: EventData::ParticipantJoined {
            role: ParticipantRole::Assisted,
        },
        ..event(9, None)
    };
    let appended = transaction
        .append_event(world.organisation, world.session.id, &new)
        .await
        .expect("it is appended");
    let read = transaction
        .events(world.organisation, world.session.id, 1, PageLimit::BIGGEST)
        .await
        .expect("it answers");
    assert_eq!(read, slice::from_ref(&appended));
    assert_eq!(
        (appended.at, appended.participant_id, appended.data),
        (START, new.participant_id, new.data)
    );
}

async fn writers_at_the_same_time_leave_no_gap(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let append = async |number| {
        let mut transaction = store.write().await.expect("the database is there");
        let stored = transaction
            .append_event(world.organisation, world.session.id, &event(number, None))
            .await
            .expect("it is appended");
        transaction.commit().await.expect("it is committed");
        stored.seq
    };
    let (a, b, c, d) = tokio::join!(append(2), append(3), append(4), append(5));
    let mut all = [a, b, c, d];
    all.sort_unstable();
    assert_eq!(all, [2, 3, 4, 5]);
}
