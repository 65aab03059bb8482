//! Decides which receiving section of a client carries which track.
//!
//! The client owns the sections: it offers some that it can receive on, we place the tracks it
//! should get, and ask for more when they do not suffice. Flow: [`Sections::want`] and
//! [`Sections::unwant`] change the wish, [`Sections::place`] fits it into each offer.
//!
//! Invariant: a section carries one track, a track is in one section, and only wanted tracks are
//! placed, only into sections of their kind that the newest offer can receive on.

use std::collections::BTreeMap;

use crate::io::{Kind, TrackId};

#[derive(Debug, Default)]
pub(crate) struct Sections {
    wanted: Vec<(TrackId, Kind)>,
    placed: BTreeMap<String, TrackId>,
    receiving: Vec<(String, Kind)>,
}

/// What an offer changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Sections whose track has left them.
    pub(crate) freed: Vec<(String, TrackId)>,
    /// Sections that got a track.
    pub(crate) filled: Vec<(String, TrackId)>,
}

/// How many receiving sections are missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shortage {
    pub(crate) audio: u32,
    pub(crate) video: u32,
}

impl Sections {
    pub(crate) fn want(&mut self, track: TrackId, kind: Kind) {
        if !self.is_wanted(&track) {
            self.wanted.push((track, kind));
        }
    }

    pub(crate) fn unwant(&mut self, track: &TrackId) {
        self.wanted.retain(|(wanted, _)| wanted != track);
    }

    /// Fits the wish into the sections that an offer can receive on.
    pub(crate) fn place(&mut self, receiving: Vec<(String, Kind)>) -> Placement {
        self.receiving = receiving;
        let mut placement = Placement::default();
        let keeps = |mid: &String, track: &TrackId| {
            self.receiving.iter().any(|(receiving, _)| receiving == mid)
                && self.wanted.iter().any(|(wanted, _)| wanted == track)
        };
        placement.freed = self
            .placed
            .iter()
            .filter(|(mid, track)| !keeps(mid, track))
            .map(|(mid, track)| (mid.clone(), track.clone()))
            .collect();
        for (mid, _) in &placement.freed {
            self.placed.remove(mid);
        }
        for (track, kind) in &self.wanted {
            if self.is_placed(track) {
                continue;
            }
            let free = self
                .receiving
                .iter()
                .find(|(mid, of)| of == kind && !self.placed.contains_key(mid));
            if let Some((mid, _)) = free {
                self.placed.insert(mid.clone(), track.clone());
                placement.filled.push((mid.clone(), track.clone()));
            }
        }
        placement
    }

    /// Wanted tracks without a section, where the server makes the sections.
    pub(crate) fn unplaced(&self) -> Vec<(TrackId, Kind)> {
        let wanted = self.wanted.iter();
        wanted
            .filter(|(track, _)| !self.is_placed(track))
            .cloned()
            .collect()
    }

    /// A section was made for a track.
    pub(crate) fn place_at(&mut self, mid: String, track: TrackId) {
        self.placed.insert(mid, track);
    }

    /// Gives up the sections whose track is no longer wanted.
    pub(crate) fn take_unwanted(&mut self) -> Vec<String> {
        let is_wanted = |track: &TrackId| self.wanted.iter().any(|(wanted, _)| wanted == track);
        let unwanted = self.placed.iter().filter(|(_, track)| !is_wanted(track));
        let unwanted: Vec<String> = unwanted.map(|(mid, _)| mid.clone()).collect();
        self.placed.retain(|mid, _| !unwanted.contains(mid));
        unwanted
    }

    /// Whether the newest answer says what is wished.
    pub(crate) fn is_settled(&self) -> bool {
        self.wanted.iter().all(|(track, _)| self.is_placed(track))
            && self.placed.values().all(|track| self.is_wanted(track))
    }

    pub(crate) fn shortage(&self) -> Shortage {
        Shortage {
            audio: self.missing(Kind::Audio),
            video: self.missing(Kind::Video),
        }
    }

    pub(crate) fn placed(&self) -> &BTreeMap<String, TrackId> {
        &self.placed
    }

    fn is_wanted(&self, track: &TrackId) -> bool {
        self.wanted.iter().any(|(wanted, _)| wanted == track)
    }

    fn is_placed(&self, track: &TrackId) -> bool {
        self.placed.values().any(|placed| placed == track)
    }

    fn missing(&self, kind: Kind) -> u32 {
        let wanted = self.wanted.iter().filter(|(_, of)| *of == kind).count();
        let sections = self.receiving.iter().filter(|(_, of)| *of == kind).count();
        u32::try_from(wanted.saturating_sub(sections)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn track(n: u8) -> TrackId {
        TrackId::from(format!("TR_{n}").as_str())
    }

    fn offer(sections: &[(&str, Kind)]) -> Vec<(String, Kind)> {
        sections
            .iter()
            .map(|(mid, kind)| ((*mid).to_owned(), *kind))
            .collect()
    }

    #[test]
    fn a_track_goes_into_the_first_free_section_of_its_kind() {
        let mut sections = Sections::default();
        sections.want(track(1), Kind::Video);
        let placement = sections.place(offer(&[("0", Kind::Audio), ("1", Kind::Video)]));
        assert_eq!(placement.filled, [("1".to_owned(), track(1))]);
        assert!(sections.is_settled());
    }

    #[test]
    fn missing_sections_are_counted_by_kind() {
        let mut sections = Sections::default();
        sections.place(offer(&[("0", Kind::Audio), ("1", Kind::Video)]));
        for n in 1..=3 {
            sections.want(track(n), Kind::Video);
        }
        sections.want(track(4), Kind::Audio);
        assert_eq!(sections.shortage(), Shortage { audio: 0, video: 2 });
        assert!(!sections.is_settled());
    }

    #[test]
    fn a_freed_section_is_used_again() {
        let mut sections = Sections::default();
        let both = offer(&[("1", Kind::Video)]);
        sections.want(track(1), Kind::Video);
        sections.place(both.clone());
        sections.unwant(&track(1));
        sections.want(track(2), Kind::Video);
        let placement = sections.place(both);
        assert_eq!(placement.freed, [("1".to_owned(), track(1))]);
        assert_eq!(placement.filled, [("1".to_owned(), track(2))]);
    }

    #[test]
    fn a_track_moves_when_the_client_takes_its_section_back() {
        let mut sections = Sections::default();
        sections.want(track(1), Kind::Video);
        sections.place(offer(&[("1", Kind::Video), ("2", Kind::Video)]));
        let placement = sections.place(offer(&[("2", Kind::Video)]));
        assert_eq!(placement.freed, [("1".to_owned(), track(1))]);
        assert_eq!(placement.filled, [("2".to_owned(), track(1))]);
    }

    proptest! {
        #[test]
        fn placing_keeps_its_promises(steps in prop::collection::vec((0u8..6, any::<bool>(), 0usize..5, 0usize..5), 1..30)) {
            let mut sections = Sections::default();
            for (n, is_wish, audio, video) in steps {
                let kind = if n % 2 == 0 { Kind::Audio } else { Kind::Video };
                if is_wish { sections.want(track(n), kind) } else { sections.unwant(&track(n)) }
                let receiving: Vec<_> = (0..audio).map(|i| (format!("a{i}"), Kind::Audio))
                    .chain((0..video).map(|i| (format!("v{i}"), Kind::Video))).collect();
                sections.place(receiving.clone());
                let mut seen = std::collections::BTreeSet::new();
                for (mid, placed) in sections.placed() {
                    prop_assert!(seen.insert(placed.clone()), "a track is in two sections");
                    let kind = sections.wanted.iter().find(|(wanted, _)| wanted == placed).map(|(_, kind)| *kind);
                    prop_assert!(receiving.iter().any(|(of, k)| of == mid && Some(*k) == kind));
                }
                let missing = sections.shortage();
                prop_assert_eq!(missing == Shortage::default(), sections.is_settled());
            }
        }
    }
}
