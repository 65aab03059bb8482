//! The run itself: a virtual clock, what is under way, and who gets it.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use participant::{Dial, End, Event, Request, Transmit};
use signal::{
    Admission, ConnectionId, Datagram, Edge, Frame, Grant, Input, Now, Output, Route, Transport,
};

use crate::{
    network::Quality,
    person::Person,
    plan::{CALM_AT, END_AT, Happening, LAST_LOOK_AT, Plan},
    server::{self, Switch},
    verdict::{self, Outcome},
};

pub(crate) struct World {
    seed: u64,
    plan: Plan,
    edge: Edge,
    panics: Switch,
    /// Whose dialling the engine panics over.
    panics_at: Option<(usize, u64)>,
    people: Vec<Person>,
    start: Instant,
    now: Instant,
    /// How far the machine's date is off.
    date_offset_s: i64,
    /// How long the machine has slept; the run is so much longer.
    slept: Duration,
    edge_deadline: Option<Instant>,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    next_number: u64,
    next_connection: u64,
    violations: Vec<String>,
    trace: Vec<String>,
    packets: u64,
}

/// Something that arrives later. Ordered by time, then by when it was sent.
#[derive(Debug)]
struct UnderWay {
    at: Instant,
    number: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    Happening(Happening),
    Comes(usize),
    Calm,
    ToServer {
        public: SocketAddr,
        packet: Vec<u8>,
    },
    ToPerson {
        who: usize,
        private: SocketAddr,
        packet: Vec<u8>,
    },
    Dialled {
        who: usize,
        dial: Dial,
        number: u64,
    },
    FrameToServer {
        connection: ConnectionId,
        frame: Vec<u8>,
    },
    FrameToPerson {
        who: usize,
        connection: ConnectionId,
        frame: Vec<u8>,
    },
    LostToServer(ConnectionId),
    LostToPerson {
        who: usize,
        connection: Option<ConnectionId>,
        status: Option<u16>,
    },
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let plan = Plan::of(seed);
        let start = Instant::now();
        let panics = Switch::default();
        let people = plan.people.iter().cloned().enumerate();
        let people = people.map(|(index, person)| Person::new(seed, index, person, start));
        let mut world = Self {
            seed,
            edge: server::edge(seed, &panics),
            people: people.collect(),
            panics,
            panics_at: None,
            start,
            now: start,
            date_offset_s: 0,
            slept: Duration::ZERO,
            edge_deadline: None,
            under_way: BinaryHeap::new(),
            next_number: 0,
            next_connection: 0,
            violations: Vec::new(),
            trace: vec![format!("{plan:?}")],
            packets: 0,
            plan,
        };
        for (at, happening) in world.plan.happenings.clone() {
            world.later(start + at, What::Happening(happening));
        }
        for who in 0..world.people.len() {
            let at = start + world.people[who].plan.joins_at;
            world.later(at, What::Comes(who));
        }
        world.later(start + CALM_AT, What::Calm);
        world
    }

    pub(crate) fn run(mut self) -> Outcome {
        loop {
            let next = self.next_at();
            if next > self.start + END_AT + self.slept {
                break;
            }
            self.now = next.max(self.now);
            self.deliver_due();
            self.wake_due();
        }
        verdict::judge(&self.plan, &self.people, &mut self.violations);
        for person in &self.people {
            let line = format!("{} heard {:?}", person.name(), person.heard_last);
            self.trace.push(line);
        }
        Outcome {
            seed: self.seed,
            violations: self.violations,
            trace: self.trace,
            packets: self.packets,
        }
    }

    fn next_at(&self) -> Instant {
        let people = self.people.iter().filter(|person| person.has_come);
        let people = people.flat_map(|one| [one.deadline, Some(one.devices.deadline())]);
        let first = self.under_way.peek().map(|Reverse(first)| first.at);
        let deadlines = people.chain([first, self.edge_deadline]).flatten();
        // At least a little, so that a deadline in the past does not stop the clock.
        let next = deadlines.min().unwrap_or(self.now + END_AT);
        next.max(self.now + Duration::from_micros(50))
    }

    fn deliver_due(&mut self) {
        while let Some(Reverse(first)) = self.under_way.peek()
            && first.at <= self.now
        {
            let Reverse(first) = self.under_way.pop().expect("it was just looked at");
            self.deliver(first.what);
        }
    }

    fn deliver(&mut self, what: What) {
        match what {
            What::Happening(happening) => self.happen(happening),
            What::Comes(who) => self.come(who),
            What::Calm => self.calm(),
            What::ToServer { public, packet } => {
                let datagram = Datagram {
                    transport: Transport::Udp,
                    source: public,
                    destination: address(),
                    payload: &packet,
                };
                self.hand_to_edge(Input::Datagram(datagram));
            }
            What::ToPerson {
                who,
                private,
                packet,
            } => {
                let datagram = participant::Datagram {
                    source: address(),
                    destination: private,
                    payload: &packet,
                };
                self.hand_to_person(who, participant::Input::Datagram(datagram));
            }
            What::Dialled { who, dial, number } => self.dialled(who, &dial, number),
            What::FrameToServer { connection, frame } => {
                let frame = Frame::Binary(frame);
                self.hand_to_edge(Input::Frame { connection, frame });
            }
            What::FrameToPerson {
                who,
                connection,
                frame,
            } => {
                if self.people[who].connection == Some(connection) {
                    self.hand_to_person(who, participant::Input::Frame(&frame));
                }
            }
            What::LostToServer(connection) => self.hand_to_edge(Input::Lost { connection }),
            What::LostToPerson {
                who,
                connection,
                status,
            } => {
                if self.people[who].connection == connection {
                    self.people[who].connection = None;
                    self.hand_to_person(who, participant::Input::Lost { status });
                }
            }
        }
    }

    fn come(&mut self, who: usize) {
        let person = &mut self.people[who];
        person.has_come = true;
        let mut requests = Vec::new();
        if person.plan.has_sound {
            requests.push(person.devices.open_microphone());
        }
        if person.plan.layers > 0 {
            requests.push(person.devices.open_camera(person.plan.layers));
        }
        for request in requests {
            self.request(who, request);
        }
        self.join(who);
    }

    fn join(&mut self, who: usize) {
        let person = &self.people[who];
        let grant = Grant {
            room: format!("room{}", person.plan.room),
            identity: person.name(),
            name: person.name(),
            can_publish: true,
            can_publish_data: true,
        };
        let since_epoch = self.now().since_epoch;
        let token = server::keys().mint(&grant, since_epoch, Duration::from_secs(600));
        self.request(who, Request::Join { token });
    }

    fn calm(&mut self) {
        let good = Quality {
            delay_ms: 10,
            ..Quality::PERFECT
        };
        for person in &mut self.people {
            person.up.change(good);
            person.down.change(good);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Rebinds(who) => self.people[who].rebind(),
            Happening::IsCutOff(who) => {
                if let Some(connection) = self.people[who].connection.take() {
                    self.hand_to_person(who, participant::Input::Lost { status: None });
                    self.later(self.now, What::LostToServer(connection));
                }
            }
            Happening::Republishes(who) => {
                if let Some((request, layers)) = self.people[who].devices.close_camera() {
                    self.request(who, request);
                    let open = self.people[who].devices.open_camera(layers);
                    self.request(who, open);
                }
            }
            Happening::Sleep(duration) => {
                self.now += duration;
                self.slept += duration;
            }
            Happening::DateJumps(seconds) => self.date_offset_s += seconds,
            Happening::Panic(who) => {
                // Whoever joins makes the engine draw a number.
                self.join(who);
                self.panics_at = Some((who, self.people[who].dials));
            }
        }
    }

    fn dialled(&mut self, who: usize, dial: &Dial, number: u64) {
        if self.people[who].dials != number {
            return;
        }
        match self.admit(dial) {
            Ok(admission) => {
                self.panics
                    .set(self.panics_at.take_if(|at| *at == (who, number)).is_some());
                self.next_connection += 1;
                let connection = ConnectionId(self.next_connection);
                self.people[who].connection = Some(connection);
                let admission = Box::new(admission);
                self.hand_to_edge(Input::Opened {
                    connection,
                    admission,
                });
            }
            Err(status) => {
                let connection = self.people[who].connection;
                let lost = What::LostToPerson {
                    who,
                    connection,
                    status: Some(status),
                };
                self.later(self.now, lost);
            }
        }
        self.panics.set(false);
    }

    fn admit(&self, dial: &Dial) -> Result<Admission, u16> {
        let (path, query) = dial.target.split_once('?').ok_or(400_u16)?;
        let route = if path.ends_with("/v1") {
            Route::V1
        } else {
            Route::V0
        };
        let since_epoch = self.now().since_epoch;
        let admission = server::keys().admit(route, query, Some(&dial.bearer), since_epoch);
        admission.map_err(|rejection| rejection.status)
    }

    fn hand_to_edge(&mut self, input: Input<'_>) {
        let now = self.now();
        let edge = &mut self.edge;
        let handled = catch_unwind(AssertUnwindSafe(|| edge.handle(input, now)));
        if handled.is_err() {
            self.panics.set(false);
            self.trace.push("the engine panicked".to_owned());
            if !self.edge.recover(now) {
                self.violations
                    .push("after a panic the room was not known".to_owned());
                self.edge = server::edge(self.seed, &self.panics);
            }
        }
        self.drain_edge();
    }

    fn drain_edge(&mut self) {
        loop {
            match self.edge.poll() {
                Output::Transmit(transmit) => self.carry_down(&transmit),
                Output::Frame {
                    connection,
                    frame: Frame::Binary(frame),
                } => {
                    if let Some(who) = self.at(connection) {
                        let at = self.frame_down(who);
                        let what = What::FrameToPerson {
                            who,
                            connection,
                            frame,
                        };
                        self.later(at, what);
                    }
                }
                Output::Frame { .. } => self.violations.push("an answer in text".to_owned()),
                Output::Close { connection } => {
                    if let Some(who) = self.at(connection) {
                        let at = self.frame_down(who);
                        let what = What::LostToPerson {
                            who,
                            connection: Some(connection),
                            status: None,
                        };
                        self.later(at, what);
                    }
                }
                Output::Event(_) => {}
                Output::Timeout { at } => {
                    self.edge_deadline = at;
                    return;
                }
            }
        }
    }

    fn carry_down(&mut self, transmit: &signal::Transmit) {
        self.packets += 1;
        let destination = transmit.destination;
        let mut people = self.people.iter_mut().enumerate();
        let found = people.find_map(|(who, one)| Some((who, one.private(destination)?)));
        let Some((who, private)) = found else {
            return;
        };
        let packet = transmit.payload.clone();
        if let Some(at) = self.people[who].down.send(&packet, self.now) {
            let what = What::ToPerson {
                who,
                private,
                packet,
            };
            self.later(at, what);
        }
    }

    fn request(&mut self, who: usize, request: Request) {
        self.hand_to_person(who, participant::Input::Request(request));
    }

    fn hand_to_person(&mut self, who: usize, input: participant::Input<'_>) {
        self.people[who].participant.handle(input, self.now);
        self.drain_person(who);
    }

    fn drain_person(&mut self, who: usize) {
        loop {
            match self.people[who].participant.poll() {
                participant::Output::Dial(dial) => {
                    self.hang_up(who);
                    self.people[who].dials += 1;
                    let number = self.people[who].dials;
                    // A TCP handshake, and the request.
                    let plan = &self.people[who].plan;
                    let delay = 2 * plan.up.delay_ms + plan.down.delay_ms;
                    let at = self.now + Duration::from_millis(delay);
                    self.later(at, What::Dialled { who, dial, number });
                }
                participant::Output::Frame(frame) => {
                    if let Some(connection) = self.people[who].connection {
                        let at = self.frame_up(who);
                        self.later(at, What::FrameToServer { connection, frame });
                    }
                }
                participant::Output::Hangup => self.hang_up(who),
                participant::Output::Transmit(transmit) => self.carry_up(who, transmit),
                participant::Output::Event(event) => self.on_event(who, event),
                participant::Output::Timeout { at } => {
                    self.people[who].deadline = at;
                    return;
                }
            }
        }
    }

    fn hang_up(&mut self, who: usize) {
        if let Some(connection) = self.people[who].connection.take() {
            let at = self.frame_up(who);
            self.later(at, What::LostToServer(connection));
        }
    }

    fn carry_up(&mut self, who: usize, transmit: Transmit) {
        self.packets += 1;
        let public = self.people[who].public(transmit.source);
        let packet = transmit.payload;
        if let Some(at) = self.people[who].up.send(&packet, self.now) {
            self.later(at, What::ToServer { public, packet });
        }
    }

    fn on_event(&mut self, who: usize, event: Event) {
        let name = self.people[who].name();
        match event {
            Event::KeyframeWanted { track, layer } => {
                self.people[who].devices.want_keyframe(track, layer);
            }
            Event::Received(packet) => {
                let is_last_look = self.now >= self.start + LAST_LOOK_AT + self.slept;
                let room = self.people[who].plan.room;
                let origin = self.people[who].note(&packet, is_last_look);
                let is_foreign = |other: usize| {
                    self.plan
                        .people
                        .get(other)
                        .is_none_or(|one| one.room != room)
                        || other == who
                };
                if let Some(origin) = origin
                    && (usize::from(origin.room) != room || is_foreign(origin.person.into()))
                {
                    let line = format!("{name} got what is not for them: {origin:?}");
                    self.violations.push(line);
                }
            }
            Event::Ended(End::Refused(_)) => self.join(who),
            Event::Ended(end) => self.violations.push(format!("{name} was ended: {end:?}")),
            _ => {}
        }
    }

    fn wake_due(&mut self) {
        for who in 0..self.people.len() {
            let person = &mut self.people[who];
            if !person.has_come {
                continue;
            }
            if person.devices.deadline() <= self.now {
                for packet in person.devices.due(self.now) {
                    self.request(who, Request::Write(packet));
                }
            }
            if self.people[who].deadline.is_some_and(|at| at <= self.now) {
                self.hand_to_person(who, participant::Input::Timeout);
            }
        }
        if self.edge_deadline.is_some_and(|at| at <= self.now) {
            self.hand_to_edge(Input::Timeout);
        }
    }

    fn later(&mut self, at: Instant, what: What) {
        self.next_number += 1;
        self.under_way.push(Reverse(UnderWay {
            at,
            number: self.next_number,
            what,
        }));
    }

    /// When a frame sent now arrives: TCP loses nothing and keeps the order.
    fn frame_up(&mut self, who: usize) -> Instant {
        let person = &mut self.people[who];
        let delay = Duration::from_millis(person.plan.up.delay_ms);
        person.last_up = person.last_up.max(self.now + delay);
        person.last_up
    }

    fn frame_down(&mut self, who: usize) -> Instant {
        let person = &mut self.people[who];
        let delay = Duration::from_millis(person.plan.down.delay_ms);
        person.last_down = person.last_down.max(self.now + delay);
        person.last_down
    }

    fn at(&self, connection: ConnectionId) -> Option<usize> {
        let is_it = |one: &Person| one.connection == Some(connection);
        self.people.iter().position(is_it)
    }

    fn now(&self) -> Now {
        let date = 1_700_000_000_i64 + self.date_offset_s;
        let date = Duration::from_secs(date.unsigned_abs());
        Now {
            instant: self.now,
            since_epoch: date + (self.now - self.start),
        }
    }
}

fn address() -> SocketAddr {
    server::ADDRESS.parse().expect("an address")
}

impl PartialEq for UnderWay {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for UnderWay {}

impl PartialOrd for UnderWay {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for UnderWay {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
