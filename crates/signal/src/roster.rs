//! Who is in which room, as clients are told.
//!
//! Invariant: a participant's `version` rises with every change that others see, because clients
//! ignore an update that is not newer than what they have.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use livekit_protocol::{
    AddTrackRequest, Codec, ParticipantInfo, Room as RoomInfo, TrackInfo, participant_info::State,
};
use livekit_token::Claims;
use sfu::{PeerId, TrackId};

use crate::{
    access::Access,
    admission::Admission,
    edge::{ResumeFault, Ways},
    io::{ConnectionId, Now},
    link_quality::LinkQuality,
    messages,
    path_mode::PathMode,
    recent::Recent,
};

/// A room and its participants, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) info: RoomInfo,
    pub(crate) participants: BTreeMap<PeerId, Participant>,
}

#[derive(Debug)]
pub(crate) struct Participant {
    pub(crate) info: ParticipantInfo,
    pub(crate) claims: Claims,
    pub(crate) path_mode: PathMode,
    /// The peer that it receives on: another one than it publishes on, if it has two.
    pub(crate) receiving: PeerId,
    pub(crate) auto_subscribe: bool,
    /// Who may receive what it publishes.
    pub(crate) access: Access,
    /// Tracks of others that it has said it does not want, or does want in spite of
    /// `auto_subscribe`.
    pub(crate) choices: HashMap<TrackId, bool>,
    pub(crate) link: LinkQuality,
    pub(crate) ways: Ways,
    /// As others were told last.
    pub(crate) is_speaking: bool,
    pub(crate) connection: Option<ConnectionId>,
    /// When the signalling connection broke, while there is none.
    pub(crate) lost_at: Option<Instant>,
    /// When it was last heard on the signalling connection that it lost before this one.
    pub(crate) last_there: Instant,
    pub(crate) joined_at: Instant,
    /// What is to go wrong, until when, as it has asked for itself.
    pub(crate) resume_fault: Option<(ResumeFault, Instant)>,
    /// Until when it counts as speaking, as it has asked for itself.
    pub(crate) pretends_until: Option<Instant>,
    pub(crate) token_refresh_at: Instant,
    /// Announced tracks without a section yet.
    pub(crate) pending: HashMap<TrackId, TrackInfo>,
    /// The last reliable data packet taken from it.
    pub(crate) last_sequence: u32,
    /// Reliable packets that were passed on for it lately, to repeat to those who resume.
    pub(crate) recent: Recent,
}

impl Room {
    pub(crate) fn new(name: &str, sid: String, codecs: Vec<Codec>, now: Now) -> Self {
        let info = RoomInfo {
            sid,
            name: name.to_owned(),
            creation_time: seconds(now.since_epoch),
            creation_time_ms: milliseconds(now.since_epoch),
            enabled_codecs: codecs,
            ..RoomInfo::default()
        };
        Self {
            info,
            participants: BTreeMap::new(),
        }
    }

    /// The room as it is now.
    pub(crate) fn info(&self) -> RoomInfo {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let publishers = self
            .participants
            .values()
            .filter(|one| one.info.is_publisher);
        RoomInfo {
            num_participants: count(self.participants.len()),
            num_publishers: count(publishers.count()),
            ..self.info.clone()
        }
    }

    pub(crate) fn by_identity(&self, identity: &str) -> Option<PeerId> {
        self.participants
            .iter()
            .find(|(_, participant)| participant.info.identity == identity)
            .map(|(peer, _)| *peer)
    }

    /// Everybody but one.
    pub(crate) fn others(&self, peer: PeerId) -> impl Iterator<Item = (PeerId, &Participant)> {
        self.participants
            .iter()
            .filter(move |(other, _)| **other != peer)
            .map(|(other, participant)| (*other, participant))
    }
}

impl Participant {
    pub(crate) fn new(
        sid: String,
        receiving: PeerId,
        connection: ConnectionId,
        admission: &Admission,
        now: Now,
    ) -> Self {
        let claims = &admission.claims;
        let info = ParticipantInfo {
            sid,
            identity: claims.sub.clone(),
            name: claims.name.clone(),
            state: State::Joined.into(),
            metadata: claims.metadata.clone(),
            attributes: claims.attributes.clone(),
            joined_at: seconds(now.since_epoch),
            joined_at_ms: milliseconds(now.since_epoch),
            version: 1,
            permission: Some(messages::permission(claims)),
            client_protocol: admission.client.client_protocol,
            capabilities: admission.client.capabilities.clone(),
            ..ParticipantInfo::default()
        };
        Self {
            info,
            claims: claims.clone(),
            path_mode: admission.path_mode,
            receiving,
            access: Access::default(),
            choices: HashMap::new(),
            link: LinkQuality::default(),
            ways: Ways::new(admission.client.protocol),
            is_speaking: false,
            recent: Recent::default(),
            auto_subscribe: admission.auto_subscribe,
            connection: Some(connection),
            lost_at: None,
            last_there: now.instant,
            joined_at: now.instant,
            resume_fault: None,
            pretends_until: None,
            token_refresh_at: now.instant,
            pending: HashMap::new(),
            last_sequence: 0,
        }
    }

    /// Changes what others see.
    pub(crate) fn update(&mut self, change: impl FnOnce(&mut ParticipantInfo)) -> ParticipantInfo {
        change(&mut self.info);
        self.info.version += 1;
        self.info.clone()
    }

    pub(crate) fn is_active(&self) -> bool {
        self.info.state == i32::from(State::Active)
    }

    /// Whether it wants a track of somebody else's.
    pub(crate) fn wants(&self, track: &TrackId) -> bool {
        let chosen = self.choices.get(track).copied();
        chosen.unwrap_or(self.auto_subscribe) && self.claims.video.can_subscribe()
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.claims.video.hidden
    }

    /// A track that was announced before with the same id of the client's.
    pub(crate) fn announced(&self, request: &AddTrackRequest) -> Option<&TrackInfo> {
        let is_same =
            |track: &&TrackInfo| track.codecs.iter().any(|codec| codec.cid == request.cid);
        self.pending
            .values()
            .find(is_same)
            .or_else(|| self.info.tracks.iter().find(is_same))
    }

    pub(crate) fn track_mut(&mut self, sid: &str) -> Option<&mut TrackInfo> {
        let live = self.info.tracks.iter_mut();
        live.chain(self.pending.values_mut())
            .find(|track| track.sid == sid)
    }
}

fn seconds(since_epoch: Duration) -> i64 {
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}

pub(crate) fn milliseconds(since_epoch: Duration) -> i64 {
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
