//! What the engine knows of codecs: which payload type stands for what, on each side, and where a
//! decoder can begin.
//!
//! Payload types are each connection's own: Firefox and Chromium number differently. What cannot
//! be decoded by a subscriber is not sent to it.

use std::sync::Arc;

use str0m::{
    Rtc,
    format::{Codec, PayloadParams},
    media::Pt,
    rtp::{RedDecoder, Vp8Descriptor},
};

/// RFC 2198: the last block header has this bit clear.
const RED_FOLLOWS: u8 = 0x80;
/// A header of a redundant block is so long.
const RED_HEADER_LENGTH: usize = 4;
/// More redundancy than any client sends.
const RED_BLOCKS_MAX: usize = 8;
const H264_SPS: u8 = 7;
const H264_STAP_A: u8 = 24;

/// What a payload type of a publisher means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) payload_type: Pt,
    /// The payload type of what is inside, when this is redundancy (RFC 2198).
    primary: Option<Pt>,
    pub(crate) codec: Codec,
    packetization_mode: Option<u8>,
}

/// How a publisher's format goes to one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// The publisher's payload type that this is about.
    pub(crate) from: Pt,
    pub(crate) payload_type: Pt,
    red: Red,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Red {
    None,
    /// The subscriber takes it, under other numbers for the blocks perhaps.
    Keep {
        primary: Option<(u8, u8)>,
    },
    /// The subscriber takes only what is inside.
    Strip,
}

impl Format {
    /// What a payload type means on the publisher's connection.
    pub(crate) fn of(rtc: &Rtc, payload_type: Pt) -> Option<Self> {
        let params = rtc.codec_config().params();
        let is_it = |params: &&PayloadParams| {
            params.pt() == payload_type || params.red() == Some(payload_type)
        };
        let found = params.iter().find(is_it)?;
        let spec = found.spec();
        Some(Self {
            payload_type,
            primary: (found.pt() != payload_type).then_some(found.pt()),
            codec: spec.codec,
            packetization_mode: spec.format.packetization_mode,
        })
    }

    /// How it goes to a subscriber; `None` when that one cannot decode it.
    pub(crate) fn to(self, subscriber: &Rtc) -> Option<Outgoing> {
        let mut same_codec = subscriber.codec_config().params().iter().filter(|params| {
            let spec = params.spec();
            spec.codec == self.codec && spec.format.packetization_mode == self.packetization_mode
        });
        let params = same_codec.next()?;
        let red = match (self.primary, params.red()) {
            (None, _) => Red::None,
            (Some(_), None) => Red::Strip,
            (Some(ours), Some(_)) => Red::Keep {
                primary: (ours != params.pt()).then_some((*ours, *params.pt())),
            },
        };
        let payload_type = match (red, params.red()) {
            (Red::Keep { .. }, Some(red)) => red,
            _ => params.pt(),
        };
        Some(Outgoing {
            from: self.payload_type,
            payload_type,
            red,
        })
    }

    /// Whether a decoder can begin at this packet.
    pub(crate) fn is_entry(self, payload: &[u8], vp8: Option<&Vp8Descriptor>) -> bool {
        match self.codec {
            Codec::Vp8 => vp8.is_some_and(|descriptor| descriptor.starts_keyframe(payload)),
            Codec::H264 => begins_with_sps(payload),
            _ => true,
        }
    }

    /// Ticks of the RTP clock in a second.
    pub(crate) fn clock_rate_hz(self) -> u32 {
        if self.codec.is_audio() {
            48_000
        } else {
            90_000
        }
    }
}

impl Outgoing {
    /// The payload as the subscriber gets it; `None` when it cannot be read.
    pub(crate) fn payload(self, payload: &Arc<[u8]>) -> Option<Arc<[u8]>> {
        match self.red {
            Red::None | Red::Keep { primary: None } => Some(Arc::clone(payload)),
            Red::Keep {
                primary: Some((from, to)),
            } => renumbered(payload, from, to),
            Red::Strip => {
                let blocks = RedDecoder::decode(payload).ok()?;
                let primary = blocks.into_iter().find(|block| block.is_primary)?;
                Some(primary.payload.into())
            }
        }
    }
}

/// Writes another payload type into the block headers.
fn renumbered(payload: &[u8], from: u8, to: u8) -> Option<Arc<[u8]>> {
    let mut bytes: Arc<[u8]> = payload.into();
    let writable = Arc::get_mut(&mut bytes)?;
    let mut at = 0;
    for _ in 0..=RED_BLOCKS_MAX {
        let header = writable.get_mut(at)?;
        if *header & !RED_FOLLOWS == from {
            *header = *header & RED_FOLLOWS | to;
        }
        if *header & RED_FOLLOWS == 0 {
            return Some(bytes);
        }
        at += RED_HEADER_LENGTH;
    }
    None
}

/// Senders put the parameter sets before each key frame (RFC 6184 §8.4).
fn begins_with_sps(payload: &[u8]) -> bool {
    let kind = |byte: u8| byte & 0x1f;
    match payload.first().map(|byte| kind(*byte)) {
        Some(H264_SPS) => true,
        // One header, then a length of two bytes, then the first unit.
        Some(H264_STAP_A) => payload.get(3).is_some_and(|byte| kind(*byte) == H264_SPS),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use str0m::rtp::{RedEncoder, RedundantBlock};

    use super::*;

    const OPUS: u8 = 111;

    fn red() -> Arc<[u8]> {
        let older = RedundantBlock {
            pt: OPUS,
            timestamp_offset: 960,
            payload: vec![1, 2, 3],
        };
        RedEncoder::encode(OPUS, &[4, 5], &[older]).into()
    }

    fn outgoing(red: Red) -> Outgoing {
        Outgoing {
            from: 63.into(),
            payload_type: 111.into(),
            red,
        }
    }

    #[test]
    fn redundancy_is_stripped_for_those_who_cannot_read_it() {
        let payload = outgoing(Red::Strip).payload(&red());
        assert_eq!(payload.as_deref(), Some(&[4, 5][..]));
    }

    #[test]
    fn blocks_are_renumbered_and_nothing_else() {
        let keep = outgoing(Red::Keep {
            primary: Some((OPUS, 109)),
        });
        let payload = keep.payload(&red()).expect("readable");
        let blocks = RedDecoder::decode(&payload).expect("readable");
        let seen: Vec<_> = blocks
            .iter()
            .map(|block| (block.pt, block.payload))
            .collect();
        assert_eq!(seen, [(109, &[1, 2, 3][..]), (109, &[4, 5][..])]);
    }

    #[test]
    fn broken_redundancy_is_not_passed_on() {
        let endless: Arc<[u8]> = vec![0xff; 400].into();
        let keep = outgoing(Red::Keep {
            primary: Some((OPUS, 109)),
        });
        assert_eq!(keep.payload(&endless), None);
        assert_eq!(outgoing(Red::Strip).payload(&endless), None);
        assert_eq!(keep.payload(&Arc::from([])), None);
    }

    #[test]
    fn an_h264_picture_begins_with_its_parameters() {
        assert!(begins_with_sps(&[0x67, 1]));
        assert!(begins_with_sps(&[0x78, 0, 9, 0x67]));
        assert!(
            !begins_with_sps(&[0x65, 1]),
            "an IDR alone cannot be decoded"
        );
        assert!(!begins_with_sps(&[0x78, 0, 9]));
        assert!(!begins_with_sps(&[]));
    }
}
