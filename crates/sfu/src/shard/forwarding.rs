//! Writes each RTP packet to everybody who subscribes to its track.

use std::{mem, time::Instant};

use str0m::{
    format::Codec,
    rtp::{ExtensionValues, RtpPacket, RtpWrite, Vp8Descriptor},
};

use super::Shard;
use crate::{
    codec::Format,
    forward::{Forward, Incoming, Leaving},
    io::{Kind, PeerId},
    peer::Peer,
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
        let publication = &mut peer.publications[index];
        let is_video = publication.kind() == Kind::Video;
        let mut forwards = mem::take(&mut publication.forwards);
        let publication = &*publication;
        let mut waits_for = None;
        let mut destinations = mem::take(&mut self.destinations);
        for forward in &mut forwards {
            let target = forward
                .target
                .and_then(|layer| publication.stream_for(layer, now));
            if is_video && forward.waits_for(target) {
                waits_for = target;
            }
            destinations.push(target);
        }
        for (forward, target) in forwards.iter_mut().zip(destinations.drain(..)) {
            let Some(subscriber) = self.peers.get_mut(&forward.peer) else {
                continue;
            };
            if !subscriber.is_connected {
                continue;
            }
            let Some(leaving) = forward.take(&incoming, target, &subscriber.rtc, now) else {
                continue;
            };
            write(subscriber, forward, packet, leaving, is_video);
            if !mem::replace(&mut subscriber.is_dirty, true) {
                self.dirty.push(forward.peer);
            }
        }
        self.destinations = destinations;
        if let Some(peer) = self.peers.get_mut(&id) {
            let publication = &mut peer.publications[index];
            publication.forwards = forwards;
            if let Some(ssrc) = waits_for
                && !(incoming.is_entry && incoming.ssrc == ssrc)
                && let Some(stream) = publication.stream_mut(ssrc)
            {
                stream.keyframes.want(now);
            }
        }
    }
}

/// Notes a packet's arrival; tells whose publication it belongs to and what it is.
fn arrived(peer: &mut Peer, packet: &RtpPacket, now: Instant) -> Option<(usize, Incoming)> {
    let index = publication_of(peer, packet, now)?;
    let publication = &mut peer.publications[index];
    let format = publication.format(packet.header.payload_type, || {
        Format::of(&peer.rtc, packet.header.payload_type)
    })?;
    let vp8 = match format.codec {
        Codec::Vp8 => Vp8Descriptor::parse(&packet.payload).ok(),
        _ => None,
    };
    let incoming = Incoming {
        ssrc: *packet.header.ssrc,
        position: Position {
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
        },
        format,
        is_entry: format.is_entry(&packet.payload, vp8.as_ref()),
        vp8,
    };
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

fn write(
    subscriber: &mut Peer,
    forward: &Forward,
    packet: &RtpPacket,
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
    let from = &packet.header.ext_vals;
    // Ids of streams are the subscriber's own; the rest describes the picture or the sound.
    let extensions = ExtensionValues {
        audio_level: from.audio_level,
        voice_activity: from.voice_activity,
        video_orientation: from.video_orientation,
        abs_capture_time: from.abs_capture_time,
        mid: Some(forward.mid),
        ..ExtensionValues::default()
    };
    let rtp = RtpWrite::new(
        leaving.outgoing.payload_type,
        leaving.position.sequence.into(),
        leaving.position.timestamp,
        packet.timestamp,
        payload,
    )
    .marker(packet.header.marker)
    .ext_vals(extensions)
    .nackable(is_video);
    stream.write_rtp(match leaving.vp8 {
        Some(patch) => rtp.vp8_patch(patch),
        None => rtp,
    });
    subscriber.needs_tick = true;
}
