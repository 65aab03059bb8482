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
    /// Of VP9: decoders of one cannot do another.
    profile: Option<u32>,
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
            profile: spec.format.profile_id,
        })
    }

    /// How it goes to a subscriber; `None` when that one cannot decode it.
    pub(crate) fn to(self, subscriber: &Rtc) -> Option<Outgoing> {
        let mut same_codec = subscriber.codec_config().params().iter().filter(|params| {
            let spec = params.spec();
            spec.codec == self.codec
                && spec.format.packetization_mode == self.packetization_mode
                && spec.format.profile_id == self.profile
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
            Codec::Vp9 => begins_vp9_keyframe(payload),
            Codec::Av1 => begins_av1_sequence(payload),
            // A decoder of sound can begin anywhere.
            codec => codec.is_audio(),
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

/// RFC 9628 §4.2: the first packet of a frame that refers to none before, in the lowest spatial
/// layer. The layers above it refer to it within the same picture.
fn begins_vp9_keyframe(payload: &[u8]) -> bool {
    const HAS_PICTURE_ID: u8 = 0x80;
    const IS_PREDICTED: u8 = 0x40;
    const HAS_LAYERS: u8 = 0x20;
    const BEGINS_FRAME: u8 = 0x08;
    const IS_LONG: u8 = 0x80;
    let Some(&flags) = payload.first() else {
        return false;
    };
    if flags & (IS_PREDICTED | BEGINS_FRAME) != BEGINS_FRAME {
        return false;
    }
    if flags & HAS_LAYERS == 0 {
        return true;
    }
    let id_length = match payload.get(1) {
        _ if flags & HAS_PICTURE_ID == 0 => 0,
        Some(id) if id & IS_LONG != 0 => 2,
        _ => 1,
    };
    let spatial = payload.get(1 + id_length).map(|layers| layers >> 1 & 0x07);
    spatial == Some(0)
}

/// AV1's RTP format §4.4: the aggregation header says that a coded video sequence begins, which it
/// does with a key frame; nothing of an earlier packet may go on in it.
fn begins_av1_sequence(payload: &[u8]) -> bool {
    const GOES_ON: u8 = 0x80;
    const BEGINS_SEQUENCE: u8 = 0x08;
    payload
        .first()
        .is_some_and(|header| header & (GOES_ON | BEGINS_SEQUENCE) == BEGINS_SEQUENCE)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use str0m::{
        RtcConfig,
        format::FormatParams,
        media::Frequency,
        rtp::{RedEncoder, RedundantBlock},
    };

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
    fn a_vp9_picture_begins_with_the_lowest_layer_of_a_key_frame() {
        // Without layers: a key frame's first packet, a later one, a predicted frame.
        assert!(begins_vp9_keyframe(&[0x8c, 0x90, 0x01]));
        assert!(!begins_vp9_keyframe(&[0x84, 0x90, 0x01]));
        assert!(!begins_vp9_keyframe(&[0xcc, 0x90, 0x01]));
        // With layers, after ids of two bytes, of one and without: spatial layers 0 and 1.
        for head in [&[0xac, 0x90, 0x01][..], &[0xac, 0x11], &[0x2c]] {
            let with = |layers: u8| [head, &[layers]].concat();
            assert!(begins_vp9_keyframe(&with(0x00)), "{head:?}");
            assert!(!begins_vp9_keyframe(&with(0x03)), "{head:?}");
            assert!(!begins_vp9_keyframe(head), "it is cut off");
        }
        assert!(!begins_vp9_keyframe(&[]));
    }

    #[test]
    fn an_av1_picture_begins_with_its_sequence() {
        assert!(begins_av1_sequence(&[0x18, 0x0a]));
        assert!(!begins_av1_sequence(&[0x10, 0x32]));
        assert!(!begins_av1_sequence(&[0x98]), "the rest of what was before");
        assert!(!begins_av1_sequence(&[]));
    }

    #[test]
    fn a_subscriber_gets_the_profile_of_vp9_that_it_can() {
        let with_profile = |profile| {
            let mut config = RtcConfig::new().clear_codecs();
            let format = FormatParams {
                profile_id: Some(profile),
                ..FormatParams::default()
            };
            let rate = Frequency::NINETY_KHZ;
            let codecs = config.codec_config();
            codecs.add_config(98.into(), None, Codec::Vp9, rate, None, format);
            config.build(Instant::now())
        };
        let format = Format::of(&with_profile(0), 98.into()).expect("known");
        assert!(format.to(&with_profile(0)).is_some());
        assert!(format.to(&with_profile(2)).is_none());
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
