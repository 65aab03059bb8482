//! What came of a stream of pictures, packet by packet, and what may be missing from it.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

/// The packets that arrived, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    packets: BTreeMap<u64, Arrived>,
    last_at: Option<Instant>,
}

#[derive(Debug)]
struct Arrived {
    at: Instant,
    begins: Option<Begins>,
}

/// The picture that a packet begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begins {
    pub(crate) layer: u8,
    pub(crate) is_keyframe: bool,
}

impl Stream {
    pub(crate) fn note(&mut self, sequence: u64, begins: Option<Begins>, at: Instant) {
        let arrived = Arrived { at, begins };
        self.packets.entry(sequence).or_insert(arrived);
        self.last_at = self.last_at.max(Some(at));
    }

    /// Whether the picture that a packet belongs to, or the next one, is a key frame. The first
    /// picture of a stream is one, also when its beginning is lost.
    ///
    /// There the engine does not repair everything: packets of the layer before that come after the
    /// first one of a key frame are not sent to the subscriber.
    pub(crate) fn is_beside_keyframe(&self, sequence: u64) -> bool {
        let is_key = |packet: &Arrived| packet.begins.map(|begins| begins.is_keyframe);
        let before = self.packets.range(..=sequence).rev();
        let before = before.map(|(_, packet)| packet).find_map(is_key);
        let after = self.packets.range(sequence + 1..);
        let after = after.map(|(_, packet)| packet).find_map(is_key);
        before != Some(false) || after == Some(true)
    }

    /// Whether the stream ended before what is missing could have come: nobody sends it again then.
    pub(crate) fn ends_within(&self, repair: Duration, gap: &RangeInclusive<u64>) -> bool {
        let after = self.packets.range(gap.end() + 1..);
        let shows_at = after.map(|(_, packet)| packet.at).min();
        shows_at
            .zip(self.last_at)
            .is_some_and(|(shows_at, last_at)| last_at - shows_at < repair)
    }

    /// How often it changed its layer.
    pub(crate) fn switches(&self) -> usize {
        let begins = self.packets.values().filter_map(|packet| packet.begins);
        let layers: Vec<u8> = begins.map(|begins| begins.layer).collect();
        layers.windows(2).filter(|pair| pair[0] != pair[1]).count()
    }

    /// Where it changed its layer without a key frame. What was lost excuses what follows.
    pub(crate) fn blind_switches(&self) -> usize {
        let mut count = 0;
        let mut last: Option<(u64, Option<u8>)> = None;
        for (sequence, packet) in &self.packets {
            let known = last.filter(|(before, _)| before + 1 == *sequence);
            let layer = known.and_then(|(_, layer)| layer);
            let next = match packet.begins {
                Some(begins) => {
                    let is_other = layer.is_some_and(|layer| layer != begins.layer);
                    count += usize::from(is_other && !begins.is_keyframe);
                    Some(begins.layer)
                }
                None => layer,
            };
            last = Some((*sequence, next));
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets that came 10 ms after each other: their numbers, and what they begin.
    fn stream(packets: &[(u64, Option<(u8, bool)>)]) -> Stream {
        let (mut stream, start) = (Stream::default(), Instant::now());
        for (count, (sequence, begins)) in (0..).zip(packets) {
            let begins = begins.map(|(layer, is_keyframe)| Begins { layer, is_keyframe });
            stream.note(*sequence, begins, start + count * Duration::from_millis(10));
        }
        stream
    }

    #[test]
    fn a_switch_of_layers_needs_a_key_frame() {
        let good = [(1, Some((0, true))), (2, None), (3, Some((1, true)))];
        assert_eq!(stream(&good).blind_switches(), 0);
        let bad = [(1, Some((0, true))), (2, None), (3, Some((1, false)))];
        assert_eq!(stream(&bad).blind_switches(), 1);
        let excused = [(1, Some((0, true))), (3, Some((1, false)))];
        assert_eq!(stream(&excused).blind_switches(), 0);
    }

    #[test]
    fn key_frames_and_what_is_before_them_are_told_from_other_pictures() {
        let stream = stream(&[
            (1, Some((0, true))),
            (3, Some((0, false))),
            (5, None),
            (6, Some((0, false))),
            (8, Some((1, true))),
        ]);
        assert!(stream.is_beside_keyframe(2));
        assert!(!stream.is_beside_keyframe(4));
        assert!(stream.is_beside_keyframe(7));
    }

    #[test]
    fn what_is_missing_at_the_end_could_not_be_repaired() {
        let stream = stream(&[(1, None), (3, None), (5, None), (6, None)]);
        let repair = Duration::from_millis(15);
        assert!(stream.ends_within(repair, &(4..=4)));
        assert!(!stream.ends_within(repair, &(2..=2)));
    }
}
