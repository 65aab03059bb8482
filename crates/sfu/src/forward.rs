//! One track on its way to one subscriber: which layer, and with which numbers.
//!
//! Invariant: a picture begins, and changes its layer, only at a key frame, so a decoder never
//! gets a frame whose references it has not seen.

use std::time::Instant;

use str0m::{
    Rtc,
    media::Mid,
    rtp::{Vp8Descriptor, Vp8Patch},
};

use crate::{
    codec::{Format, Outgoing},
    io::{Layer, PeerId, TrackSettings},
    rewriter::{Position, Rewriter},
};

/// What forwarding needs to know of a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming {
    pub(crate) ssrc: u32,
    pub(crate) position: Position,
    pub(crate) format: Format,
    pub(crate) vp8: Option<Vp8Descriptor>,
    /// A decoder can begin here: the first packet of a key frame, any packet of sound.
    pub(crate) is_entry: bool,
}

/// How a packet leaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaving {
    pub(crate) position: Position,
    pub(crate) outgoing: Outgoing,
    pub(crate) vp8: Option<Vp8Patch>,
}

#[derive(Debug)]
pub(crate) struct Forward {
    pub(crate) peer: PeerId,
    /// The subscriber's section.
    pub(crate) mid: Mid,
    /// What the subscriber asked for.
    pub(crate) settings: TrackSettings,
    /// The layer that its link has room for; `None` pauses it.
    pub(crate) target: Option<Layer>,
    /// The subscriber knows that its link has no room for this.
    pub(crate) is_told_paused: bool,
    /// Whether anything has been sent.
    pub(crate) has_begun: bool,
    current: Option<u32>,
    rewriter: Rewriter,
    /// How the newest format goes to the subscriber; `None` inside when it cannot.
    outgoing: Option<(Format, Option<Outgoing>)>,
}

impl Forward {
    pub(crate) fn new(peer: PeerId, mid: Mid, settings: TrackSettings) -> Self {
        Self {
            peer,
            mid,
            settings,
            target: (!settings.is_disabled).then_some(settings.layer_max),
            is_told_paused: false,
            has_begun: false,
            current: None,
            rewriter: Rewriter::default(),
            outgoing: None,
        }
    }

    /// How the packet goes to this subscriber, or `None` when it does not get it.
    pub(crate) fn take(
        &mut self,
        packet: &Incoming,
        target_ssrc: Option<u32>,
        subscriber: &Rtc,
        now: Instant,
    ) -> Option<Leaving> {
        if self.current != Some(packet.ssrc) {
            if target_ssrc != Some(packet.ssrc) || !packet.is_entry {
                return None;
            }
            self.current = Some(packet.ssrc);
        }
        let outgoing = self.outgoing(packet.format, subscriber)?;
        let clock_rate_hz = packet.format.clock_rate_hz();
        let position = self
            .rewriter
            .rewrite(packet.ssrc, packet.position, clock_rate_hz, now)?;
        let vp8 = packet
            .vp8
            .and_then(|descriptor| self.rewriter.patch(packet.ssrc, &descriptor));
        Some(Leaving {
            position,
            outgoing,
            vp8,
        })
    }

    /// The stream in use.
    pub(crate) fn current(&self) -> Option<u32> {
        self.current
    }

    /// Whether the subscriber waits for a key frame of a stream.
    pub(crate) fn waits_for(&self, target_ssrc: Option<u32>) -> bool {
        target_ssrc.is_some() && self.current != target_ssrc
    }

    /// Stops at once; when it goes on, it is at an entry, with numbers that follow.
    pub(crate) fn pause(&mut self) {
        if self.current.take().is_some() {
            self.rewriter.break_off();
        }
    }

    fn outgoing(&mut self, format: Format, subscriber: &Rtc) -> Option<Outgoing> {
        match self.outgoing {
            Some((known, outgoing)) if known == format => outgoing,
            _ => {
                let outgoing = format.to(subscriber);
                self.outgoing = Some((format, outgoing));
                outgoing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use str0m::RtcConfig;

    use super::*;

    fn rtc() -> Rtc {
        RtcConfig::new()
            .clear_codecs()
            .enable_vp8(true)
            .build(Instant::now())
    }

    fn packet(rtc: &Rtc, ssrc: u32, sequence: u64, is_entry: bool) -> Incoming {
        let position = Position {
            sequence,
            timestamp: 0,
        };
        Incoming {
            ssrc,
            position,
            format: Format::of(rtc, 96.into()).expect("VP8"),
            vp8: None,
            is_entry,
        }
    }

    fn forward() -> Forward {
        Forward::new(PeerId(1), "1".into(), TrackSettings::default())
    }

    #[test]
    fn a_picture_begins_at_a_key_frame() {
        let (mut forward, rtc, now) = (forward(), rtc(), Instant::now());
        let mut take = |sequence, is_entry| {
            let packet = packet(&rtc, 1, sequence, is_entry);
            forward.take(&packet, Some(1), &rtc, now).is_some()
        };
        assert!(!take(10, false));
        assert!(take(11, true));
        assert!(take(12, false));
    }

    #[test]
    fn the_old_layer_goes_on_until_the_better_one_has_a_key_frame() {
        let (mut forward, rtc, now) = (forward(), rtc(), Instant::now());
        let mut take = |ssrc, sequence, is_entry, target| {
            let packet = packet(&rtc, ssrc, sequence, is_entry);
            let leaving = forward.take(&packet, Some(target), &rtc, now)?;
            Some(leaving.position.sequence)
        };
        take(1, 10, true, 1);
        assert_eq!(take(2, 70, false, 2), None);
        assert_eq!(take(1, 11, false, 2), Some(2));
        assert_eq!(take(2, 71, true, 2), Some(3));
        assert_eq!(take(1, 12, true, 2), None);
    }

    #[test]
    fn after_a_pause_it_goes_on_at_a_key_frame_without_a_gap() {
        let (mut forward, rtc, now) = (forward(), rtc(), Instant::now());
        forward.take(&packet(&rtc, 1, 10, true), Some(1), &rtc, now);
        forward.pause();
        assert!(
            forward
                .take(&packet(&rtc, 1, 500, false), Some(1), &rtc, now)
                .is_none()
        );
        let resumed = forward.take(&packet(&rtc, 1, 501, true), Some(1), &rtc, now);
        assert_eq!(resumed.map(|leaving| leaving.position.sequence), Some(2));
    }

    #[test]
    fn what_the_subscriber_cannot_decode_is_not_sent() {
        let (mut forward, rtc, now) = (forward(), rtc(), Instant::now());
        let without_vp8 = RtcConfig::new().clear_codecs().enable_h264(true).build(now);
        let taken = forward.take(&packet(&rtc, 1, 10, true), Some(1), &without_vp8, now);
        assert!(taken.is_none());
    }
}
