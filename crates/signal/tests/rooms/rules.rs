//! Who may receive what, and what people are told of each other.

use std::collections::BTreeSet;

use livekit_protocol::{
    SubscriptionPermission, TrackPermission, TrackSource, UpdateParticipantMetadata,
    UpdateSubscription, request_response::Reason, signal_request::Message as Asked,
    signal_response::Message,
};
use participant::Channel;
use sfu::Kind;
use signal::{Order, Permission, Source};

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

/// Orders that somebody may everything, but for a change.
fn permit(world: &mut World, identity: &str, change: impl FnOnce(&mut Permission)) {
    let mut permission = Permission {
        can_subscribe: true,
        can_publish: true,
        can_publish_sources: Vec::new(),
        can_publish_data: true,
        can_update_own_metadata: true,
    };
    change(&mut permission);
    world.order(Order::Permit {
        room: "room".into(),
        identity: identity.into(),
        permission,
    });
}

#[test]
fn who_may_not_publish_any_more_is_silent_at_once_and_stays_so() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    permit(&mut world, "ann", |permission| {
        permission.can_publish = false;
        permission.can_publish_data = false;
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

    permit(&mut world, "ann", |_| {});
    world.publish(ann, Kind::Video);
    world.send_data(ann, Channel::Reliable, b"again", &[]);
    world.run(SECOND);
    assert!(world.shown_in_a_second(bob) > 40);
    assert_eq!(
        world.client(bob).data(),
        [("ann".to_owned(), b"again".to_vec())]
    );
}

#[test]
fn who_may_not_receive_gets_nothing_until_it_may_again() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    let dan = world.join_dual("room", "dan");
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    for (name, who) in [("bob", bob), ("dan", dan)] {
        permit(&mut world, name, |permission| {
            permission.can_subscribe = false;
        });
        world.run(SECOND);
        assert_eq!(world.shown_in_a_second(who), 0, "{name}");
        assert_eq!(world.client(who).receiving_sections(), 0, "{name}");
        permit(&mut world, name, |_| {});
        world.run(SECOND);
        assert!(world.shown_in_a_second(who) > 40, "{name}");
    }
}

#[test]
fn sources_that_are_not_named_end_and_are_refused() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.publish(ann, Kind::Audio);
    world.run(SECOND);
    permit(&mut world, "ann", |permission| {
        permission.can_publish_sources = vec![Source::Microphone, Source::Screen];
    });
    world.run(SECOND);
    let sources = |world: &World| {
        let seen = world.client(bob).last_update_of("ann").expect("told");
        let sources = seen.tracks.iter().map(|track| track.source());
        sources.collect::<Vec<_>>()
    };
    assert_eq!(sources(&world), [TrackSource::Microphone]);
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    assert_eq!(sources(&world), [TrackSource::Microphone]);

    let token = world.client(ann).newest_token();
    let again = world.join_holding("room", "ann", token);
    world.publish(again, Kind::Video);
    world.publish(again, Kind::Audio);
    world.run(SECOND);
    assert_eq!(
        sources(&world),
        [TrackSource::Microphone],
        "the token says it"
    );
    let seen = world.client(bob).last_update_of("ann").expect("told");
    let sources = &seen.permission.as_ref().expect("told").can_publish_sources;
    let named = [
        TrackSource::Microphone,
        TrackSource::ScreenShare,
        TrackSource::ScreenShareAudio,
    ];
    assert_eq!(sources, &named.map(i32::from));
}

#[test]
fn what_a_token_does_not_allow_is_not_done() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    world.publish(ann, Kind::Video);
    let deaf = world.join_claiming("room", "deaf", |grants| grants.can_subscribe = Some(false));
    let voice = world.join_claiming("room", "voice", |grants| {
        grants.can_publish_sources = vec!["microphone".into()];
    });
    world.run(SECOND);
    assert!(world.client(deaf).packets().is_empty());
    assert!(!world.client(voice).packets().is_empty());
    let sid = world.client(voice).packets()[0].sid.clone();
    let wish = UpdateSubscription {
        track_sids: vec![sid],
        subscribe: true,
        ..UpdateSubscription::default()
    };
    world.ask(deaf, Asked::Subscription(wish));
    world.publish(voice, Kind::Video);
    world.publish(voice, Kind::Audio);
    world.run(SECOND);
    assert!(
        world.client(deaf).packets().is_empty(),
        "whatever it asks for"
    );
    let seen = world.client(ann).last_update_of("voice").expect("told");
    assert_eq!(seen.tracks.len(), 1);
    assert_eq!(seen.tracks[0].source(), TrackSource::Microphone);
}

#[test]
fn who_is_hidden_sees_and_is_not_seen() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    world.publish(ann, Kind::Video);
    let ghost = world.join_claiming("room", "ghost", |grants| grants.hidden = true);
    let bob = world.join("room", "bob");
    world.run(SECOND);
    assert!(!world.client(ghost).packets().is_empty());
    world.publish(ghost, Kind::Video);
    world.send_data(ghost, Channel::Reliable, b"boo", &[]);
    world.run(2 * SECOND);
    for who in [ann, bob] {
        let client = world.client(who);
        let there = &client.join_response().other_participants;
        assert!(there.iter().all(|one| one.identity != "ghost"));
        assert!(client.last_update_of("ghost").is_none());
        assert_eq!(client.data(), [(String::new(), b"boo".to_vec())]);
    }
    let sids = |who| world.client(who).packets().iter().map(|one| &one.sid);
    let of_ann: BTreeSet<_> = sids(ghost).collect();
    assert!(sids(bob).all(|sid| of_ann.contains(sid)));
    assert!(sids(ann).next().is_none());
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
