//! Who may receive what, and what people are told of each other.

use livekit_protocol::{
    SubscriptionPermission, TrackPermission, UpdateParticipantMetadata, UpdateSubscription,
    request_response::Reason, signal_request::Message as Asked, signal_response::Message,
};
use participant::Channel;
use sfu::Kind;
use signal::{Order, Source};

use crate::{
    SECOND,
    world::{Who, World},
};

fn only(identity: &str) -> Asked {
    Asked::SubscriptionPermission(SubscriptionPermission {
        all_participants: false,
        track_permissions: vec![TrackPermission {
            participant_identity: identity.into(),
            all_tracks: true,
            ..TrackPermission::default()
        }],
    })
}

#[test]
fn a_publisher_chooses_who_receives() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    let eve = world.join("room", "eve");
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    world.ask(ann, only("bob"));
    world.run(SECOND);
    let before = [bob, eve].map(|one| world.client(one).packets().len());
    world.run(SECOND);
    assert!(world.client(bob).packets().len() > before[0] + 40);
    assert_eq!(world.client(eve).packets().len(), before[1]);
    let told = world.client(eve).messages().iter().any(|message| {
        matches!(message, Message::SubscriptionPermissionUpdate(update) if !update.allowed)
    });
    assert!(told, "eve is told why");

    let late = world.join("room", "late");
    world.run(SECOND);
    assert!(world.client(late).packets().is_empty());
    let everybody = SubscriptionPermission {
        all_participants: true,
        ..SubscriptionPermission::default()
    };
    world.ask(ann, Asked::SubscriptionPermission(everybody));
    world.run(2 * SECOND);
    assert!(world.client(late).packets().len() > 20);
    assert!(world.client(eve).packets().len() > before[1] + 20);
}

#[test]
fn a_track_can_be_left_and_taken_again() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    let sid = world.client(bob).packets()[0].sid.clone();
    let wish = |subscribe| {
        Asked::Subscription(UpdateSubscription {
            track_sids: vec![sid.clone()],
            subscribe,
            ..UpdateSubscription::default()
        })
    };
    world.ask(bob, wish(false));
    world.run(SECOND);
    let before = world.client(bob).packets().len();
    world.run(SECOND);
    assert_eq!(world.client(bob).packets().len(), before);
    world.ask(bob, wish(true));
    world.run(SECOND);
    assert!(world.client(bob).packets().len() > before + 20);
}

#[test]
fn a_track_that_is_not_there_is_answered() {
    let mut world = World::new();
    let bob = world.join("room", "bob");
    world.run(SECOND);
    let wish = UpdateSubscription {
        track_sids: vec!["TR_none".into()],
        subscribe: true,
        ..UpdateSubscription::default()
    };
    world.ask(bob, Asked::Subscription(wish));
    let told = world.client(bob).messages().iter().any(|message| {
        matches!(message, Message::SubscriptionResponse(answer) if answer.track_sid == "TR_none")
    });
    assert!(told);
}

#[test]
fn everybody_hears_how_connections_do() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.run(5 * SECOND);
    let own = world.client(ann).join_response().participant.clone();
    let sid = own.expect("itself").sid;
    let told = world.client(bob).messages().iter().any(|message| {
        matches!(message, Message::ConnectionQuality(update)
            if update.updates.iter().any(|one| one.participant_sid == sid))
    });
    assert!(told);
}

#[test]
fn who_may_not_publish_any_more_is_silent_at_once_and_stays_so() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    world.order(Order::Permit {
        room: "room".into(),
        identity: "ann".into(),
        can_publish: false,
        can_publish_data: false,
    });
    let before = world.client(bob).packets().len();
    world.run(SECOND);
    assert_eq!(world.client(bob).packets().len(), before);
    let seen = world.client(bob).last_update_of("ann").expect("told");
    assert!(seen.tracks.is_empty());
    let told = world.client(ann).messages().iter();
    let told = told.filter(|message| matches!(message, Message::TrackUnpublished(_)));
    assert_eq!(told.count(), 1);

    world.publish(ann, Kind::Video);
    world.send_data(ann, Channel::Reliable, b"still here", &[]);
    world.run(SECOND);
    assert_eq!(world.client(bob).packets().len(), before);
    assert!(world.client(bob).data().is_empty());
}

#[test]
fn a_muted_source_is_told_to_everybody() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.publish(ann, Kind::Audio);
    world.run(SECOND);
    world.order(Order::Mute {
        room: "room".into(),
        identity: "ann".into(),
        source: Source::Microphone,
    });
    let seen = world.client(bob).last_update_of("ann").expect("told");
    let muted: Vec<bool> = seen.tracks.iter().map(|track| track.muted).collect();
    assert_eq!(muted.iter().filter(|is_muted| **is_muted).count(), 1);
    let told = world.client(ann).messages().iter();
    let told = told.filter(|message| matches!(message, Message::Mute(mute) if mute.muted));
    assert_eq!(told.count(), 1);
}

/// What somebody says of itself.
fn description(name: &str, metadata: &str) -> Asked {
    let attributes = [("hat", "red"), ("gloves", "")];
    Asked::UpdateMetadata(UpdateParticipantMetadata {
        name: name.into(),
        metadata: metadata.into(),
        attributes: attributes
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        request_id: 7,
    })
}

/// The answer to the last request that has one.
fn answer(world: &World, who: Who) -> Reason {
    let messages = world.client(who).messages().iter().rev();
    let mut answers = messages.filter_map(|message| match message {
        Message::RequestResponse(response) if response.request_id == 7 => Some(response.reason()),
        _ => None,
    });
    answers.next().expect("answered")
}

#[test]
fn what_somebody_says_of_itself_is_seen_and_outlives_the_stay() {
    let mut world = World::new();
    let ann = world.join_claiming("room", "ann", |grants| {
        grants.can_update_own_metadata = Some(true);
    });
    let bob = world.join("room", "bob");
    world.run(SECOND);
    let other = [("gloves".to_owned(), "blue".to_owned())];
    let gloves = UpdateParticipantMetadata {
        attributes: other.into(),
        ..UpdateParticipantMetadata::default()
    };
    world.ask(ann, Asked::UpdateMetadata(gloves));
    world.ask(ann, description("Ann", "tall"));
    assert_eq!(answer(&world, ann), Reason::Ok);
    let seen = |world: &World| {
        let info = world.client(bob).last_update_of("ann").expect("told");
        let attributes: Vec<_> = info.attributes.clone().into_iter().collect();
        (info.name.clone(), info.metadata.clone(), attributes)
    };
    let red = ("hat".to_owned(), "red".to_owned());
    let described = ("Ann".to_owned(), "tall".to_owned(), vec![red]);
    assert_eq!(seen(&world), described);

    let token = world.client(ann).newest_token();
    world.join_holding("room", "ann", token);
    world.run(SECOND);
    assert_eq!(seen(&world), described, "as before, in a new stay");
}

#[test]
fn more_than_a_token_holds_is_refused_and_so_is_who_may_not() {
    let mut world = World::new();
    let ann = world.join_claiming("room", "ann", |grants| {
        grants.can_update_own_metadata = Some(true);
    });
    let bob = world.join("room", "bob");
    world.run(SECOND);
    for (name, metadata) in [
        ("Ann", "x".repeat(64 * 1024)),
        (&"n".repeat(300), String::new()),
    ] {
        world.ask(ann, description(name, &metadata));
        assert_eq!(answer(&world, ann), Reason::LimitExceeded);
    }
    world.ask(bob, description("Bob", "short"));
    assert_eq!(answer(&world, bob), Reason::NotAllowed);
    let token = world.client(ann).newest_token();
    let again = world.join_holding("room", "ann", token);
    world.run(SECOND);
    assert!(!world.client(again).is_closed());
}
