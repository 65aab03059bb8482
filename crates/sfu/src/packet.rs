//! What forwarding keeps of an RTP packet that arrived.

use std::{sync::Arc, time::Instant};

use str0m::rtp::{ExtensionValues, RtpPacket};

use crate::rewriter::Position;

#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) ssrc: u32,
    pub(crate) position: Position,
    pub(crate) is_marked: bool,
    pub(crate) at: Instant,
    pub(crate) payload: Arc<[u8]>,
    /// What describes the picture or the sound, if anything does; ids of streams are each
    /// connection's own. The library adds the section's until the subscriber knows it.
    pub(crate) extensions: Option<ExtensionValues>,
}

impl Packet {
    pub(crate) fn new(packet: &RtpPacket) -> Self {
        let from = &packet.header.ext_vals;
        let is_described = from.audio_level.is_some()
            || from.voice_activity.is_some()
            || from.video_orientation.is_some()
            || from.abs_capture_time.is_some();
        Self {
            ssrc: *packet.header.ssrc,
            position: Position {
                sequence: *packet.seq_no,
                timestamp: packet.header.timestamp,
            },
            is_marked: packet.header.marker,
            at: packet.timestamp,
            payload: Arc::clone(&packet.payload),
            extensions: is_described.then(|| ExtensionValues {
                audio_level: from.audio_level,
                voice_activity: from.voice_activity,
                video_orientation: from.video_orientation,
                abs_capture_time: from.abs_capture_time,
                ..ExtensionValues::default()
            }),
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
            extensions: None,
        }
    }
}
