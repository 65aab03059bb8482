//! Who receives what: wishes of subscribers, rules of publishers.

use livekit_protocol::{
    ParticipantInfo, SubscriptionError, SubscriptionPermission, SubscriptionPermissionUpdate,
    SubscriptionResponse, TrackInfo, UpdateSubscription, UpdateTrackSettings, VideoQuality,
    signal_response::Message,
};
use sfu::{Layer, PeerId, Request, TrackId, TrackSettings};

use super::Edge;
use crate::{access::Access, io::Now};

/// More choices than a room has tracks; a limit on what one client can make us keep.
const CHOICES_MAX: usize = 1_000;

impl Edge {
    /// Starts forwarding a track of somebody else's, if its publisher allows it.
    pub(super) fn subscribe(&mut self, peer: PeerId, track: &TrackId, now: Now) {
        let Some(publisher) = self.publisher_of(peer, track.as_str()) else {
            return;
        };
        let (Some(subscriber), Some(owner)) = (self.participant(peer), self.participant(publisher))
        else {
            return;
        };
        // Who is hidden is not known to anybody, so nobody would know whose track it is.
        let may = subscriber.claims.video.can_subscribe()
            && !owner.is_hidden()
            && owner.access.allows(&subscriber.info, track.as_str());
        if may {
            let (peer, track) = (subscriber.receiving, track.clone());
            self.request(Request::Subscribe { peer, track }, now);
        }
    }

    /// Starts forwarding whatever a participant wants of the others' tracks.
    pub(super) fn subscribe_to_wanted(&mut self, peer: PeerId, now: Now) {
        let Some(participant) = self.participant(peer) else {
            return;
        };
        let tracks = self.tracks_of_others(peer);
        let wanted: Vec<TrackId> = tracks.filter(|track| participant.wants(track)).collect();
        for track in wanted {
            self.subscribe(peer, &track, now);
        }
    }

    /// Stops forwarding all, without forgetting what was wanted.
    pub(super) fn unsubscribe_from_all(&mut self, peer: PeerId, now: Now) {
        let Some(receiving) = self.participant(peer).map(|one| one.receiving) else {
            return;
        };
        let tracks: Vec<TrackId> = self.tracks_of_others(peer).collect();
        for track in tracks {
            let peer = receiving;
            self.request(Request::Unsubscribe { peer, track }, now);
        }
    }

    fn tracks_of_others(&self, peer: PeerId) -> impl Iterator<Item = TrackId> {
        let others = self
            .room_of(peer)
            .into_iter()
            .flat_map(move |room| room.others(peer));
        others
            .flat_map(|(_, other)| &other.info.tracks)
            .map(|track| TrackId::from(track.sid.as_str()))
    }

    pub(super) fn update_subscription(
        &mut self,
        peer: PeerId,
        request: &UpdateSubscription,
        now: Now,
    ) {
        let nested = request
            .participant_tracks
            .iter()
            .flat_map(|tracks| &tracks.track_sids);
        for sid in request.track_sids.iter().chain(nested) {
            let track = TrackId::from(sid.as_str());
            let is_known = self.publisher_of(peer, sid).is_some();
            let Some(participant) = self.participant_mut(peer) else {
                return;
            };
            if participant.choices.len() < CHOICES_MAX {
                participant.choices.insert(track.clone(), request.subscribe);
            }
            if request.subscribe && !is_known {
                let response = SubscriptionResponse {
                    track_sid: sid.clone(),
                    err: SubscriptionError::SeTrackNotfound.into(),
                };
                self.tell(peer, Message::SubscriptionResponse(response));
            } else if request.subscribe {
                self.subscribe(peer, &track, now);
            } else {
                let peer = participant.receiving;
                self.request(Request::Unsubscribe { peer, track }, now);
            }
        }
    }

    pub(super) fn configure_tracks(
        &mut self,
        peer: PeerId,
        request: &UpdateTrackSettings,
        now: Now,
    ) {
        for sid in &request.track_sids {
            let Some(publisher) = self.publisher_of(peer, sid) else {
                continue;
            };
            let Some(receiving) = self.participant(peer).map(|one| one.receiving) else {
                return;
            };
            let Some(track) = self
                .participant_mut(publisher)
                .and_then(|one| one.track_mut(sid))
            else {
                continue;
            };
            let settings = TrackSettings {
                is_disabled: request.disabled,
                layer_max: wanted_layer(request, track),
                priority: request.priority,
            };
            self.request(
                Request::Configure {
                    peer: receiving,
                    track: sid.as_str().into(),
                    settings,
                },
                now,
            );
        }
    }

    /// A publisher says who may receive what.
    pub(super) fn permit(&mut self, peer: PeerId, permission: &SubscriptionPermission, now: Now) {
        let newer = Access::new(permission);
        let Some(room) = self.room_of(peer) else {
            return;
        };
        let Some(publisher) = room.participants.get(&peer) else {
            return;
        };
        let participant_sid = publisher.info.sid.clone();
        let mut changes: Vec<(PeerId, TrackId, bool)> = Vec::new();
        for (other, subscriber) in room.others(peer) {
            let tracks = publisher.info.tracks.iter().map(|track| track.sid.as_str());
            let changed = publisher
                .access
                .difference(&newer, &subscriber.info, tracks);
            changes.extend(
                changed
                    .into_iter()
                    .map(|(track, allowed)| (other, track.into(), allowed)),
            );
        }
        if let Some(publisher) = self.participant_mut(peer) {
            publisher.access = newer;
        }
        for (subscriber, track, allowed) in changes {
            let update = SubscriptionPermissionUpdate {
                participant_sid: participant_sid.clone(),
                track_sid: track.as_str().into(),
                allowed,
            };
            self.tell(subscriber, Message::SubscriptionPermissionUpdate(update));
            let Some(one) = self.participant(subscriber) else {
                continue;
            };
            if !allowed {
                let peer = one.receiving;
                self.request(Request::Unsubscribe { peer, track }, now);
            } else if one.wants(&track) {
                self.subscribe(subscriber, &track, now);
            }
        }
    }

    /// Who publishes a track, in the room of somebody.
    pub(super) fn publisher_of(&self, peer: PeerId, track: &str) -> Option<PeerId> {
        let publishes = |info: &ParticipantInfo| info.tracks.iter().any(|one| one.sid == track);
        let mut participants = self.room_of(peer)?.participants.iter();
        participants
            .find(|(_, one)| publishes(&one.info))
            .map(|(publisher, _)| *publisher)
    }
}

/// The smallest layer that covers the size asked for, or the quality asked for by name.
fn wanted_layer(request: &UpdateTrackSettings, track: &TrackInfo) -> Layer {
    if request.width == 0 || request.height == 0 {
        return match VideoQuality::try_from(request.quality) {
            Ok(VideoQuality::Low) => Layer::Low,
            Ok(VideoQuality::Medium) => Layer::Medium,
            Ok(VideoQuality::High | VideoQuality::Off) | Err(_) => Layer::High,
        };
    }
    // Phones turn: what counts is the longer side against the longer side.
    let wanted = request.width.max(request.height);
    let layers = track.codecs.first().map(|codec| &codec.layers);
    let fitting = layers
        .into_iter()
        .flatten()
        .filter(|layer| layer.width.max(layer.height) >= wanted)
        .min_by_key(|layer| layer.width.max(layer.height));
    match fitting.map(|layer| VideoQuality::try_from(layer.quality)) {
        Some(Ok(VideoQuality::Low)) => Layer::Low,
        Some(Ok(VideoQuality::Medium)) => Layer::Medium,
        _ => Layer::High,
    }
}

#[cfg(test)]
mod tests {
    use livekit_protocol::{SimulcastCodecInfo, VideoLayer};

    use super::*;

    fn track() -> TrackInfo {
        let layer = |quality: VideoQuality, width, height| VideoLayer {
            quality: quality.into(),
            width,
            height,
            ..VideoLayer::default()
        };
        let codec = SimulcastCodecInfo {
            layers: vec![
                layer(VideoQuality::High, 1280, 720),
                layer(VideoQuality::Low, 320, 180),
                layer(VideoQuality::Medium, 640, 360),
            ],
            ..SimulcastCodecInfo::default()
        };
        TrackInfo {
            codecs: vec![codec],
            ..TrackInfo::default()
        }
    }

    fn sized(width: u32, height: u32) -> UpdateTrackSettings {
        UpdateTrackSettings {
            width,
            height,
            ..UpdateTrackSettings::default()
        }
    }

    #[test]
    fn the_smallest_layer_that_covers_is_wanted() {
        assert_eq!(wanted_layer(&sized(200, 100), &track()), Layer::Low);
        assert_eq!(wanted_layer(&sized(360, 640), &track()), Layer::Medium);
        assert_eq!(wanted_layer(&sized(641, 100), &track()), Layer::High);
        assert_eq!(wanted_layer(&sized(4_000, 3_000), &track()), Layer::High);
    }

    #[test]
    fn without_a_size_the_quality_is_taken() {
        let request = UpdateTrackSettings {
            quality: VideoQuality::Medium.into(),
            ..UpdateTrackSettings::default()
        };
        assert_eq!(wanted_layer(&request, &track()), Layer::Medium);
    }
}
