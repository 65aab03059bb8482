//! A published track: the streams it arrives on and the subscribers it goes to.

use std::time::{Duration, Instant};

use str0m::media::{Mid, Pt, Rid};

use crate::{
    codec::Format,
    demand::Demand,
    forward::Forward,
    io::{Kind, Layer, PeerId, Purpose, Sound, TrackId},
    keyframes::KeyframeThrottle,
    meter::Meter,
    overtaking::Overtaking,
    packet::Packet,
    speech::Speech,
};

/// A layer that has been silent for so long is not worth waiting for.
const LAYER_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) track: TrackId,
    pub(crate) purpose: Purpose,
    /// The publisher's section.
    pub(crate) mid: Mid,
    pub(crate) sound: Sound,
    pub(crate) streams: Vec<Stream>,
    pub(crate) forwards: Vec<Forward>,
    pub(crate) demand: Demand,
    pub(crate) speech: Speech,
    /// What the newest payload type means.
    format: Option<Format>,
}

/// One encoding of the track, as it arrives.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) ssrc: u32,
    pub(crate) layer: Layer,
    pub(crate) meter: Meter,
    pub(crate) keyframes: KeyframeThrottle,
    /// The newest packets: the first one of a key frame may be overtaken.
    pub(crate) overtaking: Overtaking,
    last_packet: Instant,
}

impl Publication {
    pub(crate) fn new(track: TrackId, purpose: Purpose, mid: Mid) -> Self {
        Self {
            track,
            purpose,
            mid,
            sound: Sound::default(),
            streams: Vec::new(),
            forwards: Vec::new(),
            demand: Demand::default(),
            speech: Speech::default(),
            format: None,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.purpose.kind()
    }

    /// Notes that a packet arrived on a stream, which may be a new one.
    pub(crate) fn heard(&mut self, ssrc: u32, rid: Option<Rid>, bytes: usize, now: Instant) {
        if let Some(stream) = self.stream_mut(ssrc) {
            stream.last_packet = now;
            stream.meter.count(bytes, now);
            return;
        }
        let layer = layer_of(rid);
        // A stream that starts anew under another SSRC replaces the old one.
        self.streams.retain(|stream| stream.layer != layer);
        self.streams.push(Stream {
            ssrc,
            layer,
            meter: Meter::new(now),
            keyframes: KeyframeThrottle::default(),
            overtaking: Overtaking::default(),
            last_packet: now,
        });
    }

    /// What a payload type means, looked up when it changes.
    pub(crate) fn format(
        &mut self,
        payload_type: Pt,
        look_up: impl FnOnce() -> Option<Format>,
    ) -> Option<Format> {
        if self
            .format
            .is_none_or(|format| format.payload_type != payload_type)
        {
            self.format = look_up();
        }
        self.format
    }

    pub(crate) fn stream_mut(&mut self, ssrc: u32) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.ssrc == ssrc)
    }

    /// The packets that came before the first one of their key frame.
    pub(crate) fn overtaking(&mut self, ssrc: u32, first: &Packet) -> Vec<Packet> {
        let stream = self.stream_mut(ssrc);
        stream.map_or_else(Vec::new, |stream| stream.overtaking.take(first))
    }

    /// The streams that are flowing.
    pub(crate) fn flowing(&self, now: Instant) -> impl Iterator<Item = &Stream> {
        let is_flowing = move |stream: &&Stream| {
            now.saturating_duration_since(stream.last_packet) < LAYER_TIMEOUT
        };
        self.streams.iter().filter(is_flowing)
    }

    /// The best flowing stream that is not above a layer, or else the lowest there is.
    pub(crate) fn stream_for(&self, layer: Layer, now: Instant) -> Option<u32> {
        let fitting = self.flowing(now).filter(|stream| stream.layer <= layer);
        let best = fitting.max_by_key(|stream| stream.layer);
        let lowest = || self.flowing(now).min_by_key(|stream| stream.layer);
        best.or_else(lowest).map(|stream| stream.ssrc)
    }

    pub(crate) fn forward_mut(&mut self, subscriber: PeerId) -> Option<&mut Forward> {
        self.forwards
            .iter_mut()
            .find(|forward| forward.peer == subscriber)
    }

    /// A subscriber needs a key frame, of the stream it gets and of the one it is about to get.
    pub(crate) fn want_keyframe(&mut self, subscriber: PeerId, now: Instant) {
        if self.kind() == Kind::Audio {
            return;
        }
        let Some(forward) = self.forwards.iter().find(|one| one.peer == subscriber) else {
            return;
        };
        let current = forward.current();
        let target = forward.target.and_then(|layer| self.stream_for(layer, now));
        for stream in &mut self.streams {
            if Some(stream.ssrc) == current || Some(stream.ssrc) == target {
                stream.keyframes.want(now);
            }
        }
    }

    /// Everybody who receives it needs a key frame.
    pub(crate) fn want_keyframes(&mut self, now: Instant) {
        let subscribers: Vec<PeerId> = self.forwards.iter().map(|one| one.peer).collect();
        for subscriber in subscribers {
            self.want_keyframe(subscriber, now);
        }
    }

    /// What its subscribers want at most.
    pub(crate) fn update_demand(&mut self, now: Instant) {
        let enabled = self.forwards.iter().filter(|one| !one.settings.is_disabled);
        let wanted = enabled.map(|forward| forward.settings.layer_max).max();
        self.demand.set(wanted, now);
    }

    /// When something of its own is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let keyframes = self
            .streams
            .iter()
            .filter_map(|one| one.keyframes.deadline());
        keyframes
            .chain(self.demand.deadline())
            .chain(self.speech.deadline())
            .min()
    }
}

/// LiveKit names its layers q, h and f, from low to high; a stream without a name is the only one.
fn layer_of(rid: Option<Rid>) -> Layer {
    match rid.as_deref() {
        Some("f") => Layer::High,
        Some("h") => Layer::Medium,
        Some(_) | None => Layer::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publication() -> Publication {
        Publication::new("TR_1".into(), Purpose::Camera, "0".into())
    }

    #[test]
    fn the_stream_for_a_layer_is_the_best_that_flows_below_it() {
        let start = Instant::now();
        let mut publication = publication();
        assert_eq!(publication.stream_for(Layer::High, start), None);
        publication.heard(1, Some("q".into()), 100, start);
        publication.heard(3, Some("f".into()), 100, start);
        assert_eq!(publication.stream_for(Layer::High, start), Some(3));
        assert_eq!(publication.stream_for(Layer::Medium, start), Some(1));

        let later = start + LAYER_TIMEOUT;
        publication.heard(1, Some("q".into()), 100, later);
        assert_eq!(publication.stream_for(Layer::High, later), Some(1));
    }

    #[test]
    fn what_has_no_low_layer_is_sent_as_it_is() {
        let start = Instant::now();
        let mut publication = publication();
        publication.heard(3, Some("f".into()), 100, start);
        assert_eq!(publication.stream_for(Layer::Low, start), Some(3));
    }

    #[test]
    fn a_stream_that_starts_anew_replaces_its_layer() {
        let start = Instant::now();
        let mut publication = publication();
        publication.heard(1, None, 100, start);
        publication.heard(2, None, 100, start);
        assert_eq!(publication.streams.len(), 1);
        assert_eq!(publication.stream_for(Layer::High, start), Some(2));
    }
}
