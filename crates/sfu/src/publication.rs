//! A published track: the streams it arrives on and the subscribers it goes to.

use std::time::{Duration, Instant};

use str0m::media::{Mid, Rid};

use crate::{
    forward::Forward,
    io::{Kind, PeerId, TrackId},
    keyframes::KeyframeThrottle,
};

/// A layer that has been silent for so long is not worth waiting for.
const LAYER_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) track: TrackId,
    pub(crate) kind: Kind,
    /// The publisher's section.
    pub(crate) mid: Mid,
    pub(crate) layers: Vec<Layer>,
    pub(crate) forwards: Vec<Forward>,
}

/// One encoding of the track.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) ssrc: u32,
    quality: u8,
    last_packet: Instant,
    pub(crate) keyframes: KeyframeThrottle,
}

impl Publication {
    pub(crate) fn new(track: TrackId, kind: Kind, mid: Mid) -> Self {
        Self {
            track,
            kind,
            mid,
            layers: Vec::new(),
            forwards: Vec::new(),
        }
    }

    /// Notes that a packet arrived on a stream, which may be a new one.
    pub(crate) fn heard(&mut self, ssrc: u32, rid: Option<Rid>, now: Instant) {
        if let Some(layer) = self.layer_mut(ssrc) {
            layer.last_packet = now;
        } else {
            let quality = quality_of(rid);
            // A stream that starts anew under another SSRC replaces the old one.
            self.layers.retain(|layer| layer.quality != quality);
            let keyframes = KeyframeThrottle::default();
            self.layers.push(Layer {
                ssrc,
                quality,
                last_packet: now,
                keyframes,
            });
        }
    }

    pub(crate) fn layer_mut(&mut self, ssrc: u32) -> Option<&mut Layer> {
        self.layers.iter_mut().find(|layer| layer.ssrc == ssrc)
    }

    /// The stream of the highest quality that is flowing.
    pub(crate) fn best_ssrc(&self, now: Instant) -> Option<u32> {
        self.layers
            .iter()
            .filter(|layer| now.saturating_duration_since(layer.last_packet) < LAYER_TIMEOUT)
            .max_by_key(|layer| layer.quality)
            .map(|layer| layer.ssrc)
    }

    /// A subscriber needs a key frame, of the stream it gets or is about to get.
    pub(crate) fn want_keyframe(&mut self, subscriber: PeerId, now: Instant) {
        if self.kind == Kind::Audio {
            return;
        }
        let current = self
            .forwards
            .iter()
            .find(|forward| forward.peer == subscriber)
            .and_then(Forward::current);
        let best = self.best_ssrc(now);
        for layer in &mut self.layers {
            if Some(layer.ssrc) == current || Some(layer.ssrc) == best {
                layer.keyframes.want(now);
            }
        }
    }
}

/// LiveKit names its layers q, h and f, from low to high; a stream without a name is the only one.
fn quality_of(rid: Option<Rid>) -> u8 {
    match rid.as_deref() {
        Some("f") => 2,
        Some("h") => 1,
        Some(_) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_layer_is_the_highest_that_flows() {
        let start = Instant::now();
        let mut publication = Publication::new("TR_1".into(), Kind::Video, "0".into());
        assert_eq!(publication.best_ssrc(start), None);
        publication.heard(1, Some("q".into()), start);
        publication.heard(3, Some("f".into()), start);
        assert_eq!(publication.best_ssrc(start), Some(3));

        let later = start + LAYER_TIMEOUT;
        publication.heard(1, Some("q".into()), later);
        assert_eq!(publication.best_ssrc(later), Some(1));
    }

    #[test]
    fn a_stream_that_starts_anew_replaces_its_layer() {
        let start = Instant::now();
        let mut publication = Publication::new("TR_1".into(), Kind::Video, "0".into());
        publication.heard(1, None, start);
        publication.heard(2, None, start);
        assert_eq!(publication.layers.len(), 1);
        assert_eq!(publication.best_ssrc(start), Some(2));
    }
}
