use std::{sync::Arc, time::Instant};

use client::Owner;
use participant::{Clip, End, Event, Layer, Player, Publish, Request, TrackKey, TrackSource};

/// A camera that shows a machine with a fault, and its sound.
pub(super) struct Machine<F> {
    player: Player,
    /// Called when its media is up.
    on_air: F,
    end: End,
}

impl<F: FnMut()> Machine<F> {
    pub(super) fn new(clip: Arc<Clip>, now: Instant, on_air: F) -> Self {
        Self {
            player: Player::new(clip, VIDEO, AUDIO, now),
            on_air,
            end: End::Left,
        }
    }

    /// What it has to show and to be heard.
    pub(super) fn publish(&self) -> [Request; 2] {
        let publish = |track, source, layer| {
            Request::Publish(Publish {
                track,
                source,
                layers: vec![layer],
            })
        };
        [
            publish(VIDEO, TrackSource::Camera, SIZE),
            publish(AUDIO, TrackSource::Microphone, Layer::default()),
        ]
    }

    /// Why it is over.
    pub(super) fn end(&self) -> End {
        self.end
    }
}

impl<F: FnMut()> Owner for Machine<F> {
    fn on_event(&mut self, event: Event, _now: Instant, _requests: &mut Vec<Request>) {
        match event {
            Event::Connected => (self.on_air)(),
            Event::KeyframeWanted { .. } => self.player.request_keyframe(),
            Event::Ended(end) => self.end = end,
            _ => {}
        }
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.player.deadline())
    }

    fn on_time(&mut self, now: Instant, requests: &mut Vec<Request>) {
        requests.extend(self.player.due(now).into_iter().map(Request::Write));
    }
}

const VIDEO: TrackKey = TrackKey(1);
const AUDIO: TrackKey = TrackKey(2);
const SIZE: Layer = Layer {
    width: 640,
    height: 360,
    bitrate_bps: 200_000,
};
