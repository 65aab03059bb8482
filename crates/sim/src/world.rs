//! The run itself: a virtual clock, what is under way, and who gets it.

mod edge;
mod people;
mod trouble;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use participant::Request;
use signal::{Datagram, Edge, Frame, Input, Now, Transport};

use crate::{
    crypto,
    person::Person,
    plan::{CALM_AT, END_AT, LAST_LOOK, Plan},
    schedule::{Schedule, What},
    server::{self, Switch},
    verdict::{self, Outcome},
};

/// How long a run lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// As long as is planned: what was well in the calm must stay so.
    Full,
    /// Until all has been well in the calm for [`LAST_LOOK`]; as long as is planned at most.
    UntilWell,
}

pub(crate) struct World {
    seed: u64,
    plan: Plan,
    edge: Edge,
    panics: Switch,
    /// Whose dialling the engine panics over.
    panics_at: Option<(usize, u64)>,
    /// Over whose next packet the engine panics.
    panics_over: Option<usize>,
    length: Length,
    people: Vec<Person>,
    start: Instant,
    now: Instant,
    /// How far the machine's date is off.
    date_offset_s: i64,
    /// How long the machine has slept; the run is so much longer.
    slept: Duration,
    edge_deadline: Option<Instant>,
    schedule: Schedule,
    next_connection: u64,
    violations: Vec<String>,
    trace: Vec<String>,
    packets: u64,
    /// Since when nothing is missing.
    well_since: Option<Instant>,
}

/// `sctp-proto` takes the time at which it first asks for an association from the system's clock. When
/// the run's clock is so far ahead, that is always long ago: it asks again at once, in every run.
const AHEAD: Duration = Duration::from_secs(24 * 60 * 60);
/// Longer than anybody is silent.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

impl World {
    pub(crate) fn new(seed: u64, plan: Plan, length: Length) -> Self {
        let start = Instant::now() + AHEAD;
        let panics = Switch::default();
        let people = plan.people.iter().cloned().enumerate();
        let people = people.map(|(index, person)| Person::new(seed, index, person, start));
        let mut world = Self {
            seed,
            edge: server::edge(seed, &panics),
            people: people.collect(),
            panics,
            panics_at: None,
            panics_over: None,
            length,
            start,
            now: start,
            date_offset_s: 0,
            slept: Duration::ZERO,
            edge_deadline: None,
            schedule: Schedule::default(),
            next_connection: 0,
            violations: Vec::new(),
            trace: vec![format!("{plan:?}")],
            packets: 0,
            well_since: None,
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
        if length == Length::UntilWell {
            world.later(start + CALM_AT, What::Look);
        }
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
            if self.is_well_for(LAST_LOOK) {
                break;
            }
        }
        let since = self.now - LAST_LOOK;
        verdict::judge(&self.plan, &self.people, since, &mut self.violations);
        // What is under way when a run ends early would still have come.
        let end = (self.length == Length::Full).then_some(self.now);
        verdict::judge_talk(&self.people, end, &mut self.violations);
        for person in &self.people {
            let heard = person.heard_since(since);
            let line = format!("{} heard {heard:?}", person.name());
            self.trace.push(line);
        }
        let counts = self.people.iter().flat_map(Person::counts).collect();
        Outcome {
            seed: self.seed,
            violations: self.violations,
            trace: self.trace,
            counts,
            packets: self.packets,
        }
    }

    /// Looks whether anything is missing, and looks again a little later.
    fn look(&mut self) {
        let missing = verdict::missing(&self.plan, &self.people, self.now - LOOK_INTERVAL);
        self.well_since = self.well_since.filter(|_| missing.is_empty());
        if missing.is_empty() {
            self.well_since.get_or_insert(self.now);
        }
        self.later(self.now + LOOK_INTERVAL, What::Look);
    }

    fn is_well_for(&self, duration: Duration) -> bool {
        self.well_since.is_some_and(|at| self.now - at >= duration)
    }

    fn next_at(&self) -> Instant {
        let people = self.people.iter().filter(|person| person.has_come);
        let people = people.flat_map(|one| {
            [
                one.deadline,
                Some(one.devices.deadline()),
                Some(one.talk.next),
            ]
        });
        let deadlines = people.chain([self.schedule.next_at(), self.edge_deadline]);
        let deadlines = deadlines.flatten();
        // At least a little, so that a deadline in the past does not stop the clock.
        let next = deadlines.min().unwrap_or(self.now + END_AT);
        next.max(self.now + Duration::from_micros(50))
    }

    fn deliver_due(&mut self) {
        while let Some(what) = self.schedule.take_due(self.now) {
            self.deliver(what);
        }
    }

    fn deliver(&mut self, what: What) {
        match what {
            What::Happening(happening) => self.happen(happening),
            What::Comes(who) => self.come(who),
            What::Calm => self.calm(),
            What::Look => self.look(),
            What::ToServer { public, packet } => {
                let datagram = Datagram {
                    transport: Transport::Udp,
                    source: public,
                    destination: address(),
                    payload: &packet,
                };
                let over = self.panics_over;
                let is_planned = over.is_some_and(|who| self.people[who].is_at(public));
                crypto::panic_over_packets(is_planned);
                self.hand_to_edge(Input::Datagram(datagram));
                crypto::panic_over_packets(false);
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
            if let Some(message) = self.people[who].talk.due(self.now) {
                self.request(who, Request::Send(message));
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
        self.schedule.add(at, what);
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
