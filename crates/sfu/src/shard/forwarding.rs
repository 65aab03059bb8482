//! Writes each RTP packet to everybody who subscribes to its track.

use std::{
    mem,
    time::{Duration, Instant},
};

use str0m::{
    format::Codec,
    rtp::{RtpPacket, RtpWrite, Vp8Descriptor},
};

use super::Shard;
use crate::{
    codec::Format,
    forward::{Forward, Incoming, Leaving},
    io::{Kind, PeerId},
    packet::Packet,
    peer::Peer,
    publication::Publication,
    rewriter::Position,
};

impl Shard {
    pub(super) fn forward(&mut self, id: PeerId, packet: &RtpPacket, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let Some((index, incoming)) = arrived(peer, packet, now) else {
            return;
        };
        let packet = &Packet::new(packet);
        let publication = &mut peer.publications[index];
        let is_video = publication.kind() == Kind::Video;
        let mut forwards = mem::take(&mut publication.forwards);
        let mut targets = mem::take(&mut self.targets);
        let waits_for = aim(publication, &forwards, &mut targets, now);
        let early = if is_video && incoming.is_entry {
            publication.overtaking(incoming.ssrc, packet)
        } else {
            Vec::new()
        };
        for (forward, target) in forwards.iter_mut().zip(targets.drain(..)) {
            let Some(subscriber) = self.peers.get_mut(&forward.peer) else {
                continue;
            };
            if !subscriber.is_connected {
                continue;
            }
            let begins = forward.current() != Some(incoming.ssrc);
            let Some(leaving) = forward.take(&incoming, target, &subscriber.rtc, now) else {
                continue;
            };
            subscriber.fed_at = Some(now);
            write(subscriber, forward, packet, leaving, is_video);
            for packet in early.iter().filter(|_| begins) {
                let incoming = describe(
                    packet.ssrc,
                    packet.position,
                    &packet.payload,
                    incoming.format,
                );
                if let Some(leaving) = forward.take(&incoming, target, &subscriber.rtc, now) {
                    subscriber.fed_at = Some(now);
                    write(subscriber, forward, packet, leaving, is_video);
                }
            }
            if !mem::replace(&mut subscriber.is_dirty, true) {
                self.dirty.push(forward.peer);
            }
        }
        self.targets = targets;
        if let Some(peer) = self.peers.get_mut(&id) {
            let publication = &mut peer.publications[index];
            publication.forwards = forwards;
            if let Some(ssrc) = waits_for.filter(|_| is_video)
                && !(incoming.is_entry && incoming.ssrc == ssrc)
                && let Some(stream) = publication.stream_mut(ssrc)
            {
                stream.keyframes.want(now);
            }
            if is_video
                && !incoming.is_entry
                && let Some(stream) = publication.stream_mut(incoming.ssrc)
            {
                stream.overtaking.keep(packet);
            }
        }
    }
}

/// The stream that each subscriber is to get, and one that somebody waits for.
fn aim(
    publication: &Publication,
    forwards: &[Forward],
    targets: &mut Vec<Option<u32>>,
    now: Instant,
) -> Option<u32> {
    let mut waits_for = None;
    for forward in forwards {
        let layer = forward.target;
        let target = layer.and_then(|layer| publication.stream_for(layer, now));
        if forward.waits_for(target) {
            waits_for = target;
        }
        targets.push(target);
    }
    waits_for
}

/// Notes a packet's arrival; tells whose publication it belongs to and what it is.
fn arrived(peer: &mut Peer, packet: &RtpPacket, now: Instant) -> Option<(usize, Incoming)> {
    let index = publication_of(peer, packet, now)?;
    let publication = &mut peer.publications[index];
    let format = publication.format(packet.header.payload_type, || {
        Format::of(&peer.rtc, packet.header.payload_type)
    })?;
    let position = Position {
        sequence: *packet.seq_no,
        timestamp: packet.header.timestamp,
    };
    let incoming = describe(*packet.header.ssrc, position, &packet.payload, format);
    match publication.kind() {
        Kind::Audio => {
            if let Some(level) = packet.header.ext_vals.audio_level {
                publication.speech.hear(level, now);
            }
        }
        Kind::Video => {
            if incoming.is_entry
                && let Some(stream) = publication.stream_mut(incoming.ssrc)
            {
                stream.keyframes.arrived();
            }
        }
    }
    Some((index, incoming))
}

fn describe(ssrc: u32, position: Position, payload: &[u8], format: Format) -> Incoming {
    let vp8 = match format.codec {
        Codec::Vp8 => Vp8Descriptor::parse(payload).ok(),
        _ => None,
    };
    Incoming {
        ssrc,
        position,
        format,
        is_entry: format.is_entry(payload, vp8.as_ref()),
        vp8,
    }
}

/// The publication that a packet belongs to, after noting that it arrived.
fn publication_of(peer: &mut Peer, packet: &RtpPacket, now: Instant) -> Option<usize> {
    let (ssrc, bytes) = (*packet.header.ssrc, packet.payload.len() + HEADERS_LENGTH);
    let known = peer
        .publications
        .iter()
        .position(|publication| publication.streams.iter().any(|one| one.ssrc == ssrc));
    if let Some(index) = known {
        peer.publications[index].heard(ssrc, None, bytes, now);
        return Some(index);
    }
    let mut api = peer.rtc.direct_api();
    let stream = api.stream_rx(&packet.header.ssrc)?;
    let (mid, rid) = (stream.mid(), stream.rid());
    let index = peer
        .publications
        .iter()
        .position(|publication| publication.mid == mid)?;
    peer.publications[index].heard(ssrc, rid, bytes, now);
    Some(index)
}

/// What a link carries besides the payload: RTP, its extensions, SRTP's tag, UDP and IP.
const HEADERS_LENGTH: usize = 68;

/// What is kept to be sent again. A client that has not got a packet for so long has asked for a key
/// frame; and what is kept for each subscriber is much of its memory.
const KEPT_MAX: usize = 384;
const KEPT_FOR: Duration = Duration::from_millis(600);
/// Above this share of what is sent, repair would take the room of what comes next.
const REPAIR_SHARE_MAX: f32 = 0.15;

fn write(
    subscriber: &mut Peer,
    forward: &mut Forward,
    packet: &Packet,
    leaving: Leaving,
    is_video: bool,
) {
    let Some(payload) = leaving.outgoing.payload(&packet.payload) else {
        return;
    };
    let mut api = subscriber.rtc.direct_api();
    let Some(stream) = api.stream_tx_by_mid(forward.mid, None) else {
        return;
    };
    if !mem::replace(&mut forward.has_begun, true) {
        stream.set_rtx_cache(KEPT_MAX, KEPT_FOR, Some(REPAIR_SHARE_MAX));
    }
    let rtp = RtpWrite::new(
        leaving.outgoing.payload_type,
        leaving.position.sequence.into(),
        leaving.position.timestamp,
        packet.at,
        payload,
    )
    .marker(packet.is_marked)
    .nackable(is_video);
    let rtp = match &packet.extensions {
        Some(extensions) => rtp.ext_vals(extensions.clone()),
        None => rtp,
    };
    stream.write_rtp(match leaving.vp8 {
        Some(patch) => rtp.vp8_patch(patch),
        None => rtp,
    });
    subscriber.needs_tick = true;
    subscriber.unsent += 1;
}
