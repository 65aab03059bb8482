//! What a client that comes back says of itself, and what becomes of it.

use livekit_protocol::{
    DisconnectReason, SyncState, TrackInfo, TrackPublishedResponse, UpdateSubscription,
    leave_request::Action, signal_request::Message as Asked,
};
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
