//! The path of a packet, in both directions (RFC 8656 §11 and §12).
//!
//! Invariant: a packet to media goes to one of the configured peers, exactly; one to the client
//! comes from an address that it has a permission for; both come through the allocation's rate.

use std::{net::SocketAddr, time::Instant};

use crate::{
    address, attributes, channel_data,
    classify::unknown_attributes,
    io::{Family, ToMedia},
    message::{Class, Message, Method},
    writer::Writer,
};

use super::Client;

/// What a message holds besides, with room to spare: its length must stay below 64 KiB.
const PAYLOAD_LENGTH_MAX: usize = u16::MAX as usize - 128;

impl Client {
    pub(super) fn channel_data<'a>(
        &mut self,
        message: &'a [u8],
        now: Instant,
    ) -> Option<ToMedia<'a>> {
        let Some((number, payload)) = channel_data::read(message) else {
            self.counters.malformed_messages += 1;
            self.count_unauthenticated();
            return None;
        };
        let peer = self
            .allocation()
            .and_then(|allocation| allocation.peer_of(number, now));
        self.pass_to_media(peer, payload, now)
    }

    pub(super) fn indication<'a>(
        &mut self,
        message: &Message<'a>,
        now: Instant,
    ) -> Option<ToMedia<'a>> {
        let is_permitted = |peer: SocketAddr| {
            self.allocation()
                .is_some_and(|allocation| allocation.is_permitted(peer.ip(), now))
        };
        let peer = message
            .first(attributes::XOR_PEER_ADDRESS)
            .and_then(|value| address::read(value, &message.transaction()))
            .filter(|&peer| is_permitted(peer) && self.config.has_peer(peer))
            .filter(|_| unknown_attributes(message).is_empty());
        let payload = message.first(attributes::DATA);
        self.pass_to_media(
            peer.filter(|_| payload.is_some()),
            payload.unwrap_or_default(),
            now,
        )
    }

    fn pass_to_media<'a>(
        &mut self,
        peer: Option<SocketAddr>,
        payload: &'a [u8],
        now: Instant,
    ) -> Option<ToMedia<'a>> {
        let Some((peer, relayed)) = peer.and_then(|peer| {
            let relayed = self.allocation()?.relayed_of(Family::of(peer))?;
            Some((peer, relayed))
        }) else {
            self.counters.dropped_forbidden_packets += 1;
            self.count_unauthenticated();
            return None;
        };
        let allocation = self.allocation_mut()?;
        if !allocation.to_media.passes(payload.len(), now) {
            self.counters.dropped_rate_packets += 1;
            return None;
        }
        self.counters.to_media_packets += 1;
        self.counters.to_media_bytes += payload.len() as u64;
        Some(ToMedia {
            relayed,
            peer,
            payload,
        })
    }

    pub(super) fn packet(
        &mut self,
        source: SocketAddr,
        payload: &[u8],
        out: &mut Vec<u8>,
        now: Instant,
    ) -> bool {
        let transport = self.transport;
        let Some(allocation) = self.allocation_mut().filter(|allocation| {
            allocation.is_permitted(source.ip(), now)
                && allocation.is_live(Family::of(source), now)
                && payload.len() <= PAYLOAD_LENGTH_MAX
        }) else {
            self.counters.dropped_forbidden_packets += 1;
            return false;
        };
        if !allocation.to_client.passes(payload.len(), now) {
            self.counters.dropped_rate_packets += 1;
            return false;
        }
        match allocation.channel_of(source, now) {
            Some(number) => channel_data::write(out, number, payload, transport),
            None => self.write_indication(source, payload, out),
        }
        self.counters.to_client_packets += 1;
        self.counters.to_client_bytes += payload.len() as u64;
        true
    }

    /// Nobody answers an indication, so that its transaction only has to differ from the others.
    fn write_indication(&mut self, source: SocketAddr, payload: &[u8], out: &mut Vec<u8>) {
        self.indications += 1;
        let mut transaction = [0; 12];
        transaction[4..].copy_from_slice(&self.indications.to_be_bytes());
        let mut writer = Writer::new(out, Class::Indication, Method::Data, transaction);
        writer.address(attributes::XOR_PEER_ADDRESS, source);
        writer.attribute(attributes::DATA, payload);
    }
}
