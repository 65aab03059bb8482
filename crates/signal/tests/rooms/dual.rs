//! The older route: one connection to publish, one to receive, on which the server offers.

use std::time::Duration;

use livekit_protocol::signal_response::Message;
use participant::Channel;
use sfu::Kind;
use signal::LeaveReason;

use crate::{SECOND, world::World};

#[test]
fn clients_of_both_routes_see_and_hear_each_other() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join_dual("room", "bob");
    world.run(SECOND);
    assert_eq!(world.joined(), ["ann", "bob"]);
    assert!(world.client(bob).join_response().subscriber_primary);
    for one in [ann, bob] {
        world.publish(one, Kind::Video);
        world.publish(one, Kind::Audio);
    }
    world.run(2 * SECOND);

    for one in [ann, bob] {
        let packets = world.client(one).packets();
        assert!(packets.len() > 80, "only {} packets", packets.len());
        let report = world.client(one).participant.report();
        assert_eq!(report.tracks.len(), 2, "{report:?}");
        assert!(
            report.streams().all(|stream| stream.fault_count == 0),
            "{report:?}"
        );
    }
}

#[test]
fn a_room_of_dual_clients_grows_and_shrinks() {
    let mut world = World::new();
    let ann = world.join_dual("room", "ann");
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    let bob = world.join_dual("room", "bob");
    world.run(SECOND);
    assert!(world.client(bob).packets().len() > 20, "late, and sees it");
    let first = world.client(bob).packets().last().expect("a picture").ssrc;

    world.unpublish(ann);
    world.run(SECOND);
    let before = world.client(bob).packets().len();
    world.publish(ann, Kind::Video);
    world.run(2 * SECOND);
    let packets = world.client(bob).packets();
    assert!(packets.len() > before + 20);
    assert_ne!(packets.last().expect("a picture").ssrc, first);
}

#[test]
fn data_goes_up_on_one_connection_and_down_on_the_other() {
    let mut world = World::new();
    let ann = world.join_dual("room", "ann");
    let bob = world.join_dual("room", "bob");
    world.run(SECOND);
    for channel in [Channel::Reliable, Channel::Lossy] {
        // The publishing connection comes up with the first need for it.
        world.send_data(ann, channel, b"warm", &[]);
        world.run(SECOND);
        world.send_data(ann, channel, b"hello", &[]);
        world.run(SECOND);
    }
    let hello = ("ann".to_owned(), b"hello".to_vec());
    let heard = world.client(bob).data().iter().filter(|one| **one == hello);
    assert_eq!(heard.count(), 2);
}

#[test]
fn reliable_data_waits_for_the_connection_that_it_is_received_on() {
    let mut world = World::new();
    let ann = world.join_dual("room", "ann");
    world.run(SECOND);
    world.send_data(ann, Channel::Reliable, b"warm", &[]);
    world.run(SECOND);
    let bob = world.join_dual_unplugged("room", "bob");
    for word in [b"one", b"two"] {
        world.send_data(ann, Channel::Reliable, word, &[]);
    }
    world.send_data(ann, Channel::Lossy, b"gone", &[]);
    world.run(2 * SECOND);
    assert!(world.client(bob).data().is_empty());
    world.plug(bob);
    world.run(5 * SECOND);
    let heard = [b"one", b"two"].map(|word| ("ann".to_owned(), word.to_vec()));
    assert_eq!(world.client(bob).data(), heard);
}

#[test]
fn a_dual_client_resumes_with_both_connections() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join_dual("room", "bob");
    world.publish(ann, Kind::Video);
    world.publish(bob, Kind::Video);
    world.run(2 * SECOND);
    world.lose_connection(bob);
    world.run(SECOND);
    world.resume(bob);
    world.run(SECOND);
    let offers = world.client(bob).messages().iter();
    let offers = offers.filter(|message| matches!(message, Message::Offer(_)));
    assert!(offers.count() >= 1, "ICE is restarted by an offer of ours");
    // Longer than a client waits for an answer to its checks.
    let before = [ann, bob].map(|one| world.client(one).packets().len());
    world.run(Duration::from_secs(40));
    for (name, one, before) in [("ann", ann, before[0]), ("bob", bob, before[1])] {
        let after = world.client(one).packets().len();
        assert!(
            after > before + 1_500,
            "{name}: {before} packets, then {after}"
        );
    }
    assert!(world.left().is_empty(), "{:?}", world.left());
}

#[test]
fn a_dual_client_that_leaves_is_gone_as_a_whole() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join_dual("room", "bob");
    world.publish(bob, Kind::Video);
    world.run(SECOND);
    world.unplug(bob);
    world.lose_connection(bob);
    world.run(Duration::from_secs(40));
    assert_eq!(
        world.left(),
        [("bob".to_owned(), LeaveReason::ConnectionLost)]
    );
    assert_eq!(world.participant_count(), 1);
    let seen = world.client(ann).last_update_of("bob").expect("told");
    assert!(seen.tracks.is_empty());
}
