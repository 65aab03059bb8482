//! Who receives which track: from a wish, through a section, to a forward.

use std::{sync::Arc, time::Instant};

use str0m::media::Mid;

use super::Shard;
use crate::{
    forward::Forward,
    io::{Event, Output, PeerId, TrackId, TrackSettings},
};

impl Shard {
    pub(super) fn went_live(&mut self, id: PeerId, track: TrackId, mid: String) {
        self.publishers.insert(track.clone(), id);
        self.outputs.push_back(Output::Event(Event::TrackLive {
            peer: id,
            track,
            mid,
        }));
    }

    pub(super) fn track_ended(&mut self, publisher: PeerId, track: TrackId, now: Instant) {
        self.publishers.remove(&track);
        let room = self
            .peers
            .get(&publisher)
            .map(|peer| Arc::clone(&peer.room));
        let members = room
            .and_then(|room| self.rooms.get(&room).cloned())
            .unwrap_or_default();
        for member in members {
            if let Some(peer) = self.peers.get_mut(&member) {
                peer.sections.unwant(&track);
                peer.allocation.forget(&track);
                peer.want_negotiation(now);
                self.touch(member);
            }
        }
        self.outputs.push_back(Output::Event(Event::TrackEnded {
            peer: publisher,
            track,
        }));
    }

    pub(super) fn subscribe(&mut self, id: PeerId, track: &TrackId, now: Instant) {
        let Some(publisher) = self
            .publishers
            .get(track)
            .and_then(|peer| self.peers.get(peer))
        else {
            return;
        };
        let kind = publisher.publication(track).map(|one| one.kind());
        let room = Arc::clone(&publisher.room);
        let (Some(kind), Some(peer)) = (kind, self.peers.get_mut(&id)) else {
            return;
        };
        if peer.room != room {
            return;
        }
        peer.sections.want(track.clone(), kind);
        peer.want_negotiation(now);
        if let Some(mid) = peer.agreed_section(track) {
            // Wanted again before it was negotiated away: its section still says so.
            self.start_forwarding(id, mid, track, now);
        }
        self.touch(id);
    }

    pub(super) fn unsubscribe(&mut self, id: PeerId, track: &TrackId, now: Instant) {
        self.stop_forwarding(id, track, now);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.sections.unwant(track);
            peer.want_negotiation(now);
            self.touch(id);
        }
    }

    pub(super) fn configure(
        &mut self,
        id: PeerId,
        track: TrackId,
        settings: TrackSettings,
        now: Instant,
    ) {
        let Some(&publisher) = self.publishers.get(&track) else {
            return;
        };
        if let Some(publication) = self.publication_mut(publisher, &track) {
            if let Some(forward) = publication.forward_mut(id) {
                forward.settings = settings;
            }
            publication.update_demand(now);
            self.touch(publisher);
        }
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.allocation.set(track, settings);
            peer.allocation.hurry(now);
            self.touch(id);
        }
    }

    pub(super) fn start_forwarding(&mut self, id: PeerId, mid: Mid, track: &TrackId, now: Instant) {
        let Some(&publisher) = self.publishers.get(track) else {
            return;
        };
        let Some(settings) = self
            .peers
            .get(&id)
            .map(|peer| peer.allocation.settings(track))
        else {
            return;
        };
        if let Some(publication) = self.publication_mut(publisher, track) {
            publication.forwards.retain(|forward| forward.peer != id);
            publication.forwards.push(Forward::new(id, mid, settings));
            publication.want_keyframe(id, now);
            publication.update_demand(now);
            self.touch(publisher);
        }
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.allocation.hurry(now);
            self.touch(id);
        }
    }

    pub(super) fn stop_forwarding(&mut self, id: PeerId, track: &TrackId, now: Instant) {
        if let Some(&publisher) = self.publishers.get(track)
            && let Some(publication) = self.publication_mut(publisher, track)
        {
            publication.forwards.retain(|forward| forward.peer != id);
            publication.update_demand(now);
            self.touch(publisher);
        }
    }

    pub(super) fn want_keyframe(&mut self, subscriber: PeerId, track: &TrackId, now: Instant) {
        let Some(&publisher) = self.publishers.get(track) else {
            return;
        };
        if let Some(publication) = self.publication_mut(publisher, track) {
            publication.want_keyframe(subscriber, now);
            self.touch(publisher);
        }
    }
}
