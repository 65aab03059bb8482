//! What clients ask for.

use livekit_protocol::{
    AddTrackRequest, DataChannelReceiveState, DisconnectReason, MuteTrackRequest,
    ParticipantUpdate, Pong, RequestResponse, SessionDescription, SyncState,
    TrackPublishedResponse, UpdateParticipantMetadata, UpdateTrackSettings,
    leave_request::Action,
    request_response::{Reason, Request as Refused},
    signal_request::Message as Asked,
    signal_response::Message,
};
use livekit_token::Claims;
use sfu::{Channel, PeerId, Request, TrackId};
use tracing::debug;

use super::Edge;
use crate::{
    io::{ConnectionId, LeaveReason, Now},
    messages,
    roster::{Participant, milliseconds},
    token::Pass,
    wire::Frame,
};

/// More than any client publishes; a limit on what one can make us keep.
const TRACKS_MAX: usize = 16;

impl Edge {
    pub(super) fn frame(&mut self, connection: ConnectionId, frame: &Frame, now: Now) {
        let Some(open) = self.connections.get_mut(&connection) else {
            return;
        };
        open.last_frame = now.instant;
        open.is_text = frame.is_text();
        let peer = open.peer;
        self.active = Some(peer);
        match frame.read() {
            Ok(request) => {
                if let Some(message) = request.message {
                    self.asked(peer, message, now);
                }
            }
            Err(error) => {
                debug!(peer = peer.0, %error, "connection refused");
                let told = (DisconnectReason::StateMismatch, Action::Disconnect);
                self.leave(peer, LeaveReason::Misbehaved, Some(told), now);
            }
        }
    }

    #[expect(deprecated, reason = "older clients still send UpdateLayers")]
    fn asked(&mut self, peer: PeerId, message: Asked, now: Now) {
        match message {
            Asked::Offer(offer) => self.offer(peer, offer, now),
            Asked::AddTrack(request) => self.add_track(peer, request, now),
            Asked::Mute(request) => self.mute(peer, &request),
            Asked::Subscription(request) => self.update_subscription(peer, &request, now),
            Asked::Leave(_) => self.leave(peer, LeaveReason::Left, None, now),
            Asked::Ping(timestamp) => self.tell(peer, Message::Pong(timestamp)),
            Asked::PingReq(ping) => {
                let timestamp = milliseconds(now.since_epoch);
                let pong = Pong {
                    last_ping_timestamp: ping.timestamp,
                    timestamp,
                };
                self.tell(peer, Message::PongResp(pong));
            }
            Asked::UpdateMetadata(request) => self.update_metadata(peer, request, now),
            Asked::UpdateAudioTrack(request) => {
                self.change_track(peer, &request.track_sid, |track| {
                    track.audio_features.clone_from(&request.features);
                });
            }
            Asked::UpdateVideoTrack(request) => {
                self.change_track(peer, &request.track_sid, |track| {
                    track.width = request.width;
                    track.height = request.height;
                });
            }
            Asked::SyncState(state) => self.sync_state(peer, &state, now),
            // Our ICE is lite: the client's packets tell all there is to know of its candidates.
            Asked::Trickle(_) => {}
            Asked::Answer(answer) => self.answer(peer, answer, now),
            Asked::TrackSetting(request) => self.configure_tracks(peer, &request, now),
            Asked::Simulate(simulated) => self.simulate(peer, &simulated, now),
            Asked::SubscriptionPermission(permission) => self.permit(peer, &permission, now),
            // What old clients say about layers is superseded; there are no data tracks here.
            Asked::UpdateLayers(_)
            | Asked::PublishDataTrackRequest(_)
            | Asked::UnpublishDataTrackRequest(_)
            | Asked::UpdateDataSubscription(_)
            | Asked::StoreDataBlobRequest(_)
            | Asked::GetDataBlobRequest(_) => {}
        }
    }

    pub(super) fn offer(&mut self, peer: PeerId, offer: SessionDescription, now: Now) {
        self.request(
            Request::Offer {
                peer,
                id: offer.id,
                sdp: offer.sdp,
            },
            now,
        );
    }

    fn answer(&mut self, peer: PeerId, answer: SessionDescription, now: Now) {
        let Some(participant) = self.participant(peer) else {
            return;
        };
        let peer = participant.receiving;
        let SessionDescription { id, sdp, .. } = answer;
        self.request(Request::Answer { peer, id, sdp }, now);
    }

    pub(super) fn add_track(&mut self, peer: PeerId, request: AddTrackRequest, now: Now) {
        let Some(participant) = self.participant(peer) else {
            return;
        };
        if let Some(track) = participant.announced(&request) {
            // A client that resumes asks again for what it does not know to be done.
            let published = TrackPublishedResponse {
                cid: request.cid,
                track: Some(track.clone()),
            };
            return self.tell(peer, Message::TrackPublished(published));
        }
        let kind = match (
            messages::kind_of(request.r#type),
            refused(participant, &request),
        ) {
            (Some(kind), None) => kind,
            (_, refusal) => {
                let reason = refusal.unwrap_or(Reason::UnsupportedType);
                let message = messages::refusal(
                    reason,
                    "the track cannot be published",
                    Refused::AddTrack(request),
                );
                return self.tell(peer, message);
            }
        };
        let sid = self.sid(messages::track_prefix(kind, request.source));
        let track = TrackId::from(sid.as_str());
        let info = messages::track_info(sid, kind, &request, self.forwards_svc);
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        participant.pending.insert(track.clone(), info.clone());
        let (client_ids, source) = (messages::client_ids(&request), request.source);
        let sound = messages::sound(&request);
        let published = TrackPublishedResponse {
            cid: request.cid,
            track: Some(info),
        };
        self.tell(peer, Message::TrackPublished(published));
        self.request(
            Request::Announce {
                peer,
                track,
                purpose: messages::purpose(kind, source),
                client_ids,
                sound,
            },
            now,
        );
    }

    fn mute(&mut self, peer: PeerId, request: &MuteTrackRequest) {
        self.change_track(peer, &request.sid, |track| track.muted = request.muted);
    }

    /// Changes a track of the participant's own; others hear of it when it is live.
    fn change_track(
        &mut self,
        peer: PeerId,
        sid: &str,
        change: impl FnOnce(&mut livekit_protocol::TrackInfo),
    ) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let Some(track) = participant.track_mut(sid) else {
            return;
        };
        change(track);
        let info = participant.update(|_| {});
        self.announce(peer, &info);
    }

    fn update_metadata(&mut self, peer: PeerId, request: UpdateParticipantMetadata, now: Now) {
        let request_id = request.request_id;
        let reason = match self.described(peer, request) {
            Ok(claims) => {
                self.describe(peer, claims, now);
                Reason::Ok
            }
            Err(reason) => reason,
        };
        let response = RequestResponse {
            request_id,
            reason: reason.into(),
            ..RequestResponse::default()
        };
        self.tell(peer, Message::RequestResponse(response));
    }

    /// A participant's claims with what it says of itself; the limit is what it could come back with.
    fn described(
        &self,
        peer: PeerId,
        request: UpdateParticipantMetadata,
    ) -> Result<Claims, Reason> {
        let participant = self.participant(peer).ok_or(Reason::NotAllowed)?;
        if !participant.claims.video.can_update_own_metadata() {
            return Err(Reason::NotAllowed);
        }
        let mut claims = participant.claims.clone();
        if !request.metadata.is_empty() {
            claims.metadata = request.metadata;
        }
        if !request.name.is_empty() {
            claims.name = request.name;
        }
        messages::update_attributes(&mut claims.attributes, request.attributes);
        let pass = Pass {
            claims: claims.clone(),
            path_mode: participant.path_mode,
        };
        if self.config.keys.fit(pass) {
            Ok(claims)
        } else {
            Err(Reason::LimitExceeded)
        }
    }

    /// The others see it, and the token says the same: somebody who joins anew is still so.
    fn describe(&mut self, peer: PeerId, claims: Claims, now: Now) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let info = participant.update(|info| {
            info.metadata.clone_from(&claims.metadata);
            info.name.clone_from(&claims.name);
            info.attributes.clone_from(&claims.attributes);
        });
        participant.claims = claims;
        self.refresh_token(peer, now);
        self.announce(peer, &info);
        let participants = vec![info];
        self.tell(peer, Message::Update(ParticipantUpdate { participants }));
    }

    /// After a resume the client says what it believes. When it publishes what we do not know, only
    /// joining anew brings both sides together. What it does not show needs not be sent; but what it
    /// is subscribed to is known here, and some clients list less than they had.
    fn sync_state(&mut self, peer: PeerId, state: &SyncState, now: Now) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let mut believed = state
            .publish_tracks
            .iter()
            .filter_map(|track| track.track.as_ref());
        let is_known = believed.all(|track| participant.track_mut(&track.sid).is_some());
        if !is_known {
            let told = (DisconnectReason::StateMismatch, Action::Reconnect);
            return self.leave(peer, LeaveReason::ConnectionLost, Some(told), now);
        }
        let hidden = UpdateTrackSettings {
            track_sids: state.track_sids_disabled.clone(),
            disabled: true,
            ..UpdateTrackSettings::default()
        };
        self.configure_tracks(peer, &hidden, now);
        self.repeat_missed(peer, &state.datachannel_receive_states, now);
    }

    /// Sends again what a returning client has not had of the others' reliable data.
    fn repeat_missed(&mut self, peer: PeerId, had: &[DataChannelReceiveState], now: Now) {
        let Some(room) = self.room_of(peer) else {
            return;
        };
        let Some(returning) = room.participants.get(&peer) else {
            return;
        };
        let missed: Vec<_> = room
            .others(peer)
            .flat_map(|(_, other)| {
                let identity = &returning.info.identity;
                let had = had.iter().find(|one| one.publisher_sid == other.info.sid);
                match had {
                    Some(had) => other.recent.after(had.last_seq, identity),
                    None => other.recent.since(returning.last_there, identity),
                }
            })
            .collect();
        let peer = returning.receiving;
        for payload in missed {
            let channel = Channel::Reliable;
            self.request(
                Request::Send {
                    peer,
                    channel,
                    payload,
                },
                now,
            );
        }
    }
}

fn refused(participant: &Participant, request: &AddTrackRequest) -> Option<Reason> {
    let permission = participant.info.permission.as_ref()?;
    let tracks = participant.pending.len() + participant.info.tracks.len();
    if !messages::may_publish(permission, request.source) {
        Some(Reason::NotAllowed)
    } else if tracks >= TRACKS_MAX {
        Some(Reason::LimitExceeded)
    } else {
        None
    }
}
