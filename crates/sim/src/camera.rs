//! What people send: made-up pictures and sounds that say where they come from.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use participant::{
    Layer, Packet, Publish, Received, Request, TrackKey, TrackSource, Vp8Packetizer,
};

const PICTURE_INTERVAL: Duration = Duration::from_millis(66);
const SOUND_INTERVAL: Duration = Duration::from_millis(40);
/// The packetizer's descriptor comes before what the picture says.
const DESCRIPTOR_LENGTH: usize = 4;
const MARK: u8 = 0xa5;

/// Who sent something; travels in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) room: u8,
    pub(crate) person: u8,
    pub(crate) layer: u8,
    pub(crate) is_video: bool,
}

impl Origin {
    /// Reads it from a packet that begins a picture, or from a sound.
    pub(crate) fn read(packet: &Received) -> Option<Self> {
        let is_video = packet.kind == participant::Kind::Video;
        let start = if is_video { DESCRIPTOR_LENGTH + 1 } else { 0 };
        match packet.payload.get(start..start + 4)? {
            [MARK, room, person, layer] => Some(Self {
                room: *room,
                person: *person,
                layer: *layer,
                is_video,
            }),
            _ => None,
        }
    }

    fn bytes(self) -> [u8; 4] {
        [MARK, self.room, self.person, self.layer]
    }
}

/// Somebody's camera and microphone.
#[derive(Debug)]
pub(crate) struct Devices {
    origin: Origin,
    start: Instant,
    sound: Option<TrackKey>,
    camera: Option<Camera>,
    next_key: u32,
    next_picture: Instant,
    next_sound: Instant,
}

#[derive(Debug)]
struct Camera {
    track: TrackKey,
    layers: Vec<Encoder>,
}

#[derive(Debug, Default, Clone)]
struct Encoder {
    packetizer: Vp8Packetizer,
    wants_keyframe: bool,
    count: u64,
}

impl Devices {
    pub(crate) fn new(room: usize, person: usize, now: Instant) -> Self {
        Self {
            origin: Origin {
                room: room as u8,
                person: person as u8,
                layer: 0,
                is_video: false,
            },
            start: now,
            sound: None,
            camera: None,
            next_key: 1,
            next_picture: now,
            next_sound: now,
        }
    }

    pub(crate) fn open_microphone(&mut self) -> Request {
        let track = self.key();
        self.sound = Some(track);
        Request::Publish(Publish {
            track,
            source: TrackSource::Microphone,
            layers: vec![Layer::default()],
        })
    }

    pub(crate) fn open_camera(&mut self, layers: usize) -> Request {
        let track = self.key();
        let encoder = Encoder {
            wants_keyframe: true,
            ..Encoder::default()
        };
        self.camera = Some(Camera {
            track,
            layers: vec![encoder; layers],
        });
        let sizes = (0..layers as u32).map(|layer| Layer {
            width: 320 << layer,
            height: 180 << layer,
            bitrate_bps: 100_000 << layer,
        });
        Request::Publish(Publish {
            track,
            source: TrackSource::Camera,
            layers: sizes.collect(),
        })
    }

    /// Closes the camera; tells how many layers it had.
    pub(crate) fn close_camera(&mut self) -> Option<(Request, usize)> {
        let camera = self.camera.take()?;
        let track = camera.track;
        Some((Request::Unpublish { track }, camera.layers.len()))
    }

    pub(crate) fn want_keyframe(&mut self, track: TrackKey, layer: usize) {
        let camera = self.camera.as_mut().filter(|camera| camera.track == track);
        if let Some(encoder) = camera.and_then(|camera| camera.layers.get_mut(layer)) {
            encoder.wants_keyframe = true;
        }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.next_picture.min(self.next_sound)
    }

    pub(crate) fn due(&mut self, now: Instant) -> Vec<Packet> {
        let mut packets = Vec::new();
        let since = now.saturating_duration_since(self.start);
        if self.next_sound <= now {
            self.next_sound = now + SOUND_INTERVAL;
            packets.extend(self.sound.map(|track| self.sound(track, since)));
        }
        if self.next_picture <= now {
            self.next_picture = now + PICTURE_INTERVAL;
            if let Some(camera) = &mut self.camera {
                packets.extend(camera.shoot(self.origin, since));
            }
        }
        packets
    }

    fn sound(&self, track: TrackKey, since: Duration) -> Packet {
        let mut payload = self.origin.bytes().to_vec();
        payload.resize(60, 1);
        Packet {
            track,
            layer: 0,
            timestamp: ticks(since, 48_000),
            is_marked: false,
            level_dbov: Some(-30),
            payload: payload.into(),
        }
    }

    fn key(&mut self) -> TrackKey {
        self.next_key += 1;
        TrackKey(self.next_key)
    }
}

impl Camera {
    /// A picture of every layer; higher ones are larger.
    fn shoot(&mut self, origin: Origin, since: Duration) -> Vec<Packet> {
        let track = self.track;
        let mut packets = Vec::new();
        for (layer, encoder) in self.layers.iter_mut().enumerate() {
            let origin = Origin {
                layer: layer as u8,
                ..origin
            };
            let payloads = encoder.encode(origin, layer);
            let last = payloads.len() - 1;
            for (index, payload) in payloads.into_iter().enumerate() {
                packets.push(Packet {
                    track,
                    layer,
                    timestamp: ticks(since, 90_000),
                    is_marked: index == last,
                    level_dbov: None,
                    payload,
                });
            }
        }
        packets
    }
}

impl Encoder {
    fn encode(&mut self, origin: Origin, layer: usize) -> Vec<Arc<[u8]>> {
        let is_keyframe = std::mem::take(&mut self.wants_keyframe);
        // RFC 6386 §9.1: the lowest bit is 0 for key frames.
        let mut picture = vec![u8::from(!is_keyframe)];
        picture.extend(origin.bytes());
        self.count += 1;
        let length = 500 << layer;
        let length = if is_keyframe { length * 4 } else { length };
        picture.resize(length, 3);
        self.packetizer.packetize(&picture)
    }
}

/// The RTP clock, which wraps.
fn ticks(since: Duration, clock_hz: u32) -> u32 {
    (since.as_micros() * u128::from(clock_hz) / 1_000_000) as u32
}
