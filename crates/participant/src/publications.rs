//! What a participant publishes, over all its stays.

use str0m::media::Mid;

use crate::{
    connection::Sending,
    io::{Kind, Publish, TrackKey},
    wire,
};

/// One published track.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) publish: Publish,
    /// What the client calls it on the wire.
    pub(crate) cid: String,
    pub(crate) is_muted: bool,
    /// Whether this stay's server has been asked to take it.
    pub(crate) is_announced: bool,
    /// What the server calls it.
    pub(crate) sid: Option<String>,
    /// Its section.
    pub(crate) mid: Option<Mid>,
    /// The number of the last packet of each layer.
    sequences: Vec<u64>,
    /// Whether anything was sent on its section.
    has_begun: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Publications {
    all: Vec<Publication>,
    count: u32,
}

impl Publications {
    pub(crate) fn add(&mut self, publish: Publish) {
        self.count += 1;
        self.all.push(Publication {
            cid: format!("track{}", self.count),
            sequences: vec![0; publish.layers.len().max(1)],
            publish,
            is_muted: false,
            is_announced: false,
            sid: None,
            mid: None,
            has_begun: false,
        });
    }

    pub(crate) fn remove(&mut self, found: impl Fn(&Publication) -> bool) -> Option<Publication> {
        let position = self.all.iter().position(found)?;
        Some(self.all.remove(position))
    }

    pub(crate) fn by_key(&mut self, key: TrackKey) -> Option<&mut Publication> {
        self.all.iter_mut().find(|one| one.publish.track == key)
    }

    pub(crate) fn by_cid(&mut self, cid: &str) -> Option<&mut Publication> {
        self.all.iter_mut().find(|one| one.cid == cid)
    }

    pub(crate) fn by_sid(&mut self, sid: &str) -> Option<&mut Publication> {
        let is_it = |one: &&mut Publication| one.sid.as_deref() == Some(sid);
        self.all.iter_mut().find(is_it)
    }

    pub(crate) fn by_mid(&self, mid: Mid) -> Option<&Publication> {
        self.all.iter().find(|one| one.mid == Some(mid))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Publication> {
        self.all.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Publication> {
        self.all.iter_mut()
    }

    /// A new stay: everything is published anew.
    pub(crate) fn restart(&mut self) {
        for one in &mut self.all {
            one.is_announced = false;
            one.sid = None;
            one.mid = None;
        }
    }

    /// The sections that the server is to be offered.
    pub(crate) fn unplaced(&self) -> Vec<Sending<'_>> {
        let unplaced = self.all.iter().filter(|one| one.is_unplaced());
        unplaced.map(Publication::sending).collect()
    }

    /// Notes the sections, in the order of [`Self::unplaced`].
    pub(crate) fn place(&mut self, mids: &[Mid]) {
        let unplaced = self.all.iter_mut().filter(|one| one.is_unplaced());
        for (publication, mid) in unplaced.zip(mids) {
            publication.mid = Some(*mid);
            publication.sequences.fill(0);
            publication.has_begun = false;
        }
    }
}

impl Publication {
    pub(crate) fn kind(&self) -> Kind {
        wire::kind_of(self.publish.source)
    }

    pub(crate) fn is_simulcast(&self) -> bool {
        self.kind() == Kind::Video && self.publish.layers.len() > 1
    }

    /// The number of a layer's next packet; SRTP lets a stream begin below 65,536 only. Once a
    /// stream has begun, packets that cannot be sent have numbers too: they are lost.
    pub(crate) fn next_sequence(&mut self, layer: usize, is_up: bool) -> Option<u64> {
        self.has_begun |= is_up;
        if !self.has_begun {
            return None;
        }
        let sequence = self.sequences.get_mut(layer)?;
        *sequence += 1;
        Some(*sequence)
    }

    fn is_unplaced(&self) -> bool {
        self.is_announced && self.mid.is_none()
    }

    fn sending(&self) -> Sending<'_> {
        Sending {
            kind: self.kind(),
            cid: &self.cid,
            layers: if self.is_simulcast() {
                self.publish.layers.len()
            } else {
                1
            },
        }
    }
}
