//! How pictures follow what a link carries and what a subscriber wants.

use std::time::{Duration, Instant};

use livekit_protocol::{
    StreamState, UpdateTrackSettings, signal_request::Message as Asked, signal_response::Message,
};
use sfu::Kind;

use crate::{
    SECOND,
    world::{Who, World},
};

const TOP: u8 = 2;

/// Ann shows herself in three sizes, Bob looks on through a link.
fn call(rate_bps: u64) -> (World, Who, Who) {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.narrow(bob, rate_bps);
    world.publish_layers(ann);
    world.publish(ann, Kind::Audio);
    world.run(SECOND);
    (world, ann, bob)
}

/// What was shown during a time from here on: the layer of each packet and when it came.
fn watch(world: &mut World, who: Who, duration: Duration) -> Vec<(Instant, u8)> {
    let before = world.client(who).packets().len();
    world.run(duration);
    let packets = &world.client(who).packets()[before..];
    packets
        .iter()
        .map(|packet| (packet.at, packet.layer))
        .collect()
}

/// How many packets came of each layer.
fn layers(shown: &[(Instant, u8)]) -> [usize; 3] {
    [0, 1, TOP].map(|of| shown.iter().filter(|(_, layer)| *layer == of).count())
}

fn longest_pause(shown: &[(Instant, u8)]) -> Duration {
    let pauses = shown.windows(2).map(|pair| pair[1].0 - pair[0].0);
    pauses.max().unwrap_or(Duration::MAX)
}

#[test]
fn a_wide_link_shows_the_best_within_seconds() {
    let (mut world, _, bob) = call(20_000_000);
    watch(&mut world, bob, 4 * SECOND);
    let shown = watch(&mut world, bob, 2 * SECOND);
    assert!(shown.iter().all(|(_, layer)| *layer == TOP));
    let report = world.client(bob).participant.report();
    let faults: Vec<_> = report.streams().flat_map(|stream| &stream.faults).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn a_link_that_narrows_costs_size_and_no_standstill_and_widens_again() {
    let (mut world, _, bob) = call(3_000_000);
    watch(&mut world, bob, 14 * SECOND);
    let wide = watch(&mut world, bob, SECOND);
    assert!(
        wide.iter().all(|(_, layer)| *layer == TOP),
        "{:?}",
        layers(&wide)
    );

    world.narrow(bob, 300_000);
    let narrowing = watch(&mut world, bob, 3 * SECOND);
    assert!(
        longest_pause(&narrowing) < SECOND,
        "{:?}",
        longest_pause(&narrowing)
    );
    let narrower = watch(&mut world, bob, 4 * SECOND);
    assert!(
        narrower.iter().all(|(_, layer)| *layer < TOP),
        "{:?}",
        layers(&narrower)
    );
    assert!(longest_pause(&narrower) < SECOND);
    let narrow = watch(&mut world, bob, 10 * SECOND);
    assert!(
        narrow.iter().all(|(_, layer)| *layer == 0),
        "{:?}",
        layers(&narrow)
    );
    assert!(longest_pause(&narrow) < SECOND);

    world.narrow(bob, 3_000_000);
    watch(&mut world, bob, 15 * SECOND);
    let wide = watch(&mut world, bob, 2 * SECOND);
    assert!(
        wide.iter().all(|(_, layer)| *layer == TOP),
        "{:?}",
        layers(&wide)
    );
}

#[test]
fn what_does_not_fit_at_all_is_paused_and_said_and_voice_goes_on() {
    let (mut world, _, bob) = call(100_000);
    watch(&mut world, bob, 15 * SECOND);
    let states = |world: &World, state: StreamState| {
        let messages = world.client(bob).messages().iter();
        let said = messages.filter(|message| {
            matches!(message, Message::StreamStateUpdate(update)
                if update.stream_states.iter().any(|one| one.state() == state))
        });
        said.count()
    };
    assert!(states(&world, StreamState::Paused) > 0);
    let sound = |world: &World| {
        let report = world.client(bob).participant.report();
        let mut tracks = report.tracks.iter();
        let voice =
            tracks.find_map(|(sid, streams)| sid.starts_with("TR_AM").then_some(streams))?;
        voice.last().map(|stream| (stream.packets, stream.lost))
    };
    let (before, lost_before) = sound(&world).expect("a voice");
    world.run(10 * SECOND);
    let (after, lost) = sound(&world).expect("a voice");
    assert!(after - before > 490, "{before} packets, then {after}");
    assert_eq!(lost, lost_before);

    world.narrow(bob, 3_000_000);
    world.run(15 * SECOND);
    assert!(states(&world, StreamState::Active) > 0);
    let shown = watch(&mut world, bob, SECOND);
    assert!(!shown.is_empty());
}

#[test]
fn a_small_picture_gets_a_small_layer_and_a_hidden_one_none() {
    let (mut world, ann, bob) = call(20_000_000);
    watch(&mut world, bob, 5 * SECOND);
    let sid = world.client(bob).packets()[0].sid.clone();
    let settings = |width, height, disabled| {
        Asked::TrackSetting(UpdateTrackSettings {
            track_sids: vec![sid.clone()],
            width,
            height,
            disabled,
            ..UpdateTrackSettings::default()
        })
    };
    world.ask(bob, settings(300, 150, false));
    watch(&mut world, bob, SECOND);
    let small = watch(&mut world, bob, SECOND);
    assert!(
        small.iter().all(|(_, layer)| *layer == 0),
        "{:?}",
        layers(&small)
    );
    world.run(6 * SECOND);
    let wanted = last_wanted(&world, ann);
    assert_eq!(wanted, [true, false, false], "nobody wants more any more");

    world.ask(bob, settings(300, 150, true));
    // What is under way arrives.
    world.run(SECOND);
    assert!(watch(&mut world, bob, 2 * SECOND).is_empty());
    world.run(6 * SECOND);
    assert_eq!(last_wanted(&world, ann), [false; 3]);

    world.ask(bob, settings(1280, 720, false));
    watch(&mut world, bob, 6 * SECOND);
    let large = watch(&mut world, bob, SECOND);
    assert!(!large.is_empty() && large.iter().all(|(_, layer)| *layer == TOP));
}

/// What a publisher was told last of the layers that are wanted.
fn last_wanted(world: &World, who: Who) -> [bool; 3] {
    let messages = world.client(who).messages().iter().rev();
    let mut updates = messages.filter_map(|message| match message {
        Message::SubscribedQualityUpdate(update) => Some(update),
        _ => None,
    });
    let update = updates.next().expect("told");
    let qualities = &update.subscribed_codecs[0].qualities;
    std::array::from_fn(|index| qualities[index].enabled)
}

#[test]
fn a_nat_that_forgets_costs_a_check_interval_of_picture_and_no_more() {
    let (mut world, _, bob) = call(3_000_000);
    watch(&mut world, bob, 10 * SECOND);
    for _ in 0..3 {
        world.rebind(bob);
        // Clients check their path every 2.5 s, and the next key frame may be half a second away.
        watch(&mut world, bob, Duration::from_millis(3_500));
        let shown = watch(&mut world, bob, 5 * SECOND);
        assert!(longest_pause(&shown) < SECOND / 2, "{:?}", layers(&shown));
        assert!(layers(&shown)[2] > 0, "{:?}", layers(&shown));
    }
}

#[test]
fn a_voice_is_told_to_all_and_its_end_too() {
    let (mut world, ann, bob) = call(20_000_000);
    world.run(2 * SECOND);
    let own = world.client(ann).join_response().participant.clone();
    let sid = own.expect("itself").sid;
    let levels = |world: &World| -> Vec<f32> {
        let messages = world.client(bob).messages().iter();
        let speakers = messages.filter_map(|message| match message {
            Message::SpeakersChanged(changed) => Some(&changed.speakers),
            _ => None,
        });
        let of_ann = speakers.flatten().filter(|speaker| speaker.sid == sid);
        of_ann.map(|speaker| speaker.level).collect()
    };
    assert!(levels(&world).last().is_some_and(|level| *level > 0.2));
    world.unpublish(ann);
    world.run(3 * SECOND);
    assert_eq!(levels(&world).last(), Some(&0.0));
}
