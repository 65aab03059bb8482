//! Shares each subscriber's link among what it receives, and tells publishers what is wanted.

use std::time::Instant;

use str0m::media::KeyframeRequestKind;

use super::Shard;
use crate::{
    io::{Event, Kind, Layer, Output, PeerId, Purpose, TrackId},
    publication::Publication,
    share::{Picture, share},
};

/// Ranks a shared screen above every camera of the same priority.
const SCREEN_WEIGHT: u64 = 8;

impl Shard {
    /// A link has been measured. Less room is acted on at once, more with the next look.
    pub(super) fn estimated(&mut self, id: PeerId, estimate_bps: u64, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let earlier = peer.allocation.estimate_bps.replace(estimate_bps);
        if earlier.is_none_or(|earlier| estimate_bps < earlier) {
            peer.allocation.hurry(now);
        }
    }

    /// Gives each picture that a peer receives the layer that its link has room for.
    pub(super) fn share_link(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if !peer.allocation.take_due(now) {
            return;
        }
        let tracks: Vec<TrackId> = peer.sections.placed().values().cloned().collect();
        let mut sound_bps = 0;
        let mut pictures = Vec::new();
        let mut shared = Vec::new();
        for track in tracks {
            let Some(publication) = self.publication_of(&track) else {
                continue;
            };
            let Some(forward) = publication.forwards.iter().find(|one| one.peer == id) else {
                continue;
            };
            if forward.settings.is_disabled {
                shared.push((track, None, true));
            } else if publication.kind() == Kind::Audio {
                let rates = publication
                    .flowing(now)
                    .filter_map(|one| one.meter.rate_bps());
                sound_bps += rates.sum::<u64>();
            } else {
                pictures.push(picture(publication, id, now));
                shared.push((track, Some(pictures.len() - 1), false));
            }
        }
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let (chosen, used) = share(peer.allocation.budget_bps(sound_bps), &pictures);
        peer.aim(used, sound_bps, now);
        if !pictures.is_empty() {
            peer.allocation.again(now);
        }
        for (track, index, is_disabled) in shared {
            let layer = index.and_then(|index| chosen[index]);
            // What nobody sends cannot be paused.
            let is_flowing =
                index.is_some_and(|index| pictures[index].layers.iter().any(Option::is_some));
            if is_flowing || is_disabled {
                self.aim_forward(id, &track, layer, is_disabled, now);
            }
        }
    }

    /// Does what is due for the tracks that a peer publishes.
    pub(super) fn serve_publications(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        for publication in &mut peer.publications {
            for stream in &mut publication.streams {
                if !stream.keyframes.take_due(now) {
                    continue;
                }
                if let Some(stream) = peer.rtc.direct_api().stream_rx(&stream.ssrc.into()) {
                    stream.request_keyframe(KeyframeRequestKind::Pli);
                    peer.needs_tick = true;
                }
            }
            if let Some(layer_max) = publication.demand.take_news(now) {
                let track = publication.track.clone();
                self.outputs.push_back(Output::Event(Event::LayersWanted {
                    peer: id,
                    track,
                    layer_max,
                }));
            }
            if let Some(level) = publication.speech.take_news(now) {
                let level = (level * 100.0).clamp(0.0, 100.0) as u8;
                self.outputs
                    .push_back(Output::Event(Event::Speaking { peer: id, level }));
            }
        }
    }

    fn aim_forward(
        &mut self,
        id: PeerId,
        track: &TrackId,
        layer: Option<Layer>,
        is_disabled: bool,
        now: Instant,
    ) {
        let Some(&publisher) = self.publishers.get(track) else {
            return;
        };
        let Some(publication) = self.publication_mut(publisher, track) else {
            return;
        };
        let Some(forward) = publication.forward_mut(id) else {
            return;
        };
        let earlier = std::mem::replace(&mut forward.target, layer);
        if layer.is_none() {
            forward.pause();
        }
        if earlier == layer {
            return;
        }
        let was_told =
            std::mem::replace(&mut forward.is_told_paused, layer.is_none() && !is_disabled);
        let is_paused = forward.is_told_paused;
        if layer.is_some() {
            publication.want_keyframe(id, now);
            self.touch(publisher);
        }
        if was_told != is_paused {
            let track = track.clone();
            self.outputs.push_back(Output::Event(Event::Paused {
                peer: id,
                track,
                is_paused,
            }));
        }
    }

    fn publication_of(&self, track: &TrackId) -> Option<&Publication> {
        self.peers
            .get(self.publishers.get(track)?)?
            .publication(track)
    }
}

fn picture(publication: &Publication, subscriber: PeerId, now: Instant) -> Picture {
    let mut layers = [None; 3];
    let mut present = None;
    let forward = publication
        .forwards
        .iter()
        .find(|one| one.peer == subscriber);
    let current = forward.and_then(|forward| forward.current());
    for stream in publication.flowing(now) {
        layers[stream.layer as usize] = Some(stream.meter.rate_bps());
        if Some(stream.ssrc) == current {
            present = Some(stream.layer);
        }
    }
    let settings = forward.map(|forward| forward.settings).unwrap_or_default();
    let screen = if publication.purpose == Purpose::Screen {
        SCREEN_WEIGHT
    } else {
        0
    };
    Picture {
        // Whoever wants it larger looks at it.
        weight: u64::from(settings.priority) * 2 * SCREEN_WEIGHT
            + screen
            + settings.layer_max as u64,
        layer_max: settings.layer_max,
        layers,
        present,
    }
}
