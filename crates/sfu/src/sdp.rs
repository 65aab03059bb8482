//! The little of SDP that the engine reads and edits as text, section by section.
//!
//! str0m negotiates; but in single-connection mode the client owns the sections, and which track
//! a receiving section carries changes during its life. So offers are edited before str0m sees
//! them (a receiving section that nobody uses becomes inactive) and answers afterwards (a section
//! in use gets the `msid` of its present track). Lines that are not understood stay as they are.

use crate::{
    io::{Kind, Sound},
    peer::DescriptionError,
};

/// Larger than any client's description of a hundred sections.
const LENGTH_MAX: usize = 512 * 1024;
const SECTIONS_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sdp {
    session: Vec<String>,
    pub(crate) sections: Vec<Section>,
}

/// One `m=` line and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    lines: Vec<String>,
    is_bundled: bool,
}

/// RFC 8866 §6.7, as the writer of the SDP means it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    const ALL: [Self; 4] = [
        Self::SendRecv,
        Self::SendOnly,
        Self::RecvOnly,
        Self::Inactive,
    ];

    fn line(self) -> &'static str {
        match self {
            Self::SendRecv => "a=sendrecv",
            Self::SendOnly => "a=sendonly",
            Self::RecvOnly => "a=recvonly",
            Self::Inactive => "a=inactive",
        }
    }

    fn of_line(line: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|direction| direction.line() == line)
    }
}

impl Sdp {
    /// Reads what comes from a client.
    pub(crate) fn parse_limited(text: &str) -> Result<Self, DescriptionError> {
        if text.len() > LENGTH_MAX {
            return Err(DescriptionError::TooLarge);
        }
        let sdp = Self::parse(text);
        if sdp.sections.len() > SECTIONS_MAX {
            Err(DescriptionError::TooLarge)
        } else {
            Ok(sdp)
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut session = Vec::new();
        let mut sections: Vec<Section> = Vec::new();
        for line in text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
        {
            if line.starts_with("m=") {
                sections.push(Section {
                    lines: vec![line.to_owned()],
                    is_bundled: false,
                });
            } else if let Some(section) = sections.last_mut() {
                section.lines.push(line.to_owned());
            } else {
                session.push(line.to_owned());
            }
        }
        let bundled: Vec<String> = session
            .iter()
            .find_map(|line| line.strip_prefix("a=group:BUNDLE"))
            .map(|mids| mids.split_ascii_whitespace().map(str::to_owned).collect())
            .unwrap_or_default();
        for section in &mut sections {
            section.is_bundled = section
                .mid()
                .is_some_and(|mid| bundled.iter().any(|bundled| bundled == mid));
        }
        Self { session, sections }
    }
}

impl Sdp {
    /// Writes other ICE credentials wherever they stand (RFC 8839 §5.4).
    pub(crate) fn set_ice_credentials(&mut self, ufrag: &str, pass: &str) {
        const OF_CANDIDATE: &str = " ufrag ";
        let sections = self.sections.iter_mut().map(|section| &mut section.lines);
        for line in sections.chain([&mut self.session]).flatten() {
            for (name, value) in [("a=ice-ufrag:", ufrag), ("a=ice-pwd:", pass)] {
                if line.starts_with(name) {
                    *line = format!("{name}{value}");
                }
            }
            // RFC 8840 §4.1.2: a candidate of another generation is not used.
            if line.starts_with("a=candidate:")
                && let Some((candidate, _)) = line.split_once(OF_CANDIDATE)
            {
                *line = format!("{candidate}{OF_CANDIDATE}{ufrag}");
            }
        }
    }
}

impl std::fmt::Display for Sdp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sections = self.sections.iter().flat_map(|section| &section.lines);
        self.session
            .iter()
            .chain(sections)
            .try_for_each(|line| write!(f, "{line}\r\n"))
    }
}

impl Section {
    pub(crate) fn set_direction(&mut self, direction: Direction) {
        self.lines.retain(|line| Direction::of_line(line).is_none());
        self.lines.push(direction.line().to_owned());
    }

    /// Says that the section carries `track` of the peer `label`.
    pub(crate) fn set_msid(&mut self, label: &str, track: &str) {
        let msid = format!("{} {track}", msid(label, track));
        for line in &mut self.lines {
            if line.starts_with("a=msid:") {
                *line = format!("a=msid:{msid}");
            } else if let Some((ssrc, _)) = line.split_once(" msid:") {
                *line = format!("{ssrc} msid:{msid}");
            }
        }
    }

    /// Nobody is to report when each packet came.
    pub(crate) fn drop_transport_feedback(&mut self) {
        self.lines.retain(|line| {
            let is_extension = line.starts_with("a=extmap:") && line.contains(TRANSPORT_SEQUENCE);
            let is_feedback = line.starts_with("a=rtcp-fb:") && line.ends_with(" transport-cc");
            !is_extension && !is_feedback
        });
    }

    /// Tells whoever sends Opus on the section how we like it (RFC 7587 §6.1).
    pub(crate) fn prefer_sound(&mut self, sound: Sound) {
        let wishes = [(sound.may_pause, DTX), (sound.is_stereo, STEREO)];
        let wished = wishes
            .iter()
            .filter_map(|(is_wished, parameters)| is_wished.then_some(*parameters));
        let wished: Vec<&str> = wished.flatten().copied().collect();
        let opus: Vec<String> = self
            .codecs()
            .filter(|(_, codec)| codec.eq_ignore_ascii_case("opus"))
            .map(|(payload_type, _)| format!("a=fmtp:{payload_type} "))
            .collect();
        for line in &mut self.lines {
            if opus.iter().any(|head| line.starts_with(head)) {
                for parameter in &wished {
                    *line = format!("{line};{parameter}");
                }
            }
        }
    }

    /// Says that the section carries nothing.
    pub(crate) fn drop_msid(&mut self) {
        self.lines.retain(|line| {
            !["a=msid:", "a=ssrc:", "a=ssrc-group:"]
                .iter()
                .any(|prefix| line.starts_with(prefix))
        });
    }

    /// Puts the payload types into the order that the other side's section has them in: clients
    /// send with the first one, and say by their order which one they want.
    pub(crate) fn prefer_as_in(&mut self, other: &Self) {
        let (Some(ours), Some(theirs)) = (self.formats(), other.formats()) else {
            return;
        };
        let theirs: Vec<String> = theirs.map(str::to_owned).collect();
        let mut formats: Vec<String> = ours.map(str::to_owned).collect();
        let place = |format: &String| theirs.iter().position(|one| one == format);
        formats.sort_by_key(|format| place(format).unwrap_or(usize::MAX));
        if let Some(line) = self.lines.first_mut() {
            let head: Vec<&str> = line.split(' ').take(MEDIA_LINE_HEAD).collect();
            *line = head.join(" ") + " " + &formats.join(" ");
        }
    }

    pub(crate) fn mid(&self) -> Option<&str> {
        self.attribute("mid")
    }

    /// What media it is for; `None` for data channels and anything else.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let (media, _) = self.lines.first()?.strip_prefix("m=")?.split_once(' ')?;
        match media {
            "audio" => Some(Kind::Audio),
            "video" => Some(Kind::Video),
            _ => None,
        }
    }

    /// RFC 8843 §7.2: port 0 rejects a section, unless a bundle carries it.
    pub(crate) fn is_rejected(&self) -> bool {
        let port = self.lines.first().and_then(|line| line.split(' ').nth(1));
        port == Some("0") && !self.is_bundled
    }

    pub(crate) fn direction(&self) -> Direction {
        self.lines
            .iter()
            .find_map(|line| Direction::of_line(line))
            .unwrap_or(Direction::SendRecv)
    }

    /// The id of the track that the writer sends, as its `msid` says.
    pub(crate) fn msid_track(&self) -> Option<&str> {
        let msid = self.attribute("msid").or_else(|| {
            self.lines
                .iter()
                .filter(|line| line.starts_with("a=ssrc:"))
                .find_map(|line| line.split_once(" msid:").map(|(_, msid)| msid))
        })?;
        msid.split_once(' ')
            .map(|(_, track)| track.trim_matches(['{', '}']))
    }

    /// Payload types and the codecs that they stand for.
    pub(crate) fn codecs(&self) -> impl Iterator<Item = (&str, &str)> {
        let maps = self
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix("a=rtpmap:"));
        maps.filter_map(|map| {
            let (payload_type, codec) = map.split_once(' ')?;
            let name = codec.split('/').next().unwrap_or(codec);
            Some((payload_type.trim(), name.trim()))
        })
    }

    /// Payload types of retransmissions and what they repair.
    pub(crate) fn repairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let formats = self
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix("a=fmtp:"));
        formats.filter_map(|format| {
            let (payload_type, parameters) = format.split_once(' ')?;
            let mut parameters = parameters.split(';').map(str::trim);
            let repaired = parameters.find_map(|one| one.strip_prefix("apt="))?;
            Some((payload_type.trim(), repaired.trim()))
        })
    }

    /// The payload types of a media section.
    fn formats(&self) -> Option<impl Iterator<Item = &str>> {
        self.kind()?;
        let formats = self.lines.first()?.split(' ').skip(MEDIA_LINE_HEAD);
        Some(formats.filter(|format| !format.is_empty()))
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            line.strip_prefix("a=")?
                .strip_prefix(name)?
                .strip_prefix(':')
                .map(str::trim)
        })
    }
}

/// Opus' parameters for sound that pauses.
const DTX: &[&str] = &["usedtx=1"];
/// Opus' parameters for two channels, at the most that it can do.
const STEREO: &[&str] = &["stereo=1", "maxaveragebitrate=510000"];

/// The header extension that numbers packets for such reports.
const TRANSPORT_SEQUENCE: &str = "transport-wide-cc-extensions";

/// The stream id by which clients know whose track it is: they read the participant from the part
/// before the bar and the track from the one behind it.
pub(crate) fn msid(label: &str, track: &str) -> String {
    format!("{label}|{track}")
}

/// RFC 8866 §5.14: media, port and protocol stand before the formats.
const MEDIA_LINE_HEAD: usize = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TWO_SECTIONS: &str = "v=0\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP 111\r\na=mid:0\r\n\
        a=sendonly\r\na=msid:s {t}\r\nm=video 0 UDP 96\r\na=mid:1\r\na=recvonly\r\n";

    #[test]
    fn what_is_not_edited_comes_out_as_it_went_in() {
        assert_eq!(Sdp::parse(TWO_SECTIONS).to_string(), TWO_SECTIONS);
    }

    #[test]
    fn sections_tell_what_they_are() {
        let sdp = Sdp::parse(TWO_SECTIONS);
        let [audio, video] = &sdp.sections[..] else {
            panic!("two sections")
        };
        assert_eq!((audio.kind(), audio.mid()), (Some(Kind::Audio), Some("0")));
        assert_eq!(audio.msid_track(), Some("t"), "Firefox puts ids in braces");
        assert_eq!(video.direction(), Direction::RecvOnly);
        assert!(
            !video.is_rejected(),
            "a bundled section with port 0 is in use"
        );
    }

    #[test]
    fn a_section_outside_the_bundle_with_port_0_is_rejected() {
        let sdp = Sdp::parse("a=group:BUNDLE 0\r\nm=video 0 UDP 96\r\na=mid:1\r\n");
        assert!(sdp.sections[0].is_rejected());
    }

    #[test]
    fn the_msid_is_replaced_wherever_it_stands() {
        let mut sdp = Sdp::parse("m=audio 9 X 1\r\na=msid:a b\r\na=ssrc:5 msid:a b\r\n");
        sdp.sections[0].set_msid("PA_1", "TR_1");
        let text = sdp.to_string();
        assert!(text.contains("a=msid:PA_1|TR_1 TR_1\r\n"));
        assert!(text.contains("a=ssrc:5 msid:PA_1|TR_1 TR_1\r\n"));
    }

    #[test]
    fn a_section_without_transport_feedback_keeps_all_else() {
        let kept = "m=video 9 X 96\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
            a=rtcp-fb:96 nack\r\n";
        let dropped = "a=extmap:3 http://www.ietf.org/id/\
            draft-holmer-rmcat-transport-wide-cc-extensions-01\r\na=rtcp-fb:96 transport-cc\r\n";
        let mut sdp = Sdp::parse(&format!("{kept}{dropped}"));
        sdp.sections[0].drop_transport_feedback();
        assert_eq!(sdp.to_string(), kept);
    }

    #[test]
    fn ice_credentials_are_replaced_wherever_they_stand() {
        let mut sdp = Sdp::parse(
            "a=ice-ufrag:old\r\nm=audio 9 X 1\r\na=ice-ufrag:old\r\na=ice-pwd:older\r\n\
             a=candidate:1 1 udp 5 203.0.113.1 8443 typ host ufrag old\r\n",
        );
        sdp.set_ice_credentials("new", "newer");
        let text = sdp.to_string();
        assert!(!text.contains("old"), "{text}");
        assert_eq!(text.matches("new\r\n").count(), 3, "{text}");
    }

    #[test]
    fn payload_types_take_the_order_of_the_other_side() {
        let mut ours = Sdp::parse("m=video 9 X 96 97 102 103\r\n");
        let theirs = Sdp::parse("m=video 9 X 102 103 45 96 97\r\n");
        ours.sections[0].prefer_as_in(&theirs.sections[0]);
        assert_eq!(ours.to_string(), "m=video 9 X 102 103 96 97\r\n");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parser(text in "(v=0|m=[a-z]{0,6}|a=(mid|msid|group:BUNDLE)?:?[ -~]{0,9}|\r|\n){0,40}") {
            let sdp = Sdp::parse(&text);
            for section in &sdp.sections {
                section.msid_track();
                section.is_rejected();
                section.kind();
            }
            prop_assert_eq!(Sdp::parse(&sdp.to_string()), sdp);
        }
    }
}
