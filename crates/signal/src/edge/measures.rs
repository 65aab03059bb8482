//! What the engine measures, for those who look at it: voices, links, layers, pauses.

use livekit_protocol::{
    ConnectionQuality, ConnectionQualityInfo, ConnectionQualityUpdate, SpeakerInfo,
    SpeakersChanged, StreamState, StreamStateInfo, StreamStateUpdate, SubscribedCodec,
    SubscribedQuality, SubscribedQualityUpdate, VideoQuality, signal_response::Message,
};
use sfu::{Layer, Link, PeerId, TrackId};

use super::Edge;

impl Edge {
    pub(super) fn speaking(&mut self, peer: PeerId, level: u8) {
        let Some(participant) = self.participant_mut(peer).filter(|one| !one.is_hidden()) else {
            return;
        };
        participant.is_speaking = level > 0;
        let speaker = SpeakerInfo {
            sid: participant.info.sid.clone(),
            level: f32::from(level) / 100.0,
            active: level > 0,
        };
        let speakers = vec![speaker];
        self.tell_room(
            peer,
            &Message::SpeakersChanged(SpeakersChanged { speakers }),
        );
    }

    pub(super) fn measured(&mut self, peer: PeerId, link: Link) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        participant.link.measure(link);
        let Some(quality) = participant.link.take_news() else {
            return;
        };
        let info = quality_info(participant.info.sid.clone(), quality);
        let updates = vec![info];
        let message = Message::ConnectionQuality(ConnectionQualityUpdate { updates });
        if self.participant(peer).is_some_and(|one| one.is_hidden()) {
            self.tell(peer, message);
        } else {
            self.tell_room(peer, &message);
        }
    }

    /// How everybody's connection is, for somebody who has just come in.
    pub(super) fn tell_qualities(&mut self, peer: PeerId) {
        let Some(room) = self.room_of(peer) else {
            return;
        };
        let visible = room.others(peer).filter(|(_, other)| !other.is_hidden());
        let updates: Vec<ConnectionQualityInfo> = visible
            .map(|(_, other)| quality_info(other.info.sid.clone(), other.link.quality()))
            .collect();
        if !updates.is_empty() {
            let update = ConnectionQualityUpdate { updates };
            self.tell(peer, Message::ConnectionQuality(update));
        }
    }

    pub(super) fn paused(&mut self, peer: PeerId, track: &TrackId, is_paused: bool) {
        let Some(publisher) = self.publisher_of(peer, track.as_str()) else {
            return;
        };
        let Some(participant_sid) = self.participant(publisher).map(|one| one.info.sid.clone())
        else {
            return;
        };
        let state = if is_paused {
            StreamState::Paused
        } else {
            StreamState::Active
        };
        let info = StreamStateInfo {
            participant_sid,
            track_sid: track.as_str().into(),
            state: state.into(),
        };
        let update = StreamStateUpdate {
            stream_states: vec![info],
        };
        self.tell(peer, Message::StreamStateUpdate(update));
    }

    pub(super) fn layers_wanted(
        &mut self,
        peer: PeerId,
        track: &TrackId,
        layer_max: Option<Layer>,
    ) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let Some(info) = participant.track_mut(track.as_str()) else {
            return;
        };
        let codec = info
            .mime_type
            .split('/')
            .nth(1)
            .unwrap_or_default()
            .to_lowercase();
        let qualities: Vec<SubscribedQuality> = Layer::ALL
            .into_iter()
            .map(|layer| SubscribedQuality {
                quality: quality_of(layer).into(),
                enabled: Some(layer) <= layer_max,
            })
            .collect();
        #[expect(deprecated, reason = "older clients read the flat field")]
        let update = SubscribedQualityUpdate {
            track_sid: track.as_str().into(),
            subscribed_qualities: qualities.clone(),
            subscribed_codecs: vec![SubscribedCodec { codec, qualities }],
        };
        self.tell(peer, Message::SubscribedQualityUpdate(update));
    }
}

fn quality_info(participant_sid: String, quality: ConnectionQuality) -> ConnectionQualityInfo {
    let score = match quality {
        ConnectionQuality::Excellent => 4.5,
        ConnectionQuality::Good => 3.5,
        ConnectionQuality::Poor => 2.0,
        ConnectionQuality::Lost => 1.0,
    };
    ConnectionQualityInfo {
        participant_sid,
        quality: quality.into(),
        score,
    }
}

fn quality_of(layer: Layer) -> VideoQuality {
    match layer {
        Layer::Low => VideoQuality::Low,
        Layer::Medium => VideoQuality::Medium,
        Layer::High => VideoQuality::High,
    }
}
