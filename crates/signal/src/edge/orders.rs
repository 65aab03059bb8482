//! What the product orders.

use livekit_protocol::{
    DisconnectReason, MuteTrackRequest, ParticipantUpdate, TrackInfo, TrackSource,
    TrackUnpublishedResponse, leave_request::Action, signal_response::Message,
};
use sfu::{PeerId, Request, TrackId};

use super::Edge;
use crate::{
    io::{LeaveReason, Now, Order, Permission, Source},
    messages,
};

impl Edge {
    pub(super) fn order(&mut self, order: Order, now: Now) {
        match order {
            Order::Remove { room, identity } => {
                if let Some(peer) = self.find(&room, &identity) {
                    let told = (DisconnectReason::ParticipantRemoved, Action::Disconnect);
                    self.leave(peer, LeaveReason::Removed, Some(told), now);
                }
            }
            Order::Permit {
                room,
                identity,
                permission,
            } => {
                if let Some(peer) = self.find(&room, &identity) {
                    self.change_permission(peer, &permission, now);
                }
            }
            Order::Mute {
                room,
                identity,
                source,
            } => {
                if let Some(peer) = self.find(&room, &identity) {
                    self.mute_source(peer, source);
                }
            }
            Order::CloseRoom { room } => {
                let told = (DisconnectReason::RoomDeleted, Action::Disconnect);
                for peer in self.peers_of(&room) {
                    self.leave(peer, LeaveReason::RoomClosed, Some(told), now);
                }
            }
            Order::Stop => {
                let told = (DisconnectReason::ServerShutdown, Action::Reconnect);
                let peers: Vec<PeerId> = self.locations.keys().copied().collect();
                for peer in peers {
                    self.leave(peer, LeaveReason::ServerStopped, Some(told), now);
                }
            }
        }
    }

    fn find(&self, room: &str, identity: &str) -> Option<PeerId> {
        self.rooms.get(room)?.by_identity(identity)
    }

    fn change_permission(&mut self, peer: PeerId, permission: &Permission, now: Now) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let could_subscribe = participant.claims.video.can_subscribe();
        messages::grant(&mut participant.claims.video, permission);
        let told = messages::permission(&participant.claims);
        let may = |track: &TrackInfo| messages::may_publish(&told, track.source);
        let live = participant.info.tracks.iter();
        let mut ended: Vec<String> = live
            .filter(|track| !may(track))
            .map(|track| track.sid.clone())
            .collect();
        let pending = participant.pending.extract_if(|_, track| !may(track));
        ended.extend(pending.map(|(_, track)| track.sid));
        let info = participant.update(|info| info.permission = Some(told));
        // The token that it would come back with says the same.
        self.refresh_token(peer, now);
        let participants = vec![info.clone()];
        self.tell(peer, Message::Update(ParticipantUpdate { participants }));
        self.announce(peer, &info);
        for track_sid in ended {
            let track = TrackId::from(track_sid.as_str());
            self.request(Request::Unpublish { peer, track }, now);
            let unpublished = TrackUnpublishedResponse { track_sid };
            self.tell(peer, Message::TrackUnpublished(unpublished));
        }
        match (could_subscribe, permission.can_subscribe) {
            (true, false) => self.unsubscribe_from_all(peer, now),
            (false, true) => self.subscribe_to_wanted(peer, now),
            (true, true) | (false, false) => {}
        }
    }

    fn mute_source(&mut self, peer: PeerId, source: Source) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let is_meant = |track: &TrackInfo| {
            matches!(
                (source, TrackSource::try_from(track.source)),
                (Source::Microphone, Ok(TrackSource::Microphone))
                    | (Source::Camera, Ok(TrackSource::Camera))
                    | (
                        Source::Screen,
                        Ok(TrackSource::ScreenShare | TrackSource::ScreenShareAudio)
                    )
            )
        };
        let loud = participant.info.tracks.iter();
        let muted: Vec<String> = loud
            .filter(|track| !track.muted && is_meant(track))
            .map(|track| track.sid.clone())
            .collect();
        if muted.is_empty() {
            return;
        }
        let info = participant.update(|info| {
            for track in &mut info.tracks {
                track.muted |= muted.contains(&track.sid);
            }
        });
        self.announce(peer, &info);
        for sid in muted {
            let muted = true;
            self.tell(peer, Message::Mute(MuteTrackRequest { sid, muted }));
        }
    }
}
