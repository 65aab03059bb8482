//! An edge, some clients and a clock that only moves when told to.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use livekit_protocol::{SignalRequest, signal_request::Message as Asked};
use livekit_token::{Claims, VideoGrants};
use participant::{Channel, Message, Request, Wire};
use prost::Message as _;
use sfu::Kind;
use signal::{
    ConnectionId, Datagram, Edge, Event, Frame, Grant, Input, LeaveReason, Now, Order, Output,
    PathMode, Route, Transport,
};

use crate::{
    client::{Client, FRAME_INTERVAL},
    downlink::Downlink,
    server::{self, Options, Switch},
};

const TOKEN_LIFETIME: Duration = Duration::from_secs(600);

/// Which client; valid in its own world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who(usize);

pub(crate) struct World {
    edge: Edge,
    panics: Switch,
    are_newcomers_plugged: bool,
    are_newcomers_dual: bool,
    start: Instant,
    now: Instant,
    deadline: Option<Instant>,
    clients: Vec<Client>,
    /// By client; the others have a network of no delay.
    downlinks: BTreeMap<usize, Downlink>,
    events: Vec<Event>,
    next_connection: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let start = Instant::now();
        let panics = Switch::default();
        Self {
            edge: server::edge(panics.clone(), options),
            panics,
            are_newcomers_plugged: true,
            are_newcomers_dual: false,
            start,
            now: start,
            deadline: None,
            clients: Vec::new(),
            downlinks: BTreeMap::new(),
            events: Vec::new(),
            next_connection: 0,
        }
    }

    pub(crate) fn join(&mut self, room: &str, identity: &str) -> Who {
        self.join_as(room, identity, |_| {})
    }

    pub(crate) fn join_as(
        &mut self,
        room: &str,
        identity: &str,
        change: impl FnOnce(&mut Grant),
    ) -> Who {
        let mut grant = Grant {
            room: room.into(),
            identity: identity.into(),
            name: identity.into(),
            can_publish: true,
            can_publish_data: true,
            path_mode: PathMode::Automatic,
        };
        change(&mut grant);
        let token = server::keys().mint(&grant, self.now().since_epoch, TOKEN_LIFETIME);
        self.enter(grant, token)
    }

    /// Joins with a token that somebody else has signed, for whatever it says.
    pub(crate) fn join_claiming(
        &mut self,
        room: &str,
        identity: &str,
        change: impl FnOnce(&mut VideoGrants),
    ) -> Who {
        let mut video = VideoGrants {
            room_join: true,
            room: room.into(),
            ..VideoGrants::default()
        };
        change(&mut video);
        let claims = Claims {
            sub: identity.into(),
            video,
            ..Claims::default()
        };
        let token = server::sign(claims, self.now().since_epoch + TOKEN_LIFETIME);
        self.join_holding(room, identity, token)
    }

    /// Joins with a token that the server has handed out.
    pub(crate) fn join_holding(&mut self, room: &str, identity: &str, token: String) -> Who {
        let grant = Grant {
            room: room.into(),
            identity: identity.into(),
            name: String::new(),
            can_publish: true,
            can_publish_data: true,
            path_mode: PathMode::Automatic,
        };
        self.enter(grant, token)
    }

    fn enter(&mut self, grant: Grant, token: String) -> Who {
        let room = grant.room.clone();
        let who = Who(self.clients.len());
        let wire = self.wire(who);
        let mut client = Client::new(&room, grant, wire, self.now);
        client.is_plugged = self.are_newcomers_plugged;
        self.clients.push(client);
        self.request(who, Request::Join { token });
        who
    }

    /// The addresses of the next client.
    fn wire(&self, who: Who) -> Wire {
        let at = |port| {
            let address = format!("198.51.100.{}:{port}", who.0 + 1);
            address.parse().expect("an address")
        };
        if self.are_newcomers_dual {
            Wire::Dual {
                publisher: at(5_000),
                subscriber: at(5_001),
            }
        } else {
            Wire::Single { address: at(5_000) }
        }
    }

    /// Joins by the older route, with two connections.
    pub(crate) fn join_dual(&mut self, room: &str, identity: &str) -> Who {
        self.are_newcomers_dual = true;
        let who = self.join(room, identity);
        self.are_newcomers_dual = false;
        who
    }

    pub(crate) fn resume(&mut self, who: Who) {
        let now = self.now;
        let client = &mut self.clients[who.0];
        client.forget_messages();
        client.is_closed = false;
        let lost = participant::Input::Lost { status: None };
        client.participant.handle(lost, now);
        self.request(who, Request::Resume);
    }

    /// Somebody joins, and the engine panics over it.
    pub(crate) fn join_with_a_panic(&mut self, room: &str, identity: &str) {
        self.panics.set(true);
        let joined = catch_unwind(AssertUnwindSafe(|| self.join(room, identity)));
        assert!(joined.is_err(), "nothing panicked");
        self.panics.set(false);
        let now = self.now();
        assert!(self.edge.recover(now), "the room is known");
        self.settle();
    }

    pub(crate) fn lose_connection(&mut self, who: Who) {
        let connection = self.clients[who.0].connection;
        let now = self.now();
        self.edge.handle(Input::Lost { connection }, now);
        let lost = participant::Input::Lost { status: None };
        self.clients[who.0].participant.handle(lost, now.instant);
        self.settle();
    }

    /// Joins with a network that carries no packets yet.
    pub(crate) fn join_unplugged(&mut self, room: &str, identity: &str) -> Who {
        self.are_newcomers_plugged = false;
        let who = self.join(room, identity);
        self.are_newcomers_plugged = true;
        who
    }

    /// By the older route, with a network that carries no packets yet.
    pub(crate) fn join_dual_unplugged(&mut self, room: &str, identity: &str) -> Who {
        self.are_newcomers_dual = true;
        let who = self.join_unplugged(room, identity);
        self.are_newcomers_dual = false;
        who
    }

    pub(crate) fn plug(&mut self, who: Who) {
        self.clients[who.0].is_plugged = true;
    }

    /// Its packets are lost from here on, both ways.
    pub(crate) fn unplug(&mut self, who: Who) {
        self.clients[who.0].is_plugged = false;
    }

    /// A NAT on its way forgets its mapping and makes another.
    pub(crate) fn rebind(&mut self, who: Who) {
        self.clients[who.0].rebind();
    }

    /// Says something to the server that the client itself would not.
    pub(crate) fn ask(&mut self, who: Who, message: Asked) {
        let request = SignalRequest {
            message: Some(message),
        };
        self.frame(who, Frame::Binary(request.encode_to_vec()));
    }

    /// The client's decoder has lost its way.
    pub(crate) fn request_keyframe(&mut self, who: Who) {
        let newest = self.clients[who.0].packets().last().expect("a picture");
        let sid = newest.sid.clone();
        self.request(who, Request::RequestKeyframe { sid });
    }

    /// A new server that knows nobody.
    pub(crate) fn restart(&mut self) {
        self.edge = server::edge(self.panics.clone(), Options::default());
    }

    pub(crate) fn order(&mut self, order: Order) {
        let now = self.now();
        self.edge.handle(Input::Order(order), now);
        self.settle();
    }

    pub(crate) fn frame(&mut self, who: Who, frame: Frame) {
        let connection = self.clients[who.0].connection;
        let now = self.now();
        self.edge.handle(Input::Frame { connection, frame }, now);
        self.settle();
    }

    pub(crate) fn publish(&mut self, who: Who, kind: Kind) {
        let request = self.clients[who.0].publish(kind);
        self.request(who, request);
    }

    pub(crate) fn publish_layers(&mut self, who: Who) {
        let request = self.clients[who.0].publish_layers(Kind::Video, 3);
        self.request(who, request);
    }

    /// What comes down to a client goes through a narrow link from here on.
    pub(crate) fn narrow(&mut self, who: Who, rate_bps: u64) {
        self.downlinks.entry(who.0).or_default().rate_bps = rate_bps;
    }

    pub(crate) fn unpublish(&mut self, who: Who) {
        for request in self.clients[who.0].unpublish() {
            self.request(who, request);
        }
    }

    pub(crate) fn send_data(&mut self, who: Who, channel: Channel, payload: &[u8], to: &[&str]) {
        let message = Message {
            channel,
            topic: None,
            recipients: to.iter().map(|name| (*name).to_owned()).collect(),
            payload: payload.to_vec(),
        };
        self.request(who, Request::Send(message));
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.settle();
        loop {
            let clients = self.clients.iter();
            let clients = clients.flat_map(|client| [client.deadline, Some(client.next_frame)]);
            let arrivals = self.downlinks.values().map(Downlink::next);
            let next = clients.chain(arrivals).chain([self.deadline]);
            let next = next.flatten().min();
            let next = next.unwrap_or(end);
            if next >= end {
                break;
            }
            // At least a little, so that a deadline in the past does not stop the clock.
            self.now = next.max(self.now + Duration::from_micros(100));
            self.wake_clients();
            self.deliver_late();
            if self.deadline.is_some_and(|at| at <= self.now) {
                let now = self.now();
                self.edge.handle(Input::Timeout, now);
            }
            self.settle();
        }
        self.now = end;
    }

    /// How many packets of pictures come to somebody in a second.
    pub(crate) fn shown_in_a_second(&mut self, who: Who) -> usize {
        let before = self.clients[who.0].packets().len();
        self.run(Duration::from_secs(1));
        self.clients[who.0].packets().len() - before
    }

    fn wake_clients(&mut self) {
        let now = self.now;
        for client in &mut self.clients {
            if client.next_frame <= now {
                client.next_frame = now + FRAME_INTERVAL;
                for request in client.play() {
                    let input = participant::Input::Request(request);
                    client.participant.handle(input, now);
                }
            }
            if client.deadline.is_some_and(|at| at <= now) {
                client.participant.handle(participant::Input::Timeout, now);
            }
        }
    }

    fn deliver_late(&mut self) {
        let now = self.now;
        for (index, downlink) in &mut self.downlinks {
            while let Some((transmit, destination)) = downlink.take(now) {
                let datagram = participant::Datagram {
                    source: transmit.source,
                    destination,
                    payload: &transmit.payload,
                };
                let input = participant::Input::Datagram(datagram);
                self.clients[*index].participant.handle(input, now);
            }
        }
    }

    fn request(&mut self, who: Who, request: Request) {
        let input = participant::Input::Request(request);
        self.clients[who.0].participant.handle(input, self.now);
        self.settle();
    }

    /// Carries everything to where it belongs until nothing moves.
    fn settle(&mut self) {
        loop {
            let mut is_quiet = self.drain_edge();
            for index in 0..self.clients.len() {
                is_quiet &= self.drain_client(index);
            }
            if is_quiet {
                return;
            }
        }
    }

    /// `true` when there was nothing.
    fn drain_edge(&mut self) -> bool {
        let now = self.now;
        let mut is_quiet = true;
        loop {
            match self.edge.poll() {
                Output::Transmit(transmit) => {
                    is_quiet = false;
                    let mut clients = self.clients.iter_mut().enumerate();
                    let found = clients.find_map(|(index, one)| {
                        let inside = one.inside(transmit.destination)?;
                        one.is_plugged.then_some((index, one, inside))
                    });
                    if let Some((index, client, destination)) = found {
                        if let Some(downlink) = self.downlinks.get_mut(&index) {
                            downlink.send(transmit, destination, now);
                            continue;
                        }
                        let datagram = participant::Datagram {
                            source: transmit.source,
                            destination,
                            payload: &transmit.payload,
                        };
                        let input = participant::Input::Datagram(datagram);
                        client.participant.handle(input, now);
                    }
                }
                Output::Frame { connection, frame } => {
                    is_quiet = false;
                    if let Some(client) = self.at(connection) {
                        client.told(&frame);
                        if let Frame::Binary(bytes) = frame {
                            let input = participant::Input::Frame(&bytes);
                            client.participant.handle(input, now);
                        }
                    }
                }
                Output::Close { connection } => {
                    if let Some(client) = self.at(connection) {
                        client.is_closed = true;
                        let lost = participant::Input::Lost { status: None };
                        client.participant.handle(lost, now);
                    }
                }
                Output::Event(event) => self.events.push(event),
                Output::Timeout { at } => {
                    self.deadline = at;
                    return is_quiet;
                }
            }
        }
    }

    /// `true` when there was nothing.
    fn drain_client(&mut self, index: usize) -> bool {
        let now = self.now();
        let mut is_quiet = true;
        loop {
            let client = &mut self.clients[index];
            match client.participant.poll() {
                participant::Output::Dial(dial) => {
                    is_quiet = false;
                    self.open(index, &dial);
                }
                participant::Output::Frame(bytes) => {
                    is_quiet = false;
                    client.asks(&bytes);
                    let connection = client.connection;
                    let frame = Frame::Binary(bytes);
                    self.edge.handle(Input::Frame { connection, frame }, now);
                }
                participant::Output::Hangup => {}
                participant::Output::Transmit(transmit) if client.is_plugged => {
                    is_quiet = false;
                    let datagram = Datagram {
                        transport: Transport::Udp,
                        source: client.seen(transmit.source),
                        destination: transmit.destination,
                        payload: &transmit.payload,
                    };
                    self.edge.handle(Input::Datagram(datagram), now);
                }
                participant::Output::Transmit(_) => {}
                participant::Output::Event(event) => client.on_event(event, now.instant),
                participant::Output::Timeout { at } => {
                    client.deadline = at;
                    return is_quiet;
                }
            }
        }
    }

    fn open(&mut self, index: usize, dial: &participant::Dial) {
        let now = self.now();
        self.next_connection += 1;
        let connection = ConnectionId(self.next_connection);
        let client = &mut self.clients[index];
        client.connection = connection;
        let (path, query) = dial.target.split_once('?').expect("a query");
        let route = if path.ends_with("/v1") {
            Route::V1
        } else {
            Route::V0
        };
        let admission = server::keys()
            .admit(route, query, Some(&dial.bearer), now.since_epoch)
            .expect("the token is good");
        if client.messages().is_empty() && client.offers() == 0 {
            client.joins();
        }
        let admission = Box::new(admission);
        let opened = Input::Opened {
            connection,
            admission,
        };
        self.edge.handle(opened, now);
    }

    pub(crate) fn client(&self, who: Who) -> &Client {
        &self.clients[who.0]
    }

    pub(crate) fn client_mut(&mut self, who: Who) -> &mut Client {
        &mut self.clients[who.0]
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(crate) fn participant_count(&self) -> usize {
        self.edge.participant_count()
    }

    pub(crate) fn joined(&self) -> Vec<String> {
        let joined = self.events.iter().filter_map(|event| match event {
            Event::Joined { identity, .. } => Some(identity.clone()),
            Event::Left { .. } | Event::PathChanged { .. } => None,
        });
        joined.collect()
    }

    pub(crate) fn left(&self) -> Vec<(String, LeaveReason)> {
        let left = self.events.iter().filter_map(|event| match event {
            Event::Left {
                identity, reason, ..
            } => Some((identity.clone(), *reason)),
            Event::Joined { .. } | Event::PathChanged { .. } => None,
        });
        left.collect()
    }

    fn at(&mut self, connection: ConnectionId) -> Option<&mut Client> {
        self.clients
            .iter_mut()
            .find(|client| client.connection == connection)
    }

    fn now(&self) -> Now {
        let since_epoch = Duration::from_secs(1_700_000_000) + (self.now - self.start);
        Now {
            instant: self.now,
            since_epoch,
        }
    }
}
