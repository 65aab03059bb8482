//! What a participant has seen, for whoever judges the server by it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Instant,
};

use crate::{
    continuity::{Arrival, Continuity, StreamReport},
    io::Kind,
    sdp::Placement,
};

/// Everything that a participant has seen since it was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How often it came into the room.
    pub joins: u32,
    /// How often it went on after a lost connection.
    pub resumes: u32,
    /// What it received, by the sids of the tracks; the streams of each in the order they began.
    pub tracks: BTreeMap<String, Vec<StreamReport>>,
    /// Streams that no description has named.
    pub unnamed: Vec<StreamReport>,
    /// Messages that it received.
    pub messages: u64,
    /// Messages that came again, and were not taken.
    pub repeats: u64,
}

impl Report {
    /// All streams, whatever they belong to.
    pub fn streams(&self) -> impl Iterator<Item = &StreamReport> {
        self.tracks.values().flatten().chain(&self.unnamed)
    }
}

/// The streams of a stay, and of the stays before.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// In the order in which they began. Numbers of streams are chosen at random, so that a later
    /// stay may reuse one only in theory.
    streams: Vec<Stream>,
    index: HashMap<u32, usize>,
    names: HashMap<u32, Arc<str>>,
}

#[derive(Debug)]
struct Stream {
    track: Option<Arc<str>>,
    continuity: Continuity,
}

impl Streams {
    /// Takes a packet in and tells whose it is.
    pub(crate) fn take(&mut self, ssrc: u32, kind: Kind, arrival: Arrival) -> Option<Arc<str>> {
        let index = *self.index.entry(ssrc).or_insert_with(|| {
            self.streams.push(Stream {
                track: self.names.get(&ssrc).cloned(),
                continuity: Continuity::new(ssrc, kind),
            });
            self.streams.len() - 1
        });
        let stream = &mut self.streams[index];
        stream.continuity.take(arrival);
        stream.track.clone()
    }

    /// Names the streams that a description names, be they known already or not.
    pub(crate) fn place(&mut self, placement: &Placement) {
        for (ssrc, track) in &placement.track_by_ssrc {
            let track: Arc<str> = Arc::from(track.as_str());
            if let Some(index) = self.index.get(ssrc) {
                self.streams[*index].track = Some(Arc::clone(&track));
            }
            self.names.insert(*ssrc, track);
        }
    }

    /// A new stay has new streams; the old ones are only remembered.
    pub(crate) fn forget_numbers(&mut self) {
        self.index.clear();
        self.names.clear();
    }

    pub(crate) fn advance(&mut self, now: Instant) {
        for index in self.index.values() {
            self.streams[*index].continuity.advance(now);
        }
    }

    /// The stream that a track came on last.
    pub(crate) fn ssrc_of(&self, track: &str) -> Option<u32> {
        let of_track = self
            .index
            .iter()
            .filter(|(_, index)| self.streams[**index].track.as_deref() == Some(track));
        of_track
            .max_by_key(|(_, index)| **index)
            .map(|(ssrc, _)| *ssrc)
    }

    pub(crate) fn fill(&self, report: &mut Report) {
        for stream in &self.streams {
            let one = stream.continuity.report().clone();
            match &stream.track {
                Some(track) => report
                    .tracks
                    .entry(track.to_string())
                    .or_default()
                    .push(one),
                None => report.unnamed.push(one),
            }
        }
    }
}
