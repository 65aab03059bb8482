//! Finds the peer that a packet belongs to, and the path by which to reach it.
//!
//! A packet belongs to a peer by its address or, for STUN, by the ufrag it names. The path is the
//! one that the client nominated last (RFC 8445 §8.1.1), which changes without a new negotiation
//! when a NAT forgets a mapping; str0m stays with the first until it fails. A nomination counts
//! once str0m has answered the check with success, because only then was it authentic. Clients that
//! nominate several show by their media which of them they mean.

use std::{net::SocketAddr, time::Instant};

use str0m::{
    Input as RtcInput,
    net::{Protocol, Receive, Transmit as RtcTransmit},
};
use tracing::debug;

use super::Shard;
use crate::{
    io::{Datagram, Event, Output, PeerId, Reason, TrackId, Transport},
    peer::Peer,
    stun::{Check, is_stun, is_success},
};

/// A client has a few addresses (interfaces, NAT rebinding); the oldest is forgotten.
const REMOTES_MAX: usize = 16;

/// Where packets of a client come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Remote {
    pub(crate) transport: Transport,
    pub(crate) address: SocketAddr,
}

/// Both ends of a way between a client and us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) ours: SocketAddr,
    pub(crate) theirs: Remote,
}

impl Peer {
    /// The way that a packet takes for which str0m has chosen one.
    pub(super) fn path(&mut self, transmit: &RtcTransmit) -> Path {
        let packet: &[u8] = &transmit.contents;
        if !is_stun(packet)
            && let Some(nominated) = self.nominated
        {
            return nominated;
        }
        let chosen = Path {
            ours: transmit.source,
            theirs: self.remote(transmit.proto, transmit.destination),
        };
        if is_success(packet) && self.nominating == Some(chosen) {
            self.nominating = None;
            self.nominees.retain(|nominee| *nominee != chosen);
            if self.nominees.len() == REMOTES_MAX {
                self.nominees.remove(0);
            }
            self.nominees.push(chosen);
            self.move_to(chosen);
        }
        chosen
    }

    /// Media came by this way: the client means it, if it has nominated it before.
    fn heard_by(&mut self, path: Path) {
        if self.nominated != Some(path) && self.nominees.contains(&path) {
            self.move_to(path);
        }
    }

    fn move_to(&mut self, path: Path) {
        let earlier = self.nominated.replace(path);
        self.has_moved |= earlier.is_some_and(|earlier| earlier != path);
    }

    /// What carries its media, if that is news.
    pub(super) fn new_transport(&mut self) -> Option<Transport> {
        let transport = self.nominated.filter(|_| self.is_connected)?;
        let transport = Some(transport.theirs.transport);
        let is_new = self.transport != transport;
        self.transport = transport;
        transport.filter(|_| is_new)
    }

    /// To str0m the relay's packets are UDP; what they came by says what they go by.
    fn remote(&self, proto: Protocol, address: SocketAddr) -> Remote {
        let is_it = |remote: &&Remote| {
            remote.address == address
                && (remote.transport == Transport::Tcp) == (proto != Protocol::Udp)
        };
        let known = self.remotes.iter().rev().find(is_it).copied();
        known.unwrap_or(Remote {
            transport: match proto {
                Protocol::Udp => Transport::Udp,
                _ => Transport::Tcp,
            },
            address,
        })
    }
}

impl Shard {
    pub(super) fn on_datagram(&mut self, datagram: Datagram<'_>, now: Instant) {
        let check = Check::read(datagram.payload);
        let remote = Remote {
            transport: datagram.transport,
            address: datagram.source,
        };
        let Some(id) = self.peer_of(remote, check.as_ref()) else {
            return;
        };
        self.active = Some(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let path = Path {
            ours: datagram.destination,
            theirs: remote,
        };
        let is_media = !is_stun(datagram.payload);
        peer.nominating = check.filter(|check| check.nominates).map(|_| path);
        let proto = match datagram.transport {
            Transport::Udp | Transport::Relay => Protocol::Udp,
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
        peer.pulse.beat(now);
        match result {
            Ok(()) => {
                if is_media {
                    peer.heard_by(path);
                }
                self.touch(id);
            }
            Err(error) => {
                debug!(peer = id.0, %error, "transport failed");
                self.close(id, Reason::TransportFailed, now);
            }
        }
    }

    /// Tells what carries a peer's media, once it is known and when it changes.
    pub(super) fn tell_path(&mut self, id: PeerId) {
        let peer = self.peers.get_mut(&id);
        if let Some(transport) = peer.and_then(Peer::new_transport) {
            let event = Event::PathChanged {
                peer: id,
                transport,
            };
            self.outputs.push_back(Output::Event(event));
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

    fn peer_of(&mut self, remote: Remote, check: Option<&Check>) -> Option<PeerId> {
        let Some(check) = check else {
            return self.by_remote.get(&remote).copied();
        };
        let id = *self.by_ufrag.get(&check.ufrag)?;
        if self.by_remote.get(&remote) != Some(&id) {
            let peer = self.peers.get_mut(&id)?;
            if !peer.transports.include(remote.transport) {
                return None;
            }
            if peer.remotes.len() == REMOTES_MAX
                && let Some(oldest) = peer.remotes.pop_front()
            {
                self.by_remote.remove(&oldest);
            }
            peer.remotes.push_back(remote);
            self.by_remote.insert(remote, id);
        }
        Some(id)
    }
}
