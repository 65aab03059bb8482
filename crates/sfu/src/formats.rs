//! Keeps what payload types mean on one connection, so that nothing contradicts itself.
//!
//! RFC 8843 §10.1.2: in a bundle a payload type means one thing. Descriptions that give one of
//! ours two meanings, at once or one after the other, are refused before the library sees them: it
//! takes that for its own mistake.

use std::collections::HashMap;

use crate::{peer::DescriptionError, sdp::Sdp};

/// What we use, as `rtpmap` names it (RFC 8866 §6.6).
const OURS: [&str; 5] = ["opus", "red", "vp8", "h264", "rtx"];
/// And these where they are forwarded.
const SVC: [&str; 2] = ["vp9", "av1"];

#[derive(Debug, Clone)]
pub(crate) struct Formats {
    has_svc: bool,
    codecs: HashMap<String, String>,
    /// Which payload type each retransmission type repairs (RFC 4588 §8.6).
    repairs: HashMap<String, String>,
}

impl Formats {
    pub(crate) fn new(has_svc: bool) -> Self {
        Self {
            has_svc,
            codecs: HashMap::new(),
            repairs: HashMap::new(),
        }
    }

    /// Takes in what a description says, unless it contradicts itself or what was said before.
    pub(crate) fn learn(&mut self, sdp: &Sdp) -> Result<(), DescriptionError> {
        let mut learnt = self.clone();
        for section in &sdp.sections {
            for (payload_type, name) in section.codecs() {
                let name = name.to_ascii_lowercase();
                if self.is_ours(&name) {
                    agree(&mut learnt.codecs, payload_type, &name)?;
                } else if learnt.codecs.contains_key(payload_type) {
                    return Err(clash(payload_type));
                }
            }
        }
        for section in &sdp.sections {
            for (payload_type, repaired) in section.repairs() {
                if learnt
                    .codecs
                    .get(payload_type)
                    .is_none_or(|name| name != "rtx")
                {
                    return Err(clash(payload_type));
                }
                if learnt.codecs.contains_key(repaired) {
                    agree(&mut learnt.repairs, payload_type, repaired)?;
                }
            }
        }
        *self = learnt;
        Ok(())
    }

    fn is_ours(&self, name: &str) -> bool {
        OURS.contains(&name) || self.has_svc && SVC.contains(&name)
    }
}

fn agree(
    known: &mut HashMap<String, String>,
    payload_type: &str,
    meaning: &str,
) -> Result<(), DescriptionError> {
    let earlier = known
        .entry(payload_type.to_owned())
        .or_insert_with(|| meaning.to_owned());
    if earlier == meaning {
        Ok(())
    } else {
        Err(clash(payload_type))
    }
}

fn clash(payload_type: &str) -> DescriptionError {
    DescriptionError::Unreadable(format!("payload type {payload_type} means two things"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "m=video 9 X 96 97 102 103 98 99\r\na=rtpmap:96 VP8/90000\r\n\
        a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:102 H264/90000\r\n\
        a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\na=rtpmap:98 VP9/90000\r\n\
        a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n";

    fn learn(formats: &mut Formats, text: &str) -> bool {
        formats.learn(&Sdp::parse(text)).is_ok()
    }

    #[test]
    fn the_same_again_is_fine() {
        let mut formats = Formats::new(false);
        assert!(learn(&mut formats, GOOD));
        assert!(learn(&mut formats, GOOD));
    }

    #[test]
    fn two_meanings_are_refused() {
        let damaged = [
            ("102 H264", "96 H264"),
            ("97 rtx", "97 VP8"),
            ("97 rtx", "96 rtx"),
            ("fmtp:103 apt=102", "fmtp:97 apt=102"),
            ("98 VP9", "96 VP9"),
        ];
        for (from, to) in damaged {
            let text = GOOD.replace(from, to);
            assert!(!learn(&mut Formats::new(false), &text), "{to}");
        }
    }

    #[test]
    fn vp9_means_one_thing_where_it_is_forwarded() {
        let other = "m=video 9 X 98\r\na=rtpmap:98 AV1/90000\r\n";
        for (has_svc, is_taken) in [(false, true), (true, false)] {
            let mut formats = Formats::new(has_svc);
            assert!(learn(&mut formats, GOOD));
            assert_eq!(learn(&mut formats, other), is_taken);
        }
    }

    #[test]
    fn a_meaning_stays_for_the_life_of_a_connection() {
        let mut formats = Formats::new(false);
        assert!(learn(
            &mut formats,
            "m=video 9 X 96\r\na=rtpmap:96 VP8/90000\r\n"
        ));
        assert!(!learn(
            &mut formats,
            "m=video 9 X 96\r\na=rtpmap:96 H264/90000\r\n"
        ));
    }
}
