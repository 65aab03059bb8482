//! Judges a received stream as a decoder would: in order, and without patience for long.
//!
//! Packets are put in order by sequence number. One that is missing is waited for, since it may be
//! sent again; after [`PATIENCE`] it is lost, and what follows may begin anywhere. Everywhere else
//! numbers, timestamps and picture ids must go on as if there were one sender.
//!
//! Invariant: a fault is counted once, at the packet where it shows.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use crate::{io::Kind, vp8::Vp8Packet};

/// Longer than retransmission takes on a bad network; a picture has stood still by then anyway.
const PATIENCE: Duration = Duration::from_secs(1);
/// A packet that is so far ahead is no reordering.
const WAITING_MAX: usize = 4096;
const FAULTS_KEPT: usize = 16;
const PICTURE_ID_COUNT: u16 = 0x8000;

/// What a stream looked like so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreamReport {
    /// The stream's number.
    pub ssrc: u32,
    /// Packets that arrived, each counted once.
    pub packets: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Packets that arrived again.
    pub duplicates: u64,
    /// Packets that arrived after a later one.
    pub reordered: u64,
    /// Packets that never arrived in time.
    pub lost: u64,
    /// The first of these, as ranges of sequence numbers.
    pub gaps: Vec<RangeInclusive<u64>>,
    /// Pictures that began.
    pub pictures: u64,
    /// Key frames that began.
    pub keyframes: u64,
    /// The longest time between two arrivals.
    pub longest_pause: Duration,
    /// Where the stream was not continuous.
    pub fault_count: u64,
    /// The first of these, with their sequence numbers.
    pub faults: Vec<(u64, Fault)>,
}

/// How a stream can break without any loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The first picture is no key frame.
    NoKeyframe,
    /// A picture ended without its marker, or began in its middle.
    PictureCut,
    /// The timestamp did not go forward.
    Timestamp,
    /// The picture id did not go on by one.
    PictureId,
}

/// One stream, as it arrives.
#[derive(Debug)]
pub(crate) struct Continuity {
    kind: Kind,
    report: StreamReport,
    highest: Option<u64>,
    next: Option<u64>,
    waiting: BTreeMap<u64, Arrival>,
    last: Option<Arrival>,
    last_at: Option<Instant>,
}

/// What counts of a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) is_marked: bool,
    pub(crate) length: usize,
    pub(crate) vp8: Option<Vp8Packet>,
    pub(crate) at: Instant,
}

impl Continuity {
    pub(crate) fn new(ssrc: u32, kind: Kind) -> Self {
        Self {
            kind,
            report: StreamReport {
                ssrc,
                ..StreamReport::default()
            },
            highest: None,
            next: None,
            waiting: BTreeMap::new(),
            last: None,
            last_at: None,
        }
    }

    pub(crate) fn report(&self) -> &StreamReport {
        &self.report
    }

    /// Takes a packet in.
    pub(crate) fn take(&mut self, arrival: Arrival) {
        let sequence = arrival.sequence;
        let is_past = self.next.is_some_and(|next| sequence < next);
        if is_past || self.waiting.contains_key(&sequence) {
            self.report.duplicates += 1;
            return;
        }
        if let Some(last_at) = self.last_at.replace(arrival.at) {
            let pause = arrival.at.saturating_duration_since(last_at);
            self.report.longest_pause = self.report.longest_pause.max(pause);
        }
        self.report.packets += 1;
        self.report.bytes += arrival.length as u64;
        match self.highest {
            Some(highest) if sequence < highest => self.report.reordered += 1,
            _ => self.highest = Some(sequence),
        }
        self.waiting.insert(sequence, arrival);
        self.advance(arrival.at);
    }

    /// Gives up what has been waited for too long.
    pub(crate) fn advance(&mut self, now: Instant) {
        while let Some((&sequence, &arrival)) = self.waiting.first_key_value() {
            // Before the first packet, another may still come: a picture begins at a key frame.
            let is_due = match self.next {
                Some(next) => sequence == next,
                None => self.kind == Kind::Audio || arrival.vp8.is_some_and(|it| it.is_keyframe),
            };
            let waited = now.saturating_duration_since(arrival.at);
            if !is_due && waited < PATIENCE && self.waiting.len() < WAITING_MAX {
                return;
            }
            let is_first = self.next.is_none();
            let lost = sequence - self.next.unwrap_or(sequence);
            if lost > 0 {
                self.report.lost += lost;
                if self.report.gaps.len() < FAULTS_KEPT {
                    self.report.gaps.push(sequence - lost..=sequence - 1);
                }
                // What came before the gap says nothing about what comes after it.
                self.last = None;
            }
            self.waiting.pop_first();
            self.next = Some(sequence + 1);
            self.check(&arrival, is_first);
        }
    }

    fn check(&mut self, arrival: &Arrival, is_first: bool) {
        if arrival.length == 0 {
            // Padding has a number and nothing else.
            return;
        }
        if let Some(fault) = self.fault(arrival, is_first) {
            self.report.fault_count += 1;
            if self.report.faults.len() < FAULTS_KEPT {
                self.report.faults.push((arrival.sequence, fault));
            }
        }
        if let Some(vp8) = arrival.vp8 {
            self.report.pictures += u64::from(vp8.is_start);
            self.report.keyframes += u64::from(vp8.is_keyframe);
        }
        self.last = Some(*arrival);
    }

    fn fault(&self, arrival: &Arrival, is_first: bool) -> Option<Fault> {
        if self.kind == Kind::Audio {
            let last = self.last?;
            return (!is_after(arrival.timestamp, last.timestamp)).then_some(Fault::Timestamp);
        }
        let vp8 = arrival.vp8?;
        let Some(last) = self.last else {
            return (is_first && !vp8.is_keyframe).then_some(Fault::NoKeyframe);
        };
        let last_id = last.vp8.and_then(|vp8| vp8.picture_id);
        let ids = last_id.zip(vp8.picture_id);
        if arrival.timestamp == last.timestamp {
            let is_cut = last.is_marked || ids.is_some_and(|(last, this)| last != this);
            return is_cut.then_some(Fault::PictureCut);
        }
        if !last.is_marked || !vp8.is_start {
            Some(Fault::PictureCut)
        } else if !is_after(arrival.timestamp, last.timestamp) {
            Some(Fault::Timestamp)
        } else {
            let is_next = |(last, this): (u16, u16)| this == (last + 1) % PICTURE_ID_COUNT;
            ids.is_some_and(|ids| !is_next(ids))
                .then_some(Fault::PictureId)
        }
    }
}

/// Timestamps wrap (RFC 3550 §5.1): the shorter way round tells the direction.
fn is_after(timestamp: u32, earlier: u32) -> bool {
    let ahead = timestamp.wrapping_sub(earlier);
    ahead != 0 && ahead < 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> (Continuity, Instant) {
        (Continuity::new(1, Kind::Video), Instant::now())
    }

    /// A picture of one packet.
    fn picture(sequence: u64, at: Instant) -> Arrival {
        Arrival {
            sequence,
            timestamp: u32::try_from(sequence * 3000).expect("a short test"),
            is_marked: true,
            length: 100,
            vp8: Some(Vp8Packet {
                picture_id: Some(u16::try_from(sequence).expect("a short test")),
                is_start: true,
                is_keyframe: sequence == 1,
            }),
            at,
        }
    }

    fn faults(stream: &Continuity) -> Vec<Fault> {
        let faults = &stream.report().faults;
        faults.iter().map(|(_, fault)| *fault).collect()
    }

    #[test]
    fn a_packet_that_comes_late_is_not_lost() {
        let (mut stream, start) = stream();
        for sequence in [3, 1, 4, 2, 2] {
            stream.take(picture(sequence, start));
        }
        let report = stream.report();
        assert_eq!(
            (report.packets, report.pictures, report.keyframes),
            (4, 4, 1)
        );
        assert_eq!(
            (report.reordered, report.duplicates, report.lost),
            (2, 1, 0)
        );
        assert_eq!(faults(&stream), []);
    }

    #[test]
    fn a_packet_that_does_not_come_is_lost_and_excuses_what_follows() {
        let (mut stream, start) = stream();
        stream.take(picture(1, start));
        stream.take(picture(5, start));
        assert_eq!(stream.report().lost, 0, "it may still come");
        stream.advance(start + PATIENCE);
        assert_eq!(stream.report().lost, 3);
        assert_eq!(stream.report().gaps, [2..=4]);
        assert_eq!(faults(&stream), []);
    }

    #[test]
    fn every_break_is_named() {
        type Change = fn(&mut Arrival);
        let cases: [(Change, Fault); 4] = [
            (|packet| packet.timestamp = 2999, Fault::Timestamp),
            (
                |packet| packet.vp8.as_mut().expect("VP8").picture_id = Some(9),
                Fault::PictureId,
            ),
            (
                |packet| packet.vp8.as_mut().expect("VP8").is_start = false,
                Fault::PictureCut,
            ),
            (|packet| packet.timestamp = 3000, Fault::PictureCut),
        ];
        for (change, fault) in cases {
            let (mut stream, start) = stream();
            stream.take(picture(1, start));
            let mut second = picture(2, start);
            change(&mut second);
            stream.take(second);
            assert_eq!(faults(&stream), [fault]);
        }
        let (mut stream, start) = stream();
        stream.take(picture(2, start));
        stream.advance(start + PATIENCE);
        assert_eq!(faults(&stream), [Fault::NoKeyframe]);
    }
}
