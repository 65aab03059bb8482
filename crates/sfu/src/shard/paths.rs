//! Finds the peer that a packet belongs to, and the path by which to reach it.
//!
//! A packet belongs to a peer by its address or, for STUN, by the ufrag it names. The path is the
//! one that the client nominated last (RFC 8445 §8.1.1), which changes without a new negotiation
//! when a NAT forgets a mapping; str0m stays with the first until it fails. A nomination counts
//! once str0m has answered the check with success, because only then was it authentic.

use std::{net::SocketAddr, time::Instant};

use str0m::{
    Input as RtcInput,
    net::{Protocol, Receive},
};
use tracing::debug;

use super::Shard;
use crate::{
    io::{Datagram, Event, Output, PeerId, Reason, TrackId, Transport},
    peer::Peer,
    stun::{Check, is_stun, is_success},
};

/// A client has a few addresses (interfaces, NAT rebinding); the oldest is forgotten.
const ADDRESSES_MAX: usize = 16;

/// Both ends of a way between a client and us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) ours: SocketAddr,
    pub(crate) theirs: SocketAddr,
}

impl Peer {
    /// The way that a packet takes for which str0m has chosen `chosen`.
    pub(super) fn path(&mut self, chosen: Path, packet: &[u8]) -> Path {
        if is_stun(packet) {
            if is_success(packet) && self.nominating == Some(chosen) {
                let earlier = self.nominated.replace(chosen);
                self.nominating = None;
                self.has_moved |= earlier.is_some_and(|earlier| earlier != chosen);
            }
            return chosen;
        }
        self.nominated.unwrap_or(chosen)
    }
}

impl Shard {
    pub(super) fn on_datagram(&mut self, datagram: Datagram<'_>, now: Instant) {
        let check = Check::read(datagram.payload);
        let Some(id) = self.peer_of(&datagram, check.as_ref()) else {
            return;
        };
        self.active = Some(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.nominating = check.filter(|check| check.nominates).map(|_| Path {
            ours: datagram.destination,
            theirs: datagram.source,
        });
        let proto = match datagram.transport {
            Transport::Udp => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        };
        let Ok(receive) = Receive::new(
            proto,
            datagram.source,
            datagram.destination,
            datagram.payload,
        ) else {
            return;
        };
        let result = peer
            .rtc
            .handle_input(RtcInput::Receive(peer.clock.max(now), receive));
        peer.last_heard = now;
        let path = Some(datagram.transport);
        if peer.is_connected && peer.transport != path {
            peer.transport = path;
            let transport = datagram.transport;
            self.outputs.push_back(Output::Event(Event::PathChanged {
                peer: id,
                transport,
            }));
        }
        match result {
            Ok(()) => self.touch(id),
            Err(error) => {
                debug!(peer = id.0, %error, "transport failed");
                self.close(id, Reason::TransportFailed, now);
            }
        }
    }

    /// A client is to be reached by another way: what was under way is lost, both pictures and
    /// requests for them.
    pub(super) fn moved(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        for publication in &mut peer.publications {
            publication.want_keyframes(now);
        }
        let received: Vec<TrackId> = peer.sections.placed().values().cloned().collect();
        for track in received {
            self.want_keyframe(id, &track, now);
        }
        self.touch(id);
    }

    fn peer_of(&mut self, datagram: &Datagram<'_>, check: Option<&Check>) -> Option<PeerId> {
        let Some(check) = check else {
            return self.by_address.get(&datagram.source).copied();
        };
        let id = *self.by_ufrag.get(&check.ufrag)?;
        if self.by_address.get(&datagram.source) != Some(&id) {
            let peer = self.peers.get_mut(&id)?;
            if peer.addresses.len() == ADDRESSES_MAX
                && let Some(oldest) = peer.addresses.pop_front()
            {
                self.by_address.remove(&oldest);
            }
            peer.addresses.push_back(datagram.source);
            self.by_address.insert(datagram.source, id);
        }
        Some(id)
    }
}
