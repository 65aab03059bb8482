//! VP8 in RTP (RFC 7741): reading the descriptor, and cutting pictures into packets.

use std::sync::Arc;

use str0m::rtp::Vp8Descriptor;

/// Leaves room for IP, UDP, SRTP and header extensions in an Ethernet frame.
const PAYLOAD_LENGTH_MAX: usize = 1100;
/// RFC 7741 §4.2: the long form of the picture id.
const PICTURE_ID_MAX: u16 = 0x7fff;

/// What a packet says about its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vp8Packet {
    /// The picture's running number, if it has one.
    pub picture_id: Option<u16>,
    /// Whether the picture begins here.
    pub is_start: bool,
    /// Whether a key frame begins here.
    pub is_keyframe: bool,
}

impl Vp8Packet {
    /// Reads an RTP payload; `None` when it is no VP8.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let descriptor = Vp8Descriptor::parse(payload).ok()?;
        let first = payload[0];
        Some(Self {
            picture_id: descriptor.picture_id(),
            // The S bit with partition 0 (RFC 7741 §4.2).
            is_start: first & 0x10 != 0 && first & 0x07 == 0,
            is_keyframe: descriptor.starts_keyframe(payload),
        })
    }
}

/// Cuts a stream's pictures into RTP payloads and numbers them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vp8Packetizer {
    picture_id: u16,
}

impl Vp8Packetizer {
    /// The payloads of the next picture, in order; the last one takes the marker.
    pub fn packetize(&mut self, picture: &[u8]) -> Vec<Arc<[u8]>> {
        let [high, low] = self.picture_id.to_be_bytes();
        self.picture_id = (self.picture_id + 1) & PICTURE_ID_MAX;
        let pieces = picture.chunks(PAYLOAD_LENGTH_MAX).enumerate();
        let payloads = pieces.map(|(index, piece)| {
            let start = if index == 0 { 0x10 } else { 0 };
            let mut payload = Vec::with_capacity(piece.len() + 4);
            payload.extend([0x80 | start, 0x80, 0x80 | high, low]);
            payload.extend(piece);
            payload.into()
        });
        payloads.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_cut_numbered_and_read_again() {
        let mut packetizer = Vp8Packetizer::default();
        packetizer.packetize(&[1]);
        let payloads = packetizer.packetize(&[0; 2500]);
        let lengths: Vec<_> = payloads.iter().map(|payload| payload.len()).collect();
        assert_eq!(lengths, [1104, 1104, 304]);
        let read: Vec<_> = payloads
            .iter()
            .map(|payload| Vp8Packet::read(payload).expect("VP8"))
            .collect();
        assert!(read.iter().all(|packet| packet.picture_id == Some(1)));
        assert!(read[0].is_start && read[0].is_keyframe);
        assert!(!read[1].is_start && !read[1].is_keyframe);
    }

    #[test]
    fn picture_ids_start_anew_after_fifteen_bits() {
        let mut packetizer = Vp8Packetizer {
            picture_id: PICTURE_ID_MAX,
        };
        let last = Vp8Packet::read(&packetizer.packetize(&[1])[0]);
        let first = Vp8Packet::read(&packetizer.packetize(&[1])[0]);
        assert_eq!(last.and_then(|packet| packet.picture_id), Some(0x7fff));
        assert_eq!(first.and_then(|packet| packet.picture_id), Some(0));
        assert!(!first.expect("VP8").is_keyframe, "an inter frame");
    }
}
