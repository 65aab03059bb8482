//! What a client that comes back says of itself, and what becomes of it.

use livekit_protocol::{
    DisconnectReason, SyncState, TrackInfo, TrackPublishedResponse, UpdateSubscription,
    leave_request::Action, signal_request::Message as Asked,
};
use participant::Channel;
use sfu::Kind;

use crate::{
    SECOND,
    world::{Who, World},
};

/// Ann is seen by Bob, who comes back after a moment.
fn returned() -> (World, Who, Who) {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.run(2 * SECOND);
    world.lose_connection(bob);
    world.run(SECOND);
    world.resume(bob);
    world.run(SECOND);
    (world, ann, bob)
}

#[test]
fn who_believes_to_publish_what_is_not_known_joins_anew() {
    let (mut world, ann, bob) = returned();
    let unknown = TrackPublishedResponse {
        cid: "cam".into(),
        track: Some(TrackInfo {
            sid: "TR_unknown".into(),
            ..TrackInfo::default()
        }),
    };
    world.ask(
        bob,
        Asked::SyncState(SyncState {
            publish_tracks: vec![unknown],
            ..SyncState::default()
        }),
    );
    let told = (DisconnectReason::StateMismatch, Action::Reconnect);
    assert_eq!(world.client(bob).leave(), Some(told));
    assert!(world.client(bob).is_closed());
    assert!(!world.client(ann).is_closed());
}

#[test]
fn what_is_subscribed_to_is_what_the_server_remembers() {
    let (mut world, _, bob) = returned();
    let sid = world.client(bob).packets()[0].sid.clone();
    // A client that lists what it had by mistake as what it does not want any more.
    let subscription = UpdateSubscription {
        track_sids: vec![sid],
        subscribe: false,
        ..UpdateSubscription::default()
    };
    world.ask(
        bob,
        Asked::SyncState(SyncState {
            subscription: Some(subscription),
            ..SyncState::default()
        }),
    );
    world.run(SECOND);
    assert!(world.shown_in_a_second(bob) > 40);
    assert!(!world.client(bob).is_closed());
}

#[test]
fn what_a_returning_client_does_not_show_is_not_sent() {
    let (mut world, _, bob) = returned();
    let sid = world.client(bob).packets()[0].sid.clone();
    world.ask(
        bob,
        Asked::SyncState(SyncState {
            track_sids_disabled: vec![sid, "TR_gone".into()],
            ..SyncState::default()
        }),
    );
    world.run(SECOND);
    assert_eq!(world.shown_in_a_second(bob), 0);
}

/// The messages that somebody got, by who sent them.
fn heard(world: &World, who: Who, from: &str) -> Vec<String> {
    let data = world.client(who).data().iter();
    let of_sender = data.filter(|(sender, _)| sender == from);
    of_sender
        .map(|(_, payload)| String::from_utf8_lossy(payload).into_owned())
        .collect()
}

fn say(world: &mut World, who: Who, word: &str) {
    world.send_data(who, Channel::Reliable, word.as_bytes(), &[]);
    world.run(SECOND / 2);
}

/// Ann and Cid have talked to Bob, Dan has not yet.
fn talk(join: impl Fn(&mut World, &str) -> Who) -> (World, [Who; 4]) {
    let mut world = World::new();
    let names = ["ann", "bob", "cid", "dan"];
    let people = names.map(|name| join(&mut world, name));
    world.run(2 * SECOND);
    say(&mut world, people[0], "1");
    say(&mut world, people[2], "1");
    (world, people)
}

fn single(world: &mut World, name: &str) -> Who {
    world.join("room", name)
}

fn dual(world: &mut World, name: &str) -> Who {
    world.join_dual("room", name)
}

#[test]
fn what_was_said_while_somebody_was_cut_off_comes_once_and_in_order() {
    for join in [single, dual] {
        let (mut world, [ann, bob, cid, dan]) = talk(join);
        world.unplug(bob);
        world.lose_connection(bob);
        for word in ["2", "3", "4"] {
            for who in [ann, cid, dan] {
                say(&mut world, who, word);
            }
        }
        let eve = join(&mut world, "eve");
        world.run(SECOND);
        say(&mut world, eve, "2");
        world.plug(bob);
        world.resume(bob);
        say(&mut world, ann, "5");
        world.run(10 * SECOND);
        say(&mut world, ann, "6");
        assert!(world.left().is_empty(), "{:?}", world.left());
        assert_eq!(heard(&world, bob, "ann"), ["1", "2", "3", "4", "5", "6"]);
        assert_eq!(heard(&world, bob, "cid"), ["1", "2", "3", "4"]);
        assert_eq!(heard(&world, bob, "dan"), ["2", "3", "4"]);
        assert_eq!(heard(&world, bob, "eve"), ["2"]);
    }
}

#[test]
fn what_a_returning_client_has_had_is_not_repeated_and_the_rest_is() {
    let (mut world, [ann, bob, _, dan]) = talk(single);
    world.run(10 * SECOND);
    world.lose_connection(bob);
    say(&mut world, ann, "2");
    say(&mut world, dan, "2");
    world.resume(bob);
    world.run(SECOND);
    let report = world.client(bob).participant.report();
    assert_eq!(report.repeats, 0, "data went on without signalling");

    // As if it had been told nothing for a while.
    world.ask(bob, Asked::SyncState(SyncState::default()));
    world.run(SECOND);
    let report = world.client(bob).participant.report();
    assert_eq!(report.repeats, 2, "what was said since it was last there");
    assert_eq!(heard(&world, bob, "dan"), ["2"]);
}
