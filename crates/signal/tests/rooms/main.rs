//! Whole rooms in virtual time: real clients on the real engine, with a network of no delay.

mod bandwidth;
mod client;
mod downlink;
mod dual;
mod paths;
mod resume;
mod rules;
mod server;
mod simulation;
mod world;

use std::{collections::BTreeSet, time::Duration};

use client::Client;
use livekit_protocol::{
    AddTrackRequest, DisconnectReason, SimulcastCodec, TrackType, leave_request::Action,
    participant_info::State, signal_request::Message as Asked, signal_response::Message,
};
use participant::Channel;
use server::Options;
use sfu::Kind;
use signal::{Event, Frame, LeaveReason, Order};
use world::World;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_client_joins_and_is_told_who_is_there() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.run(SECOND);

    let join = world.client(bob).join_response();
    assert_eq!(
        join.room.as_ref().map(|room| room.name.as_str()),
        Some("room")
    );
    assert!(join.ping_interval > 0, "clients build a timer from it");
    let others: Vec<_> = join
        .other_participants
        .iter()
        .map(|one| one.identity.as_str())
        .collect();
    assert_eq!(others, ["ann"]);
    let seen = world
        .client(ann)
        .last_update_of("bob")
        .expect("ann hears of bob");
    assert_eq!(seen.state, i32::from(State::Active));
    assert_eq!(world.joined(), ["ann", "bob"]);
}

#[test]
fn a_track_reaches_the_other_and_nobody_in_another_room() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    let eve = world.join("elsewhere", "eve");
    world.run(SECOND);
    world.publish(ann, Kind::Video);
    world.run(2 * SECOND);

    let packets = world.client(bob).packets();
    assert!(packets.len() > 20, "only {} packets", packets.len());
    assert!(
        packets
            .windows(2)
            .all(|pair| pair[1].sequence == pair[0].sequence + 1)
    );
    assert_eq!(packets[0].sequence, 1);
    assert!(packets[0].is_keyframe, "a picture begins at a key frame");
    assert!(world.client(eve).packets().is_empty());
    assert!(world.client(eve).last_update_of("ann").is_none());
}

#[test]
fn somebody_who_comes_late_gets_the_picture_with_the_first_answer() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    world.run(SECOND);
    world.publish(ann, Kind::Video);
    world.publish(ann, Kind::Audio);
    world.run(SECOND);
    let bob = world.join("room", "bob");
    world.run(SECOND);

    assert!(world.client(bob).packets().len() > 20);
    assert_eq!(world.client(bob).offers(), 1, "nothing had to be asked for");
}

#[test]
fn more_tracks_than_sections_are_asked_for() {
    let mut world = World::new();
    let publishers: Vec<_> = ["p1", "p2", "p3", "p4", "p5"]
        .iter()
        .map(|name| world.join("room", name))
        .collect();
    let bob = world.join("room", "bob");
    world.run(SECOND);
    for publisher in &publishers {
        world.publish(*publisher, Kind::Video);
    }
    world.run(2 * SECOND);
    assert_eq!(
        world.client(bob).receiving_sections(),
        5,
        "bob placed {} offers",
        world.client(bob).offers()
    );
}

#[test]
fn an_unpublished_track_frees_its_section_for_the_next() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.run(SECOND);
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    let first = world.client(bob).packets().last().expect("a picture").ssrc;
    world.unpublish(ann);
    world.run(SECOND);
    assert!(
        world
            .client(bob)
            .last_update_of("ann")
            .expect("known")
            .tracks
            .is_empty()
    );
    world.client_mut(bob).forget_packets();
    world.publish(ann, Kind::Video);
    world.run(SECOND);

    let again = world
        .client(bob)
        .packets()
        .first()
        .expect("a picture again");
    assert_ne!(
        again.ssrc, first,
        "a browser shows a section's next track only on a fresh SSRC"
    );
    assert_eq!(again.sequence, 1);
}

#[test]
fn a_wish_for_a_key_frame_is_heard_from_a_section_that_is_used_again() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.run(SECOND);
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    world.unpublish(ann);
    world.run(SECOND);
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    world.client_mut(bob).forget_old_packets();
    world.request_keyframe(bob);
    world.run(2 * SECOND);
    let packets = world.client(bob).packets();
    assert_eq!(
        packets.iter().filter(|packet| packet.is_keyframe).count(),
        1
    );
}

#[test]
fn a_section_for_sound_names_one_ssrc_also_when_it_is_used_again() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.run(SECOND);
    for _ in 0..2 {
        world.publish(ann, Kind::Audio);
        world.run(SECOND);
        let answer = world.client(bob).last_answer();
        let ssrcs = answer.lines().filter(|line| line.starts_with("a=ssrc:"));
        let distinct: BTreeSet<_> = ssrcs.filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(distinct.len(), 1, "{answer}");
        assert!(!answer.contains("a=ssrc-group"), "{answer}");
        world.unpublish(ann);
        world.run(SECOND);
    }
}

#[test]
fn data_is_stamped_and_reaches_the_named_or_all_others() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    let cid = world.join("room", "cid");
    world.run(SECOND);
    world.send_data(ann, Channel::Reliable, b"all", &[]);
    world.send_data(ann, Channel::Lossy, b"bob only", &["bob"]);
    world.run(SECOND);

    let all = ("ann".to_owned(), b"all".to_vec());
    let only = ("ann".to_owned(), b"bob only".to_vec());
    assert_eq!(world.client(bob).data(), [all.clone(), only]);
    assert_eq!(world.client(cid).data(), [all]);
    assert!(world.client(ann).data().is_empty());
}

#[test]
fn reliable_data_waits_for_a_channel_that_is_not_open_yet() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    world.run(SECOND);
    let bob = world.join_unplugged("room", "bob");
    world.send_data(ann, Channel::Reliable, b"early", &[]);
    world.send_data(ann, Channel::Lossy, b"gone", &[]);
    world.run(SECOND);
    world.plug(bob);
    world.run(5 * SECOND);
    assert_eq!(
        world.client(bob).data(),
        [("ann".to_owned(), b"early".to_vec())]
    );
}

#[test]
fn a_subscribers_wish_for_a_key_frame_reaches_the_publisher() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.run(SECOND);
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    world.client_mut(bob).forget_old_packets();
    world.request_keyframe(bob);
    world.run(SECOND);
    let keyframes = world
        .client(bob)
        .packets()
        .iter()
        .filter(|packet| packet.is_keyframe);
    assert_eq!(keyframes.count(), 1);
}

#[test]
fn a_lost_signalling_connection_can_be_resumed() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.run(SECOND);
    world.publish(ann, Kind::Video);
    world.run(SECOND);
    world.lose_connection(bob);
    world.run(5 * SECOND);
    world.resume(bob);
    world.client_mut(bob).forget_packets();
    world.run(SECOND);

    let messages = world.client(bob).messages();
    assert!(
        matches!(messages.first(), Some(Message::Reconnect(_))),
        "the first of {messages:?}"
    );
    let updated = world
        .client(bob)
        .last_update_of("bob")
        .expect("itself, too");
    assert_eq!(updated.state, i32::from(State::Active));
    assert!(
        world.client(bob).packets().len() > 20,
        "the picture went on"
    );
    assert!(world.left().is_empty());
}

#[test]
fn a_stay_that_is_unknown_is_sent_to_join_anew() {
    let mut world = World::new();
    let bob = world.join("room", "bob");
    world.run(SECOND);
    world.restart();
    world.resume(bob);
    let leave = world.client(bob).leave().expect("told to leave");
    assert_eq!(leave, (DisconnectReason::StateMismatch, Action::Reconnect));
    assert!(world.client(bob).is_closed());
}

#[test]
fn the_same_identity_replaces_its_earlier_self() {
    let mut world = World::new();
    let first = world.join("room", "ann");
    world.run(SECOND);
    let second = world.join("room", "ann");
    world.run(SECOND);
    let leave = world.client(first).leave().expect("told to leave");
    assert_eq!(
        leave,
        (DisconnectReason::DuplicateIdentity, Action::Disconnect)
    );
    assert!(
        world
            .client(second)
            .join_response()
            .other_participants
            .is_empty()
    );
    assert_eq!(world.left(), [("ann".to_owned(), LeaveReason::Replaced)]);
}

#[test]
fn who_does_not_come_back_has_left_after_the_grace() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let bob = world.join("room", "bob");
    world.run(SECOND);
    world.lose_connection(bob);
    world.run(29 * SECOND);
    assert!(world.left().is_empty(), "its media still flows");
    world.run(3 * SECOND);
    assert_eq!(
        world.left(),
        [("bob".to_owned(), LeaveReason::ConnectionLost)]
    );
    let seen = world.client(ann).last_update_of("bob").expect("known");
    assert_eq!(seen.state, i32::from(State::Disconnected));
}

#[test]
fn without_media_the_grace_is_short() {
    let mut world = World::new();
    let bob = world.join("room", "bob");
    world.run(SECOND);
    world.lose_connection(bob);
    world.unplug(bob);
    world.run(7 * SECOND);
    assert!(world.left().is_empty());
    world.run(4 * SECOND);
    assert_eq!(
        world.left(),
        [("bob".to_owned(), LeaveReason::ConnectionLost)]
    );
}

#[test]
fn orders_reach_the_clients_with_their_reason() {
    let cases = [
        (
            Order::Remove {
                room: "room".into(),
                identity: "bob".into(),
            },
            (DisconnectReason::ParticipantRemoved, Action::Disconnect),
            LeaveReason::Removed,
        ),
        (
            Order::CloseRoom {
                room: "room".into(),
            },
            (DisconnectReason::RoomDeleted, Action::Disconnect),
            LeaveReason::RoomClosed,
        ),
        (
            Order::Stop,
            (DisconnectReason::ServerShutdown, Action::Reconnect),
            LeaveReason::ServerStopped,
        ),
    ];
    for (order, told, reason) in cases {
        let mut world = World::new();
        let bob = world.join("room", "bob");
        world.run(SECOND);
        world.order(order.clone());
        world.run(SECOND);
        assert_eq!(world.client(bob).leave(), Some(told), "{order:?}");
        assert!(world.client(bob).is_closed());
        assert_eq!(world.left(), [("bob".to_owned(), reason)]);
        assert_eq!(world.participant_count(), 0);
    }
}

#[test]
fn a_client_that_breaks_the_protocol_is_sent_away_alone() {
    let rubbish = [
        Frame::Binary(vec![0xff; 64]),
        Frame::Text("{\"offer\":".to_owned()),
        Client::offer_frame("not an SDP"),
        Client::offer_frame("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"),
        Client::offer_frame(&"m=audio 9 X 1\r\na=mid:0\r\n".repeat(1000)),
    ];
    for frame in rubbish {
        let mut world = World::new();
        let ann = world.join("room", "ann");
        let bob = world.join("room", "bob");
        world.run(SECOND);
        world.frame(bob, frame.clone());
        world.run(SECOND);
        assert!(world.client(bob).is_closed(), "after {frame:?}");
        assert!(world.client(bob).leave().is_some());
        assert!(!world.client(ann).is_closed());
        assert_eq!(world.participant_count(), 1);
    }
}

#[test]
fn what_a_client_may_not_do_is_refused_by_name() {
    let mut world = World::new();
    let bob = world.join_as("room", "bob", |grant| grant.can_publish = false);
    world.run(SECOND);
    world.publish(bob, Kind::Video);
    world.run(SECOND);
    let is_refusal = |message: &&Message| matches!(message, Message::RequestResponse(_));
    assert!(
        world
            .client(bob)
            .messages()
            .iter()
            .find(is_refusal)
            .is_some()
    );
    assert!(!world.client(bob).is_closed());
}

#[test]
fn a_connected_client_gets_fresh_tokens() {
    let mut world = World::new();
    let bob = world.join("room", "bob");
    world.run(600 * SECOND);
    let tokens = world
        .client(bob)
        .messages()
        .iter()
        .filter(|message| matches!(message, Message::RefreshToken(_)))
        .count();
    assert_eq!(tokens, 3, "at the start and every four minutes");
}

#[test]
fn the_path_is_told_once() {
    let mut world = World::new();
    world.join("room", "bob");
    world.run(10 * SECOND);
    let paths = world
        .events()
        .iter()
        .filter(|event| matches!(event, Event::PathChanged { .. }))
        .count();
    assert_eq!(paths, 1);
}

#[test]
fn a_panic_costs_one_room() {
    let mut world = World::new();
    let ann = world.join("room", "ann");
    let eve = world.join("elsewhere", "eve");
    let fay = world.join("elsewhere", "fay");
    world.run(SECOND);
    world.publish(eve, Kind::Video);
    world.run(SECOND);
    world.join_with_a_panic("room", "bob");
    world.client_mut(fay).forget_packets();
    world.run(SECOND);

    let told = (DisconnectReason::MediaFailure, Action::Reconnect);
    assert_eq!(world.client(ann).leave(), Some(told));
    assert_eq!(
        world.left(),
        [("ann".to_owned(), LeaveReason::ConnectionLost)]
    );
    assert!(!world.client(eve).is_closed());
    assert!(
        world.client(fay).packets().len() > 20,
        "the other room goes on"
    );
    let again = world.join("room", "ann");
    world.run(SECOND);
    assert!(
        world
            .client(again)
            .join_response()
            .other_participants
            .is_empty()
    );
}

#[test]
fn what_is_not_forwarded_becomes_vp8() {
    for (forwards_svc, [vp9, av1]) in [
        (false, ["video/VP8", "video/VP8"]),
        (true, ["video/VP9", "video/AV1"]),
    ] {
        let mut world = World::with(Options {
            forwards_svc,
            ..Options::default()
        });
        let ann = world.join("room", "ann");
        world.run(SECOND);
        let join = world.client(ann).join_response();
        let room = join.room.as_ref().expect("a room");
        for codecs in [&join.enabled_publish_codecs, &room.enabled_codecs] {
            let mimes: Vec<_> = codecs.iter().map(|codec| codec.mime.as_str()).collect();
            assert_eq!(
                mimes[..2],
                ["video/VP8", "video/H264"],
                "the first is taken"
            );
            assert_eq!(mimes.contains(&"video/VP9"), forwards_svc);
            assert_eq!(mimes.contains(&"video/AV1"), forwards_svc);
        }
        for (codec, taken) in [("vp9", vp9), ("AV1", av1), ("h264", "video/H264")] {
            let wanted = SimulcastCodec {
                codec: codec.into(),
                cid: codec.into(),
                ..SimulcastCodec::default()
            };
            let request = AddTrackRequest {
                cid: codec.into(),
                r#type: TrackType::Video.into(),
                simulcast_codecs: vec![wanted],
                ..AddTrackRequest::default()
            };
            world.ask(ann, Asked::AddTrack(request));
            let messages = world.client(ann).messages().iter().rev();
            let mut published = messages.filter_map(|message| match message {
                Message::TrackPublished(published) if published.cid == codec => {
                    published.track.as_ref()
                }
                _ => None,
            });
            let track = published.next().expect("published");
            assert_eq!(
                (track.mime_type.as_str(), track.codecs[0].mime_type.as_str()),
                (taken, taken)
            );
        }
    }
}
