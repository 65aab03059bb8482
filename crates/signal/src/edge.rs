//! Keeps the rooms: connections in, messages out, the media engine inside.
//!
//! 1. A client is admitted and [`Edge`] opens its connection: `join`, then whatever it bundled.
//! 2. Its frames become changes of the roster and requests to the engine (`requests`).
//! 3. The engine's events become messages to it and to the others (`engine`, `measures`); who
//!    receives what is decided in `subscriptions`.
//! 4. It leaves, is removed, or is silent for too long (`lifecycle`); the product gives `orders`;
//!    a way of its media that dies is mended (`ways`).
//!
//! Invariant: every participant is a peer of the engine, under the same [`PeerId`], from the
//! moment it is in the roster until it is not. One with two connections has a second peer, which
//! receives; it is known by its owner and is never in the roster itself.

mod engine;
mod lifecycle;
mod measures;
mod orders;
mod requests;
mod simulation;
mod subscriptions;
mod ways;

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use livekit_protocol::{ParticipantInfo, ParticipantUpdate, signal_response::Message};
use sfu::{Datagram, PeerId, Shard};

pub(crate) use self::simulation::ResumeFault;
use crate::{
    io::{Config, ConnectionId, Event, Input, Now, Output},
    roster::{Participant, Room},
    wire::Frame,
};

pub(crate) use self::ways::Ways;

/// How often silence is looked for.
const TICK: Duration = Duration::from_secs(1);

/// All rooms of one shard, owned by one thread.
#[derive(Debug)]
pub struct Edge {
    config: Config,
    shard: Shard,
    /// Whether VP9 and AV1 may be published.
    forwards_svc: bool,
    rooms: HashMap<String, Room>,
    /// Which room a peer is in.
    locations: HashMap<PeerId, String>,
    /// Whose a receiving peer is, where it is not the participant's only one.
    owners: HashMap<PeerId, PeerId>,
    connections: HashMap<ConnectionId, Connection>,
    outputs: VecDeque<Output>,
    /// Whose input is being handled, to know whom a panic concerns.
    active: Option<PeerId>,
    next_peer: u64,
    next_tick: Option<Instant>,
    next_watch: Option<Instant>,
    engine_deadline: Option<Instant>,
}

#[derive(Debug)]
struct Connection {
    peer: PeerId,
    /// Answers come in the kind that the client last wrote in.
    is_text: bool,
    last_frame: Instant,
}

impl Edge {
    /// An edge without rooms.
    pub fn new(config: Config, engine: sfu::Config) -> Self {
        Self {
            config,
            forwards_svc: engine.forwards_svc,
            shard: Shard::new(engine),
            rooms: HashMap::new(),
            locations: HashMap::new(),
            owners: HashMap::new(),
            connections: HashMap::new(),
            outputs: VecDeque::new(),
            active: None,
            next_peer: 0,
            next_tick: None,
            next_watch: None,
            engine_deadline: None,
        }
    }

    /// Takes in what happened. Never blocks; bad input ends that connection, with a reason.
    pub fn handle(&mut self, input: Input<'_>, now: Now) {
        match input {
            Input::Datagram(datagram) => {
                self.shard
                    .handle(sfu::Input::Datagram(datagram), now.instant);
            }
            Input::Opened {
                connection,
                admission,
            } => self.opened(connection, &admission, now),
            Input::Frame { connection, frame } => self.frame(connection, &frame, now),
            Input::Lost { connection } => self.connection_lost(connection, now),
            Input::Order(order) => self.order(order, now),
            Input::Timeout => self.shard.handle(sfu::Input::Timeout, now.instant),
        }
        if self.next_tick.is_some_and(|at| at <= now.instant) {
            self.tick(now);
        }
        if self.next_watch.is_some_and(|at| at <= now.instant) {
            self.watch_ways(now);
        }
        self.next_tick = self.next(self.next_tick, TICK, now);
        self.next_watch = self.next(self.next_watch, ways::WATCH, now);
        self.pump(now);
        self.active = None;
    }

    /// When to look again at those who are here.
    fn next(&self, next: Option<Instant>, every: Duration, now: Now) -> Option<Instant> {
        if self.locations.is_empty() {
            return None;
        }
        let next = next.filter(|at| *at > now.instant);
        Some(next.unwrap_or(now.instant + every))
    }

    /// Takes in one of several media packets that came together; call [`Self::handle`] after the
    /// last, which sends what follows from all of them.
    pub fn receive(&mut self, datagram: Datagram<'_>, now: Now) {
        self.shard.receive(datagram, now.instant);
    }

    /// After a panic in [`Self::handle`]: gives up the room that it happened in, whose clients
    /// join anew. `false` when the room is not known; then nothing here can be trusted.
    pub fn recover(&mut self, now: Now) -> bool {
        let of_engine = self.shard.abandon_active_room();
        let active = self.active.take().or_else(|| of_engine.first().copied());
        let owner = active.map(|peer| self.owner(peer));
        let Some(room) = owner.and_then(|peer| self.locations.get(&peer).cloned()) else {
            return false;
        };
        self.give_up(&room, now);
        true
    }

    /// The next thing to do; drain to [`Output::Timeout`] before the next [`Self::handle`].
    pub fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| {
            let deadlines = [self.engine_deadline, self.next_tick, self.next_watch];
            Output::Timeout {
                at: deadlines.into_iter().flatten().min(),
            }
        })
    }

    /// Whether somebody here has this ICE name.
    pub fn knows(&self, ufrag: &str) -> bool {
        self.shard.knows(ufrag)
    }

    /// How many participants there are.
    pub fn participant_count(&self) -> usize {
        self.locations.len()
    }

    /// How many rooms have somebody in them.
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// Carries the engine's outputs over, and what follows from them.
    fn pump(&mut self, now: Now) {
        loop {
            match self.shard.poll() {
                sfu::Output::Transmit(transmit) => {
                    self.outputs.push_back(Output::Transmit(transmit));
                }
                sfu::Output::Event(event) => self.engine_event(event, now),
                sfu::Output::Timeout { at } => {
                    self.engine_deadline = at;
                    return;
                }
            }
        }
    }

    fn request(&mut self, request: sfu::Request, now: Now) {
        self.shard.handle(sfu::Input::Request(request), now.instant);
    }

    /// The participant that a peer of the engine belongs to.
    fn owner(&self, peer: PeerId) -> PeerId {
        self.owners.get(&peer).copied().unwrap_or(peer)
    }

    fn new_peer(&mut self) -> PeerId {
        self.next_peer += 1;
        PeerId(self.next_peer)
    }

    fn room_of(&self, peer: PeerId) -> Option<&Room> {
        self.rooms.get(self.locations.get(&peer)?)
    }

    fn participant(&self, peer: PeerId) -> Option<&Participant> {
        self.room_of(peer)?.participants.get(&peer)
    }

    fn participant_mut(&mut self, peer: PeerId) -> Option<&mut Participant> {
        self.rooms
            .get_mut(self.locations.get(&peer)?)?
            .participants
            .get_mut(&peer)
    }

    /// Sends to a participant, if it is connected.
    fn tell(&mut self, peer: PeerId, message: Message) {
        if let Some(connection) = self.participant(peer).and_then(|one| one.connection) {
            self.tell_connection(connection, message);
        }
    }

    fn tell_connection(&mut self, connection: ConnectionId, message: Message) {
        let is_text = self
            .connections
            .get(&connection)
            .is_some_and(|open| open.is_text);
        let frame = Frame::write(message, is_text);
        self.outputs.push_back(Output::Frame { connection, frame });
    }

    /// Tells everybody in a participant's room, itself included.
    fn tell_room(&mut self, peer: PeerId, message: &Message) {
        let Some(room) = self.room_of(peer) else {
            return;
        };
        let everybody: Vec<PeerId> = room.participants.keys().copied().collect();
        for one in everybody {
            self.tell(one, message.clone());
        }
    }

    /// Tells everybody else how a participant is now. Hidden ones are nobody's business.
    fn announce(&mut self, peer: PeerId, info: &ParticipantInfo) {
        let Some(room) = self.room_of(peer) else {
            return;
        };
        if room
            .participants
            .get(&peer)
            .is_some_and(Participant::is_hidden)
        {
            return;
        }
        let others: Vec<PeerId> = room.others(peer).map(|(other, _)| other).collect();
        for other in others {
            let participants = vec![info.clone()];
            self.tell(other, Message::Update(ParticipantUpdate { participants }));
        }
    }

    fn tell_product(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// A fresh id: LiveKit's prefixes and 72 random bits, without characters that look alike.
    fn sid(&mut self, prefix: &str) -> String {
        const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZa";
        let mut bytes = [0; 15];
        (self.config.random)(&mut bytes);
        let random = bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        prefix.chars().chain(random).collect()
    }
}
