//! Faults that a client asks for, where the operator allows it.

use livekit_protocol::{
    DisconnectReason, SimulateScenario, leave_request::Action, signal_request::Message as Asked,
    signal_response::Message, simulate_scenario::Scenario,
};
use sfu::Kind;

use crate::{
    SECOND,
    server::Options,
    world::{Who, World},
};

/// Ann, who asks for faults, and Bob, whom they do not concern.
fn call(simulates_faults: bool) -> (World, Who, Who) {
    let mut world = World::with(Options {
        simulates_faults,
        ..Options::default()
    });
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.publish(ann, Kind::Video);
    world.run(2 * SECOND);
    (world, ann, bob)
}

fn simulate(world: &mut World, who: Who, scenario: Scenario) {
    let scenario = Some(scenario);
    world.ask(who, Asked::Simulate(SimulateScenario { scenario }));
    world.run(SECOND);
}

/// The levels of Ann's voice, as Bob was told.
fn levels(world: &World, ann: Who, bob: Who) -> Vec<f32> {
    let own = world.client(ann).join_response().participant.clone();
    let sid = own.expect("itself").sid;
    let messages = world.client(bob).messages().iter();
    let speakers = messages.filter_map(|message| match message {
        Message::SpeakersChanged(changed) => Some(&changed.speakers),
        _ => None,
    });
    let of_ann = speakers.flatten().filter(|speaker| speaker.sid == sid);
    of_ann.map(|speaker| speaker.level).collect()
}

#[test]
fn nothing_is_simulated_unless_the_operator_allows_it() {
    let (mut world, ann, bob) = call(false);
    for scenario in [
        Scenario::SpeakerUpdate(3),
        Scenario::NodeFailure(true),
        Scenario::ServerLeave(true),
        Scenario::LeaveRequestFullReconnect(true),
        Scenario::DisconnectSignalOnResume(true),
        Scenario::DisconnectSignalOnResumeNoMessages(true),
    ] {
        simulate(&mut world, ann, scenario);
    }
    assert!(levels(&world, ann, bob).is_empty());
    world.lose_connection(ann);
    world.resume(ann);
    world.run(SECOND);
    assert!(!world.client(ann).is_closed());
    assert!(world.left().is_empty());
}

#[test]
fn a_failed_node_says_nothing_and_then_knows_nobody() {
    let (mut world, ann, bob) = call(true);
    // Else it would hear that its transport is closed.
    world.unplug(ann);
    simulate(&mut world, ann, Scenario::NodeFailure(true));
    assert!(world.client(ann).is_closed());
    assert_eq!(world.client(ann).leave(), None);
    world.plug(ann);
    world.resume(ann);
    let told = (DisconnectReason::StateMismatch, Action::Reconnect);
    assert_eq!(world.client(ann).leave(), Some(told));
    assert!(!world.client(bob).is_closed());
}

#[test]
fn a_server_that_leaves_says_what_to_do() {
    for (scenario, action) in [
        (Scenario::ServerLeave(true), Action::Disconnect),
        (Scenario::LeaveRequestFullReconnect(true), Action::Reconnect),
    ] {
        let (mut world, ann, bob) = call(true);
        simulate(&mut world, ann, scenario);
        let told = (DisconnectReason::ServerShutdown, action);
        assert_eq!(world.client(ann).leave(), Some(told));
        assert!(world.client(ann).is_closed());
        assert!(!world.client(bob).is_closed());
    }
}

#[test]
fn a_resume_fails_once_before_or_after_what_the_server_says() {
    for (scenario, says_something) in [
        (Scenario::DisconnectSignalOnResume(true), true),
        (Scenario::DisconnectSignalOnResumeNoMessages(true), false),
    ] {
        let (mut world, ann, bob) = call(true);
        simulate(&mut world, ann, scenario);
        assert!(!world.client(ann).is_closed(), "only a resume fails");
        world.lose_connection(ann);
        world.resume(ann);
        assert!(world.client(ann).is_closed());
        assert_eq!(!world.client(ann).messages().is_empty(), says_something);
        world.run(SECOND);
        world.resume(ann);
        world.run(SECOND);
        assert!(!world.client(ann).is_closed(), "the next one does not");
        let first = world.client(ann).messages().first();
        assert!(matches!(first, Some(Message::Reconnect(_))), "{first:?}");
        assert!(world.shown_in_a_second(bob) > 40);
        assert!(world.left().is_empty());
    }
}

#[test]
fn a_fault_that_nobody_meets_in_time_is_forgotten() {
    let (mut world, ann, _) = call(true);
    simulate(&mut world, ann, Scenario::DisconnectSignalOnResume(true));
    world.run(6 * SECOND);
    world.lose_connection(ann);
    world.resume(ann);
    assert!(!world.client(ann).is_closed());
}

#[test]
fn a_pretended_voice_is_heard_and_ends() {
    let (mut world, ann, bob) = call(true);
    simulate(&mut world, ann, Scenario::SpeakerUpdate(3));
    assert_eq!(levels(&world, ann, bob), [0.9]);
    world.run(4 * SECOND);
    assert_eq!(levels(&world, ann, bob), [0.9, 0.0]);
}
