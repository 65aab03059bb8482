//! What happens when the way of the packets changes under a running call.

use std::time::Duration;

use sfu::Kind;

use crate::{SECOND, world::World};

#[test]
fn media_outlives_a_resume_of_either_side() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.run(2 * SECOND);
    for one in [bob, ann] {
        world.lose_connection(one);
        world.resume(one);
        world.run(SECOND);
    }
    let before = world.client(bob).packets().len();
    // A client gives up 15 s after its checks are no longer answered.
    world.run(Duration::from_secs(40));
    let after = world.client(bob).packets().len();
    assert!(after > before + 1_900, "{before} packets, then {after}");
    assert!(world.left().is_empty(), "{:?}", world.left());
}

#[test]
fn media_follows_a_nat_that_forgets() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.run(2 * SECOND);
    for _ in 0..3 {
        world.rebind(bob);
        // Clients check their path every 2.5 s.
        world.run(4 * SECOND);
        let before = world.client(bob).packets().len();
        world.run(SECOND);
        let after = world.client(bob).packets().len();
        assert!(after > before + 40, "{before} packets, then {after}");
    }
    assert!(world.left().is_empty(), "{:?}", world.left());
}

#[test]
fn a_new_way_brings_a_key_frame_whoever_has_moved() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.run(2 * SECOND);
    for movers in [vec![bob], vec![ann], vec![ann, bob]] {
        for mover in movers {
            world.rebind(mover);
        }
        let before = world.client(bob).packets().len();
        world.run(4 * SECOND);
        let packets = &world.client(bob).packets()[before..];
        assert!(packets.iter().any(|packet| packet.is_keyframe));
    }
}
