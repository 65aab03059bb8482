//! Coming and going: join, resume, leave, silence.

use std::{sync::Arc, time::Duration};

use livekit_protocol::{
    DisconnectReason, IceServer, JoinResponse, ParticipantUpdate, ReconnectResponse, RoomUpdate,
    leave_request::Action, participant_info::State, signal_response::Message,
};
use sfu::{Offerer, PeerId, Request, Transports};
use tracing::debug;

use super::{Connection, Edge, ResumeFault};
use crate::{
    admission::{Admission, Mode, Resume},
    io::{ConnectionId, Event, LeaveReason, Now, Output},
    messages,
    roster::{Participant, Room},
    token::Pass,
};

/// How long a token opens the door; connected clients get a fresh one well before its end.
const TOKEN_LIFETIME: Duration = Duration::from_secs(600);
const TOKEN_REFRESH: Duration = Duration::from_secs(240);
/// Clients say every 5 s that they are there and give up after 15 s themselves.
const SIGNAL_SILENCE_MAX: Duration = Duration::from_secs(20);
/// A client whose signalling broke may come back for so long while its media flows,
const GRACE: Duration = Duration::from_secs(30);
/// and for so long without: browsers check the path every few seconds (RFC 7675 §5.1).
const GRACE_WITHOUT_MEDIA: Duration = Duration::from_secs(8);
/// A participant whose media has not come up by then never will.
const MEDIA_START_MAX: Duration = Duration::from_secs(60);

impl Edge {
    pub(super) fn opened(&mut self, connection: ConnectionId, admission: &Admission, now: Now) {
        match &admission.resume {
            Some(resume) => self.resume(connection, admission, resume, now),
            None => self.join(connection, admission, now),
        }
    }

    fn join(&mut self, connection: ConnectionId, admission: &Admission, now: Now) {
        let name = admission.room().to_owned();
        if let Some(earlier) = self
            .rooms
            .get(&name)
            .and_then(|room| room.by_identity(&admission.claims.sub))
        {
            self.leave(
                earlier,
                LeaveReason::Replaced,
                Some((DisconnectReason::DuplicateIdentity, Action::Disconnect)),
                now,
            );
        }
        let room_sid = self.sid("RM_");
        let sid = self.sid("PA_");
        let peer = self.new_peer();
        let receiving = match admission.mode {
            Mode::Single => peer,
            Mode::Dual => self.new_peer(),
        };
        self.active = Some(peer);
        let participant = Participant::new(sid.clone(), receiving, connection, admission, now);
        let info = participant.info.clone();
        let codecs = messages::codecs(self.forwards_svc);
        let room = self
            .rooms
            .entry(name.clone())
            .or_insert_with(|| Room::new(&name, room_sid, codecs, now));
        room.participants.insert(peer, participant);
        self.locations.insert(peer, name.clone());
        self.connections.insert(
            connection,
            Connection {
                peer,
                is_text: false,
                last_frame: now.instant,
            },
        );
        let (room, label) = (Arc::from(name), Arc::from(sid));
        let transports = admission.path_mode.transports();
        self.add_peers((peer, receiving), &room, &label, transports, now);

        let Some(join) = self.join_response(peer, now) else {
            return;
        };
        self.tell_connection(connection, Message::Join(join));
        self.refresh_token(peer, now);
        self.announce(peer, &info);
        for request in admission.add_tracks.clone() {
            self.add_track(peer, request, now);
        }
        self.tell_qualities(peer);
        self.subscribe_to_wanted(peer, now);
        if let Some(offer) = admission.offer.clone() {
            self.offer(peer, offer, now);
        }
    }

    fn add_peers(
        &mut self,
        (peer, receiving): (PeerId, PeerId),
        room: &Arc<str>,
        label: &Arc<str>,
        transports: Transports,
        now: Now,
    ) {
        let add = |peer, offerer| Request::AddPeer {
            peer,
            room: Arc::clone(room),
            label: Arc::clone(label),
            offerer,
            transports,
        };
        self.request(add(peer, Offerer::Client), now);
        if receiving != peer {
            self.owners.insert(receiving, peer);
            self.request(add(receiving, Offerer::Server), now);
        }
    }

    fn join_response(&self, peer: PeerId, now: Now) -> Option<JoinResponse> {
        let room = self.room_of(peer)?;
        let participant = room.participants.get(&peer)?;
        let others = room.others(peer).filter(|(_, other)| !other.is_hidden());
        Some(JoinResponse {
            room: Some(room.info()),
            participant: Some(participant.info.clone()),
            other_participants: others.map(|(_, other)| other.info.clone()).collect(),
            server_version: messages::SERVER_VERSION.into(),
            server_info: Some(messages::server_info(&self.config.node)),
            subscriber_primary: participant.receiving != peer,
            ping_interval: messages::PING_INTERVAL_S,
            ping_timeout: messages::PING_TIMEOUT_S,
            enabled_publish_codecs: messages::codecs(self.forwards_svc),
            fast_publish: participant.claims.video.can_publish(),
            ice_servers: self.relays(participant, now),
            client_configuration: messages::client_configuration(participant.path_mode),
            ..JoinResponse::default()
        })
    }

    /// The way through the relay, for those who may take it.
    fn relays(&self, participant: &Participant, now: Now) -> Vec<IceServer> {
        let relay = self.config.relay.as_ref();
        let relay = relay.filter(|_| participant.path_mode.transports().relay);
        let pass = relay.map(|relay| relay(&participant.info.sid, now.since_epoch));
        pass.into_iter().collect()
    }

    /// Gives a returning client its participant back, or sends it to join anew.
    fn resume(
        &mut self,
        connection: ConnectionId,
        admission: &Admission,
        resume: &Resume,
        now: Now,
    ) {
        let room = self.rooms.get(admission.room());
        let peer = room
            .and_then(|room| room.by_identity(&admission.claims.sub))
            .filter(|peer| {
                self.participant(*peer)
                    .is_some_and(|participant| participant.info.sid == resume.sid)
            });
        let Some(peer) = peer else {
            let leave = messages::leave(DisconnectReason::StateMismatch, Action::Reconnect);
            self.tell_connection(connection, leave);
            self.outputs.push_back(Output::Close { connection });
            return;
        };
        let fault = self.take_resume_fault(peer, now);
        if fault == Some(ResumeFault::AtOnce) {
            self.outputs.push_back(Output::Close { connection });
            return;
        }
        let open = Connection {
            peer,
            is_text: false,
            last_frame: now.instant,
        };
        // A client knows of its loss before we do.
        if let Some(old) = self.participant(peer).and_then(|one| one.connection) {
            self.connection_lost(old, now);
            self.outputs.push_back(Output::Close { connection: old });
        }
        self.connections.insert(connection, open);
        let Some(participant) = self.participant(peer) else {
            return;
        };
        let ice_servers = self.relays(participant, now);
        let client_configuration = messages::client_configuration(participant.path_mode);
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        participant.connection = Some(connection);
        participant.lost_at = None;
        participant.token_refresh_at = now.instant;
        let last_message_seq = participant.last_sequence;

        self.tell(
            peer,
            Message::Reconnect(ReconnectResponse {
                server_info: Some(messages::server_info(&self.config.node)),
                last_message_seq,
                ice_servers,
                client_configuration,
            }),
        );
        let Some(room) = self.room_of(peer) else {
            return;
        };
        let visible = |other: &PeerId, one: &Participant| *other == peer || !one.is_hidden();
        let participants = room
            .participants
            .iter()
            .filter(|(other, participant)| visible(other, participant))
            .map(|(_, participant)| participant.info.clone())
            .collect();
        let info = room.info();
        self.tell(peer, Message::Update(ParticipantUpdate { participants }));
        self.tell(peer, Message::RoomUpdate(RoomUpdate { room: Some(info) }));
        self.refresh_token(peer, now);
        if let Some(receiving) = self.participant(peer).map(|one| one.receiving) {
            self.request(Request::RestartIce { peer: receiving }, now);
        }
        if let Some(offer) = admission.offer.clone() {
            self.offer(peer, offer, now);
        }
        if fault == Some(ResumeFault::Afterwards) {
            self.outputs.push_back(Output::Close { connection });
            self.connection_lost(connection, now);
        }
    }

    pub(super) fn connection_lost(&mut self, connection: ConnectionId, now: Now) {
        let Some(lost) = self.connections.remove(&connection) else {
            return;
        };
        let Connection {
            peer, last_frame, ..
        } = lost;
        if let Some(participant) = self.participant_mut(peer)
            && participant.connection == Some(connection)
        {
            participant.connection = None;
            participant.lost_at = Some(now.instant);
            participant.last_there = last_frame;
        }
    }

    /// Ends a room that failed.
    pub(super) fn give_up(&mut self, room: &str, now: Now) {
        let told = (DisconnectReason::MediaFailure, Action::Reconnect);
        for peer in self.peers_of(room) {
            self.leave(peer, LeaveReason::ConnectionLost, Some(told), now);
        }
        self.pump(now);
    }

    /// Ends a stay: the client is told, the engine forgets the peer, the others see it go.
    pub(super) fn leave(
        &mut self,
        peer: PeerId,
        reason: LeaveReason,
        told: Option<(DisconnectReason, Action)>,
        now: Now,
    ) {
        if let Some((why, action)) = told {
            self.tell(peer, messages::leave(why, action));
        }
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        let was_active = participant.is_active();
        let receiving = participant.receiving;
        let connection = participant.connection.take();
        let sid = participant.info.sid.clone();
        let identity = participant.info.identity.clone();
        let info = participant.update(|info| {
            info.state = State::Disconnected.into();
            info.tracks.clear();
        });
        if let Some(connection) = connection {
            self.connections.remove(&connection);
            self.outputs.push_back(Output::Close { connection });
        }
        // The engine first: the others must not be asked to receive what has no sender.
        self.request(Request::RemovePeer { peer }, now);
        if self.owners.remove(&receiving).is_some() {
            self.request(Request::RemovePeer { peer: receiving }, now);
        }
        self.announce(peer, &info);
        let Some(name) = self.locations.remove(&peer) else {
            return;
        };
        if let Some(room) = self.rooms.get_mut(&name) {
            room.participants.remove(&peer);
            if room.participants.is_empty() {
                self.rooms.remove(&name);
            }
        }
        debug!(%sid, ?reason, "participant left");
        if was_active {
            self.tell_product(Event::Left {
                room: name,
                identity,
                sid,
                reason,
            });
        }
    }

    /// Looks for participants that have been silent for too long and for tokens to refresh.
    pub(super) fn tick(&mut self, now: Now) {
        let silent: Vec<ConnectionId> = self
            .connections
            .iter()
            .filter(|(_, open)| now.instant - open.last_frame > SIGNAL_SILENCE_MAX)
            .map(|(connection, _)| *connection)
            .collect();
        for connection in silent {
            self.outputs.push_back(Output::Close { connection });
            self.connection_lost(connection, now);
        }
        let peers: Vec<PeerId> = self.locations.keys().copied().collect();
        for peer in peers {
            self.end_pretended_speech(peer, now);
            if let Some(told) = self.overdue(peer, now) {
                self.leave(peer, LeaveReason::ConnectionLost, Some(told), now);
            } else if self
                .participant(peer)
                .is_some_and(|one| one.token_refresh_at <= now.instant)
            {
                self.refresh_token(peer, now);
            }
        }
    }

    fn overdue(&self, peer: PeerId, now: Now) -> Option<(DisconnectReason, Action)> {
        let participant = self.participant(peer)?;
        let peers = [peer, participant.receiving].into_iter();
        let last_heard = peers.filter_map(|peer| self.shard.last_heard(peer)).max();
        let media_silence = last_heard.map_or(Duration::MAX, |last| {
            now.instant.saturating_duration_since(last)
        });
        if let Some(lost_at) = participant.lost_at {
            let lost = now.instant.saturating_duration_since(lost_at);
            let is_dead =
                lost > GRACE || lost > GRACE_WITHOUT_MEDIA && media_silence > GRACE_WITHOUT_MEDIA;
            return is_dead.then_some((DisconnectReason::ConnectionTimeout, Action::Reconnect));
        }
        let has_waited = now.instant.saturating_duration_since(participant.joined_at);
        let is_stuck = !participant.is_active() && has_waited > MEDIA_START_MAX;
        is_stuck.then_some((DisconnectReason::JoinFailure, Action::Disconnect))
    }

    pub(super) fn refresh_token(&mut self, peer: PeerId, now: Now) {
        let Some(participant) = self.participant_mut(peer) else {
            return;
        };
        participant.token_refresh_at = now.instant + TOKEN_REFRESH;
        let pass = Pass {
            claims: participant.claims.clone(),
            path_mode: participant.path_mode,
        };
        let token = self.config.keys.sign(pass, now.since_epoch, TOKEN_LIFETIME);
        self.tell(peer, Message::RefreshToken(token));
    }

    pub(super) fn peers_of(&self, room: &str) -> Vec<PeerId> {
        let room = self.rooms.get(room);
        room.map(|room| room.participants.keys().copied().collect())
            .unwrap_or_default()
    }
}
