//! Reads which track a description puts where.
//!
//! LiveKit names tracks in `msid`: a stream that begins with the publisher's sid, and the track's
//! sid as track id. A section's `ssrc` lines say which streams carry it, so that packets find
//! their track also when a section was used for another one before.

use std::collections::HashMap;

/// What one description says about received tracks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) track_by_mid: HashMap<String, String>,
    pub(crate) track_by_ssrc: HashMap<u32, String>,
}

impl Placement {
    /// Reads a description of the server's.
    pub(crate) fn read(sdp: &str) -> Self {
        let mut placement = Self::default();
        for section in sections(sdp) {
            let Some(track) = section.track else {
                continue;
            };
            for ssrc in section.ssrcs {
                placement.track_by_ssrc.insert(ssrc, track.to_owned());
            }
            if let Some(mid) = section.mid {
                placement
                    .track_by_mid
                    .insert(mid.to_owned(), track.to_owned());
            }
        }
        placement
    }
}

#[derive(Default)]
struct Section<'a> {
    mid: Option<&'a str>,
    track: Option<&'a str>,
    ssrcs: Vec<u32>,
}

fn sections(sdp: &str) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    for line in sdp.lines() {
        if line.starts_with("m=") {
            sections.push(Section::default());
        }
        let Some(section) = sections.last_mut() else {
            continue;
        };
        if let Some(mid) = line.strip_prefix("a=mid:") {
            section.mid = Some(mid.trim());
        } else if let Some(msid) = line.strip_prefix("a=msid:") {
            let track = msid.split_whitespace().nth(1);
            section.track = track.filter(|track| track.starts_with("TR_"));
        } else if let Some(ssrc) = line.strip_prefix("a=ssrc:") {
            let number = ssrc.split_whitespace().next();
            section
                .ssrcs
                .extend(number.and_then(|text| text.parse::<u32>().ok()));
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_are_found_by_section_and_by_stream() {
        let sdp = "v=0\r\na=mid:no\r\nm=audio 9 X 111\r\na=mid:a\r\na=inactive\r\n\
                   m=video 9 X 96\r\na=mid:v\r\na=msid:PA_1|TR_2 TR_2\r\n\
                   a=ssrc:7 cname:x\r\na=ssrc:7 msid:PA_1|TR_2 TR_2\r\na=ssrc:8 cname:x\r\n";
        let placement = Placement::read(sdp);
        assert_eq!(placement.track_by_mid, [("v".into(), "TR_2".into())].into());
        assert_eq!(
            placement.track_by_ssrc,
            [(7, "TR_2".into()), (8, "TR_2".into())].into()
        );
    }

    #[test]
    fn what_is_not_livekits_is_no_track() {
        let sdp = "m=video 9 X 96\r\na=mid:v\r\na=msid:stream camera\r\na=ssrc:oops\r\n";
        assert_eq!(Placement::read(sdp), Placement::default());
    }
}
