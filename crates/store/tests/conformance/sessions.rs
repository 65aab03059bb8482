use domain::{Cursor, PageLimit, SessionState, UserRole};
use store::{SessionFilter, StateFilter, Store};

use crate::world::{START, World, participant, session, user};

crate::conformance!(
    sessions_are_listed_page_by_page_the_newest_first,
    the_state_and_the_viewer_filter_the_list,
    a_session_reads_back_with_its_invite_and_creator,
    a_session_keeps_its_state_and_title,
);

fn everything() -> SessionFilter {
    SessionFilter {
        state: StateFilter::All,
        is_viewers_only: false,
        after: None,
        limit: PageLimit::BIGGEST,
    }
}

async fn sessions_are_listed_page_by_page_the_newest_first(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.write().await.expect("the database is there");
    for number in 2..=5 {
        let mut new = session(world.organisation, &world.owner, number);
        new.created_at = START;
        transaction.insert_session(&new).await.expect("it is taken");
    }
    let all = transaction
        .sessions(world.organisation, world.owner.id, &everything())
        .await
        .expect("it answers");
    assert_eq!(all.len(), 5);
    assert_eq!(all[0].session, world.session);
    let mut paged = Vec::new();
    let mut filter = SessionFilter {
        limit: PageLimit::clamp(2),
        ..everything()
    };
    loop {
        let page = transaction
            .sessions(world.organisation, world.owner.id, &filter)
            .await;
        let page = page.expect("it answers");
        let Some(last) = page.last() else {
            break;
        };
        filter.after = Some(Cursor {
            at: last.session.created_at,
            id: last.session.id,
        });
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

async fn the_state_and_the_viewer_filter_the_list(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let organisation = world.organisation;
    let mut transaction = store.write().await.expect("the database is there");
    let colleague = user(organisation, 2, UserRole::Member);
    assert!(
        transaction
            .insert_user(&colleague)
            .await
            .expect("it answers")
    );
    let mut ended = session(organisation, &world.owner, 3);
    ended.state = SessionState::Ended { at: START };
    transaction
        .insert_session(&ended)
        .await
        .expect("it is taken");
    let person = domain::Person::User {
        id: colleague.id,
        name: None,
    };
    let place = participant(&ended, 3, person);
    transaction
        .insert_participant(organisation, &place)
        .await
        .expect("it is taken");

    for (viewer, state, is_viewers_only, expected) in [
        (
            world.owner.id,
            StateFilter::All,
            false,
            vec![ended.id, world.session.id],
        ),
        (
            world.owner.id,
            StateFilter::Open,
            false,
            vec![world.session.id],
        ),
        (world.owner.id, StateFilter::Ended, false, vec![ended.id]),
        (
            world.owner.id,
            StateFilter::All,
            true,
            vec![ended.id, world.session.id],
        ),
        (colleague.id, StateFilter::All, true, vec![ended.id]),
        (colleague.id, StateFilter::Open, true, vec![]),
    ] {
        let filter = SessionFilter {
            state,
            is_viewers_only,
            ..everything()
        };
        let listed = transaction.sessions(organisation, viewer, &filter).await;
        let ids: Vec<_> = listed
            .expect("it answers")
            .iter()
            .map(|details| details.session.id)
            .collect();
        assert_eq!(ids, expected, "{filter:?}");
    }
}

async fn a_session_reads_back_with_its_invite_and_creator(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let mut transaction = store.read().await.expect("the database is there");
    let stranger = domain::UserId::from_random([9; 16]);
    for (viewer, has_place) in [
        (Some(world.owner.id), true),
        (Some(stranger), false),
        (None, false),
    ] {
        let details = transaction
            .session(world.organisation, world.session.id, viewer)
            .await;
        let details = details.expect("it answers").expect("it is found");
        assert_eq!(details.session, world.session);
        assert_eq!(details.invite.as_ref(), Some(&world.invite));
        assert_eq!(details.creator_name.as_ref(), Some(&world.owner.name));
        assert_eq!(details.has_viewers_place, has_place);
    }
    let owner = transaction.organisation_of_session(world.session.id).await;
    assert_eq!(owner.expect("it answers"), Some(world.organisation));
}

async fn a_session_keeps_its_state_and_title(store: &dyn Store) {
    let world = World::insert(store, 1).await;
    let (organisation, id) = (world.organisation, world.session.id);
    let mut transaction = store.write().await.expect("the database is there");
    for state in [SessionState::Ended { at: START }, SessionState::Open] {
        transaction
            .set_session_state(organisation, id, state)
            .await
            .expect("it is stored");
        transaction
            .set_session_title(organisation, id, None)
            .await
            .expect("it is stored");
        let details = transaction.session(organisation, id, None).await;
        let found = details.expect("it answers").expect("it is found").session;
        assert_eq!((found.state, found.title), (state, None));
    }
}
