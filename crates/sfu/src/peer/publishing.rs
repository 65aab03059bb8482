//! What the client sends: announcements and sections find each other, in either order.

use str0m::media::Mid;

use super::Peer;
use crate::{
    io::{Kind, Purpose, Sound, TrackId},
    publication::Publication,
    sdp::{Direction, Sdp, Section},
};

const ANNOUNCED_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Announced {
    pub(crate) track: TrackId,
    pub(crate) purpose: Purpose,
    pub(crate) client_ids: Vec<String>,
    pub(crate) sound: Sound,
}

#[derive(Debug)]
pub(super) struct Unclaimed {
    mid: Mid,
    kind: Kind,
    client_id: Option<String>,
}

impl Peer {
    /// A track that the client will publish; live at once when its section was offered before.
    pub(crate) fn announce(&mut self, announced: Announced) -> Option<(TrackId, Mid)> {
        let position = self.unclaimed.iter().position(|section| {
            section
                .client_id
                .as_ref()
                .is_some_and(|id| announced.client_ids.contains(id))
        });
        let position = position.or_else(|| {
            self.unclaimed
                .iter()
                .position(|section| section.kind == announced.purpose.kind())
        });
        if let Some(position) = position {
            let section = self.unclaimed.remove(position);
            return Some(self.publish(announced, section.mid));
        }
        if self.announced.len() == ANNOUNCED_MAX {
            self.announced.remove(0);
        }
        self.announced.push(announced);
        None
    }

    /// Ends a track; `true` when it was live.
    pub(crate) fn unpublish(&mut self, track: &TrackId) -> bool {
        self.announced.retain(|announced| announced.track != *track);
        let before = self.publications.len();
        self.publications
            .retain(|publication| publication.track != *track);
        self.publications.len() < before
    }

    pub(crate) fn publication(&self, track: &TrackId) -> Option<&Publication> {
        self.publications
            .iter()
            .find(|publication| publication.track == *track)
    }

    pub(crate) fn publication_mut(&mut self, track: &TrackId) -> Option<&mut Publication> {
        self.publications
            .iter_mut()
            .find(|publication| publication.track == *track)
    }

    /// Matches the sections that the client sends on with what it has announced.
    pub(super) fn claim(&mut self, offer: &Sdp) -> (Vec<(TrackId, Mid)>, Vec<TrackId>) {
        let sent: Vec<Unclaimed> = offer.sections.iter().filter_map(sent_section).collect();
        let mut ended = Vec::new();
        self.publications.retain(|publication| {
            let stays = sent.iter().any(|section| section.mid == publication.mid);
            if !stays {
                ended.push(publication.track.clone());
            }
            stays
        });
        self.unclaimed.clear();
        let mut live = Vec::new();
        for section in sent {
            if self
                .publications
                .iter()
                .any(|publication| publication.mid == section.mid)
            {
                continue;
            }
            if let Some(announced) = self.take_announced(&section) {
                live.push(self.publish(announced, section.mid));
            } else {
                self.unclaimed.push(section);
            }
        }
        (live, ended)
    }

    /// By the id that the client gave, or the oldest of the kind: some browsers write another.
    fn take_announced(&mut self, section: &Unclaimed) -> Option<Announced> {
        let by_id = self.announced.iter().position(|announced| {
            section
                .client_id
                .as_ref()
                .is_some_and(|id| announced.client_ids.contains(id))
        });
        let by_kind = || {
            self.announced
                .iter()
                .position(|announced| announced.purpose.kind() == section.kind)
        };
        by_id
            .or_else(by_kind)
            .map(|position| self.announced.remove(position))
    }

    fn publish(&mut self, announced: Announced, mid: Mid) -> (TrackId, Mid) {
        let Announced { track, purpose, .. } = announced;
        let mut publication = Publication::new(track.clone(), purpose, mid);
        publication.sound = announced.sound;
        self.publications.push(publication);
        (track, mid)
    }
}

fn sent_section(section: &Section) -> Option<Unclaimed> {
    let sends = matches!(
        section.direction(),
        Direction::SendOnly | Direction::SendRecv
    );
    if !sends || section.is_rejected() {
        return None;
    }
    let client_id = section.msid_track().map(str::to_owned);
    Some(Unclaimed {
        mid: section.mid()?.into(),
        kind: section.kind()?,
        client_id,
    })
}
