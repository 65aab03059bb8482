//! Finds the peer that a packet belongs to: by its address or, for STUN, by the ufrag it names.

use std::time::Instant;

use str0m::{
    Input as RtcInput,
    net::{Protocol, Receive},
};
use tracing::debug;

use super::Shard;
use crate::{
    io::{Datagram, Event, Output, PeerId, Reason, Transport},
    stun::local_ufrag,
};

/// A client has a few addresses (interfaces, NAT rebinding); the oldest is forgotten.
const ADDRESSES_MAX: usize = 16;

impl Shard {
    pub(super) fn on_datagram(&mut self, datagram: Datagram<'_>, now: Instant) {
        let Some(id) = self.peer_of(&datagram) else {
            return;
        };
        self.active = Some(id);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
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
        let result = peer.rtc.handle_input(RtcInput::Receive(now, receive));
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

    pub(super) fn peer_of(&mut self, datagram: &Datagram<'_>) -> Option<PeerId> {
        let Some(ufrag) = local_ufrag(datagram.payload) else {
            return self.by_address.get(&datagram.source).copied();
        };
        let id = *self.by_ufrag.get(&ufrag)?;
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
