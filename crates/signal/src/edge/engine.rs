//! What the media engine reports.

use std::{collections::BTreeMap, sync::Arc};

use livekit_protocol::{
    DisconnectReason, MediaSectionsRequirement, SessionDescription, TrackType,
    leave_request::Action, participant_info::State, signal_response::Message,
};
use sfu::{Channel, Event as EngineEvent, PeerId, Reason, Request, TrackId, Transport};
use tracing::debug;

use super::Edge;
use crate::{
    data::{self, Sender},
    io::{Event, LeaveReason, Now},
};

impl Edge {
    pub(super) fn engine_event(&mut self, event: EngineEvent, now: Now) {
        match event {
            EngineEvent::Answer {
                peer,
                id,
                sdp,
                tracks_by_mid,
            } => {
                let answer = description("answer", id, sdp, tracks_by_mid);
                self.tell(peer, Message::Answer(answer));
            }
            EngineEvent::Offer {
                peer,
                id,
                sdp,
                tracks_by_mid,
            } => {
                let offer = description("offer", id, sdp, tracks_by_mid);
                self.tell(self.owner(peer), Message::Offer(offer));
            }
            EngineEvent::SectionsWanted { peer, audio, video } => {
                let wanted = MediaSectionsRequirement {
                    num_audios: audio,
                    num_videos: video,
                };
                self.tell(peer, Message::MediaSectionsRequirement(wanted));
            }
            EngineEvent::Connected { peer } => self.connected(peer),
            EngineEvent::PathChanged { peer, transport } => {
                self.path_changed(peer, transport, now);
            }
            EngineEvent::TrackLive { peer, track, mid } => self.track_live(peer, &track, mid, now),
            EngineEvent::TrackEnded { peer, track } => self.track_ended(peer, &track),
            EngineEvent::Paused {
                peer,
                track,
                is_paused,
            } => self.paused(self.owner(peer), &track, is_paused),
            EngineEvent::LayersWanted {
                peer,
                track,
                layer_max,
            } => self.layers_wanted(peer, &track, layer_max),
            EngineEvent::Speaking { peer, level } => self.speaking(peer, level),
            EngineEvent::Link { peer, link } => self.measured(self.owner(peer), link),
            EngineEvent::Received {
                peer,
                channel,
                payload,
            } => self.received(self.owner(peer), channel, &payload, now),
            EngineEvent::Closed { peer, reason } => self.closed(self.owner(peer), reason, now),
        }
    }

    fn path_changed(&mut self, peer: PeerId, transport: Transport, now: Now) {
        let owner = self.owner(peer);
        // With two connections, the one that is looked at is the one that shows something.
        let participant = self.participant_mut(owner);
        let Some(participant) = participant.filter(|one| one.receiving == peer) else {
            return;
        };
        participant.ways.goes_by(transport, now.instant);
        if let Some((room, identity, sid)) = self.stay(owner) {
            self.tell_product(Event::PathChanged {
                room,
                identity,
                sid,
                transport,
            });
        }
    }

    /// A participant is in when what it receives on is up: with two connections the other one
    /// comes only when it publishes.
    fn connected(&mut self, peer: PeerId) {
        let receiver = peer;
        let peer = self.owner(receiver);
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        if participant.is_active() || participant.receiving != receiver {
            return;
        }
        let info = participant.update(|info| info.state = State::Active.into());
        self.announce(peer, &info);
        if let Some((room, identity, sid)) = self.stay(peer) {
            self.tell_product(Event::Joined {
                room,
                identity,
                sid,
            });
        }
    }

    /// The others learn of a track before they are asked to receive it.
    fn track_live(&mut self, peer: PeerId, track: &TrackId, mid: String, now: Now) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let Some(mut live) = participant.pending.remove(track) else {
            return;
        };
        for codec in &mut live.codecs {
            codec.mid.clone_from(&mid);
        }
        live.mid = mid;
        let info = participant.update(|info| {
            info.is_publisher = true;
            info.tracks.push(live);
        });
        self.announce(peer, &info);
        let Some(room) = self.room_of(peer) else {
            return;
        };
        let others: Vec<PeerId> = room
            .others(peer)
            .filter(|(_, other)| other.wants(track))
            .map(|(other, _)| other)
            .collect();
        for other in others {
            self.subscribe(other, track, now);
        }
    }

    fn track_ended(&mut self, peer: PeerId, track: &TrackId) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let info = participant.update(|info| {
            info.tracks.retain(|live| live.sid != track.as_str());
            info.is_publisher = !info.tracks.is_empty();
        });
        self.announce(peer, &info);
        let speaks = self.participant(peer).is_some_and(|one| one.is_speaking);
        if speaks
            && !info
                .tracks
                .iter()
                .any(|one| one.r#type() == TrackType::Audio)
        {
            self.speaking(peer, 0);
        }
    }

    fn received(&mut self, peer: PeerId, channel: Channel, payload: &[u8], now: Now) {
        let Some(participant) = self.participant(peer) else {
            return;
        };
        if !participant.claims.video.can_publish_data() {
            return;
        }
        let sender = Sender {
            sid: &participant.info.sid,
            identity: if participant.is_hidden() {
                ""
            } else {
                &participant.info.identity
            },
            last_sequence: participant.last_sequence,
        };
        let stamped = match data::stamp(payload, channel, sender) {
            Ok(stamped) => stamped,
            Err(error) => return debug!(peer = peer.0, %error, "data packet dropped"),
        };
        let Some(room) = self.room_of(peer) else {
            return;
        };
        let is_for = |identity: &String| {
            stamped.recipients.is_empty() || stamped.recipients.contains(identity)
        };
        let recipients: Vec<PeerId> = room
            .others(peer)
            .filter(|(_, other)| is_for(&other.info.identity))
            .map(|(_, other)| other.receiving)
            .collect();
        let payload: Arc<[u8]> = stamped.payload.into();
        if let Some(participant) = self.participant_mut(peer) {
            participant.last_sequence = stamped.sequence;
            if channel == Channel::Reliable && stamped.sequence != 0 {
                let (sequence, recipients) = (stamped.sequence, stamped.recipients);
                let payload = Arc::clone(&payload);
                participant
                    .recent
                    .keep(sequence, recipients, payload, now.instant);
            }
        }
        for peer in recipients {
            self.request(
                Request::Send {
                    peer,
                    channel,
                    payload: Arc::clone(&payload),
                },
                now,
            );
        }
    }

    fn closed(&mut self, peer: PeerId, reason: Reason, now: Now) {
        let (left, told) = match reason {
            Reason::BadDescription => (
                LeaveReason::Misbehaved,
                (DisconnectReason::StateMismatch, Action::Disconnect),
            ),
            Reason::Unanswered => (
                LeaveReason::ConnectionLost,
                (DisconnectReason::StateMismatch, Action::Reconnect),
            ),
            // A page that is closed says so by its transport when it has no time for more.
            Reason::TransportClosed => (
                LeaveReason::Left,
                (DisconnectReason::MediaFailure, Action::Reconnect),
            ),
            Reason::TransportFailed => (
                LeaveReason::ConnectionLost,
                (DisconnectReason::MediaFailure, Action::Reconnect),
            ),
        };
        self.leave(peer, left, Some(told), now);
    }

    /// Room, identity and sid of a participant whose media has come up.
    fn stay(&self, peer: PeerId) -> Option<(String, String, String)> {
        let room = self.locations.get(&peer)?;
        let participant = self.participant(peer).filter(|one| one.is_active())?;
        let info = &participant.info;
        Some((room.clone(), info.identity.clone(), info.sid.clone()))
    }
}

fn description(
    kind: &str,
    id: u32,
    sdp: String,
    tracks_by_mid: BTreeMap<String, TrackId>,
) -> SessionDescription {
    let named = tracks_by_mid.into_iter();
    SessionDescription {
        r#type: kind.into(),
        sdp,
        id,
        mid_to_track_id: named
            .map(|(mid, track)| (mid, track.as_str().to_owned()))
            .collect(),
    }
}
