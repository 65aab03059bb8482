//! What the media engine reports.

use std::sync::Arc;

use livekit_protocol::{
    DisconnectReason, MediaSectionsRequirement, SessionDescription, leave_request::Action,
    participant_info::State, signal_response::Message,
};
use sfu::{Channel, Event as EngineEvent, PeerId, Reason, Request, TrackId};
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
                let mid_to_track_id = tracks_by_mid
                    .into_iter()
                    .map(|(mid, track)| (mid, track.as_str().to_owned()))
                    .collect();
                let answer = SessionDescription {
                    r#type: "answer".into(),
                    sdp,
                    id,
                    mid_to_track_id,
                };
                self.tell(peer, Message::Answer(answer));
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
                if let Some((room, identity, sid)) = self.stay(peer) {
                    self.tell_product(Event::PathChanged {
                        room,
                        identity,
                        sid,
                        transport,
                    });
                }
            }
            EngineEvent::TrackLive { peer, track, mid } => self.track_live(peer, &track, mid, now),
            EngineEvent::TrackEnded { peer, track } => self.track_ended(peer, &track),
            EngineEvent::Received {
                peer,
                channel,
                payload,
            } => {
                self.received(peer, channel, &payload, now);
            }
            EngineEvent::Closed { peer, reason } => self.closed(peer, reason, now),
        }
    }

    fn connected(&mut self, peer: PeerId) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        if participant.is_active() {
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
            .filter(|(_, other)| other.auto_subscribe)
            .map(|(other, _)| other)
            .collect();
        for other in others {
            self.subscribe(other, track.as_str(), now);
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
            .map(|(other, _)| other)
            .collect();
        if let Some(participant) = self.participant_mut(peer) {
            participant.last_sequence = stamped.sequence;
        }
        let payload: Arc<[u8]> = stamped.payload.into();
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
            Reason::BadOffer => (
                LeaveReason::Misbehaved,
                (DisconnectReason::StateMismatch, Action::Disconnect),
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
