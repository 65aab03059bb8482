//! Carries offers and answers between clients and their peers, and what follows from them.

use std::{collections::HashMap, sync::Arc, time::Instant};

use str0m::media::Mid;
use tracing::debug;

use super::Shard;
use crate::{
    io::{Event, Output, PeerId, Reason, TrackId},
    peer::{Answered, DescriptionError, Offered, credentials},
};

const UFRAGS_MAX: usize = 2;

impl Shard {
    pub(super) fn offer(&mut self, id: PeerId, offer_id: u32, sdp: &str, now: Instant) {
        let labels = self.labels(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let config = &mut self.config;
        let fresh = || credentials(config);
        match peer.answer(sdp, |track| labels.get(track).cloned(), fresh, now) {
            Ok(answered) => self.answered(id, offer_id, answered, now),
            Err(error) => self.refuse(id, &error, now),
        }
    }

    pub(super) fn answer(&mut self, id: PeerId, offer_id: u32, sdp: &str, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        match peer.accept_answer(offer_id, sdp, now) {
            Ok(placed) => {
                for (mid, track) in placed {
                    self.start_forwarding(id, mid, &track, now);
                }
                self.touch(id);
            }
            Err(error) => self.refuse(id, &error, now),
        }
    }

    /// Asks for an offer or makes one, when it is time.
    pub(super) fn negotiate(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if peer.take_request_due(now) {
            let shortage = peer.sections.shortage();
            self.outputs.push_back(Output::Event(Event::SectionsWanted {
                peer: id,
                audio: shortage.audio,
                video: shortage.video,
            }));
            return;
        }
        if !peer.may_offer(now) {
            return;
        }
        let labels = self.labels(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let Some(offered) = peer.take_offer_due(|track| labels.get(track).cloned(), now) else {
            return;
        };
        let Offered {
            id: offer_id,
            sdp,
            new_ufrag,
        } = offered;
        let tracks_by_mid = peer.sections.placed().clone();
        if let Some(ufrag) = new_ufrag {
            self.know_as(id, ufrag);
        }
        self.outputs.push_back(Output::Event(Event::Offer {
            peer: id,
            id: offer_id,
            sdp,
            tracks_by_mid,
        }));
    }

    fn answered(&mut self, id: PeerId, offer_id: u32, answered: Answered, now: Instant) {
        let Answered {
            answer,
            placement,
            live,
            ended,
            new_ufrag,
        } = answered;
        if let Some(ufrag) = new_ufrag {
            self.know_as(id, ufrag);
        }
        for track in ended {
            self.track_ended(id, track, now);
        }
        for (track, mid) in live {
            self.went_live(id, track, mid.to_string());
        }
        for (_, track) in &placement.freed {
            self.stop_forwarding(id, track, now);
        }
        for (mid, track) in &placement.filled {
            self.start_forwarding(id, Mid::from(mid.as_str()), track, now);
        }
        let Some(peer) = self.peers.get(&id) else {
            return;
        };
        let tracks_by_mid = peer.sections.placed().clone();
        self.outputs.push_back(Output::Event(Event::Answer {
            peer: id,
            id: offer_id,
            sdp: answer,
            tracks_by_mid,
        }));
        self.touch(id);
    }

    /// A peer has another ICE name. The one before stays for the packets that are under way.
    fn know_as(&mut self, id: PeerId, ufrag: String) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if peer.ufrags.len() == UFRAGS_MAX {
            self.by_ufrag.remove(&peer.ufrags.remove(0));
        }
        peer.ufrags.push(ufrag.clone());
        self.by_ufrag.insert(ufrag, id);
    }

    fn refuse(&mut self, id: PeerId, error: &DescriptionError, now: Instant) {
        debug!(peer = id.0, %error, "description refused");
        self.close(id, Reason::BadDescription, now);
    }

    /// Who publishes the tracks of a peer's room.
    fn labels(&self, id: PeerId) -> HashMap<TrackId, Arc<str>> {
        let members = self
            .peers
            .get(&id)
            .and_then(|peer| self.rooms.get(&peer.room));
        let publishers = members
            .into_iter()
            .flatten()
            .filter_map(|member| self.peers.get(member));
        publishers
            .flat_map(|peer| {
                peer.publications
                    .iter()
                    .map(|publication| (publication.track.clone(), Arc::clone(&peer.label)))
            })
            .collect()
    }
}
