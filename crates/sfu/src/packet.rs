//! What forwarding keeps of an RTP packet that arrived.

use std::{sync::Arc, time::Instant};

use str0m::{
    media::Mid,
    rtp::{ExtensionValues, RtpPacket},
};

use crate::rewriter::Position;

#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) ssrc: u32,
    pub(crate) position: Position,
    pub(crate) is_marked: bool,
    pub(crate) at: Instant,
    pub(crate) payload: Arc<[u8]>,
    /// What describes the picture or the sound; ids of streams are each connection's own.
    extensions: ExtensionValues,
}

impl Packet {
    pub(crate) fn new(packet: &RtpPacket) -> Self {
        let from = &packet.header.ext_vals;
        Self {
            ssrc: *packet.header.ssrc,
            position: Position {
                sequence: *packet.seq_no,
                timestamp: packet.header.timestamp,
            },
            is_marked: packet.header.marker,
            at: packet.timestamp,
            payload: Arc::clone(&packet.payload),
            extensions: ExtensionValues {
                audio_level: from.audio_level,
                voice_activity: from.voice_activity,
                video_orientation: from.video_orientation,
                abs_capture_time: from.abs_capture_time,
                ..ExtensionValues::default()
            },
        }
    }

    /// The extensions as they leave in a subscriber's section.
    pub(crate) fn extensions(&self, mid: Mid) -> ExtensionValues {
        ExtensionValues {
            mid: Some(mid),
            ..self.extensions.clone()
        }
    }

    #[cfg(test)]
    pub(crate) fn for_test(position: Position) -> Self {
        Self {
            ssrc: 1,
            position,
            is_marked: false,
            at: Instant::now(),
            payload: Arc::from([]),
            extensions: ExtensionValues::default(),
        }
    }
}
