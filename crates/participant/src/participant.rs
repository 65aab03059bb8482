//! The client itself.
//!
//! 1. [`Request::Join`](crate::Request::Join): a signalling connection is dialled (`signalling`).
//! 2. The server's first frame opens the stay; offers and answers bring media up (`media`).
//! 3. What breaks is made again: first by going on with the stay (resume), then by joining anew.
//! 4. It ends by the owner's wish, by the server's, or by a refusal.
//!
//! Invariant: there is one signalling connection at most, the one of the last
//! [`Output::Dial`](crate::Output::Dial).

mod media;
mod signalling;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use livekit_protocol::ParticipantInfo;

use crate::{
    connection::Connection,
    data::Mailbox,
    io::{Config, Dial, End, Event, Input, Output, Request, Wire},
    publications::Publications,
    report::{Report, Streams},
    roster::Roster,
    wire,
};

/// How long a dialled connection may take to its first frame.
const OPENING_MAX: Duration = Duration::from_secs(10);
/// How long media may take to come up, and an answer to come: as in LiveKit's SDKs.
const MEDIA_MAX: Duration = Duration::from_secs(15);
/// How long media may be disconnected before something is done about it.
const DISCONNECTED_MAX: Duration = Duration::from_secs(3);

/// A headless client.
#[derive(Debug)]
pub struct Participant {
    config: Config,
    state: State,
    token: String,
    start: Instant,
    sid: String,
    publisher: Connection,
    subscriber: Option<Connection>,
    publications: Publications,
    mailbox: Mailbox,
    roster: Roster,
    streams: Streams,
    counts: Counts,
    pings: Option<Pings>,
    /// Interval and timeout, as the server said them when the stay began.
    ping_times_s: (i32, i32),
    /// Attempts since media was up last.
    attempts: usize,
    trouble: Option<Trouble>,
    was_connected: bool,
    outputs: VecDeque<Output>,
}

/// Where the signalling stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first join, and after the end.
    Idle,
    /// Dialled; the first frame is awaited.
    Opening { goal: Goal, since: Instant },
    /// In the room.
    Joined,
    /// Not connected; the next attempt is due then, or when the owner says so.
    Apart { goal: Goal, at: Option<Instant> },
}

/// What a connection is dialled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Join,
    Resume,
}

#[derive(Debug, Clone, Copy)]
struct Pings {
    interval: Duration,
    timeout: Duration,
    next: Instant,
    heard: Instant,
}

/// Media is not up; this is tried when it stays so.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    remedy: Goal,
    at: Instant,
}

#[derive(Debug, Default)]
struct Counts {
    joins: u32,
    resumes: u32,
    messages: u64,
}

impl Participant {
    /// A participant that has not joined yet.
    pub fn new(config: Config, now: Instant) -> Self {
        let (publisher, subscriber) = connections(config.wire, now);
        Self {
            config,
            state: State::Idle,
            token: String::new(),
            start: now,
            sid: String::new(),
            publisher,
            subscriber,
            publications: Publications::default(),
            mailbox: Mailbox::default(),
            roster: Roster::default(),
            streams: Streams::default(),
            counts: Counts::default(),
            pings: None,
            ping_times_s: (0, 0),
            attempts: 0,
            trouble: None,
            was_connected: false,
            outputs: VecDeque::new(),
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        match input {
            Input::Request(request) => self.requested(request, now),
            Input::Frame(frame) => self.frame(frame, now),
            Input::Lost { status } => self.lost(status, now),
            Input::Datagram(datagram) => self.datagram(datagram, now),
            Input::Timeout => self.streams.advance(now),
        }
        self.watch(now);
        self.negotiate(now);
        self.pump(now);
    }

    /// The next thing to do; drain to [`Output::Timeout`] before the next [`Self::handle`].
    pub fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout {
            at: self.deadline(),
        })
    }

    /// What it has seen so far.
    pub fn report(&self) -> Report {
        let mut report = Report {
            joins: self.counts.joins,
            resumes: self.counts.resumes,
            messages: self.counts.messages,
            repeats: self.mailbox.repeats(),
            ..Report::default()
        };
        self.streams.fill(&mut report);
        report
    }

    /// The stay, as the server calls it; empty before the first one.
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// Whether it is in the room and its media is up.
    pub fn is_connected(&self) -> bool {
        self.state == State::Joined && self.is_media_up()
    }

    /// Whether it is over, or has not begun.
    pub fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// Everybody else in the room, as the server tells it.
    pub fn others(&self) -> impl Iterator<Item = &ParticipantInfo> {
        self.roster.all().filter(|one| one.sid != self.sid)
    }

    fn requested(&mut self, request: Request, now: Instant) {
        match request {
            Request::Join { token } => {
                self.token = token;
                self.attempts = 0;
                self.dial(Goal::Join, now);
            }
            Request::Resume => {
                if let State::Apart { goal, .. } = self.state {
                    self.dial(goal, now);
                }
            }
            Request::Publish(publish) => self.publish(publish),
            Request::Unpublish { track } => self.unpublish(track),
            Request::Mute { track, is_muted } => self.mute(track, is_muted),
            Request::Write(packet) => self.write(packet, now),
            Request::Send(message) => self.mailbox.post(message),
            Request::RequestKeyframe { sid } => self.request_keyframe(&sid),
            Request::Subscribe { sid, is_wanted } => self.subscribe(sid, is_wanted),
            Request::Show { sid, size } => self.show(sid, size),
            Request::Leave => self.leave(),
        }
    }

    /// Does what the time brings.
    fn watch(&mut self, now: Instant) {
        match self.state {
            State::Apart { goal, at: Some(at) } if at <= now => self.dial(goal, now),
            State::Opening { since, .. } if now >= since + OPENING_MAX => {
                self.outputs.push_back(Output::Hangup);
                self.lost(None, now);
            }
            State::Joined => self.watch_stay(now),
            State::Idle | State::Opening { .. } | State::Apart { .. } => {}
        }
    }

    fn watch_stay(&mut self, now: Instant) {
        if let Some(pings) = &mut self.pings {
            if now >= pings.heard + pings.timeout {
                self.outputs.push_back(Output::Hangup);
                return self.lost(None, now);
            }
            if now >= pings.next {
                pings.next = now + pings.interval;
                let since = now.saturating_duration_since(self.start).as_millis();
                for ping in wire::pings(i64::try_from(since).unwrap_or(i64::MAX)) {
                    self.outputs.push_back(Output::Frame(wire::write(ping)));
                }
            }
        }
        if self
            .publisher
            .offered_at()
            .is_some_and(|at| now >= at + MEDIA_MAX)
        {
            return self.failed(now);
        }
        if let Some(trouble) = self.trouble
            && trouble.at <= now
            && self.config.is_persistent
        {
            self.outputs.push_back(Output::Hangup);
            self.dial(trouble.remedy, now);
        }
    }

    /// Media cannot go on: only a new stay helps.
    fn failed(&mut self, now: Instant) {
        self.outputs.push_back(Output::Hangup);
        if self.config.is_persistent {
            self.apart(Goal::Join, now);
        } else {
            self.end(End::Failed);
        }
    }

    fn end(&mut self, why: End) {
        self.state = State::Idle;
        self.trouble = None;
        self.pings = None;
        self.tell(Event::Ended(why));
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn tell_server(&mut self, message: livekit_protocol::signal_request::Message) {
        self.outputs.push_back(Output::Frame(wire::write(message)));
    }

    fn deadline(&self) -> Option<Instant> {
        if self.state == State::Idle {
            return None;
        }
        let state = match self.state {
            State::Opening { since, .. } => Some(since + OPENING_MAX),
            State::Apart { at, .. } => at,
            State::Joined => self
                .pings
                .map(|pings| pings.next.min(pings.heard + pings.timeout)),
            State::Idle => None,
        };
        let is_joined = self.state == State::Joined;
        let trouble = self
            .trouble
            .filter(|_| is_joined && self.config.is_persistent);
        let answer = self.publisher.offered_at().filter(|_| is_joined);
        let connections = [Some(&self.publisher), self.subscriber.as_ref()];
        let media = connections.into_iter().flatten();
        [
            state,
            trouble.map(|trouble| trouble.at),
            answer.map(|at| at + MEDIA_MAX),
        ]
        .into_iter()
        .chain(media.map(Connection::deadline))
        .flatten()
        .min()
    }
}

fn connections(wire: Wire, now: Instant) -> (Connection, Option<Connection>) {
    match wire {
        Wire::Single { address } => (Connection::new(address, now), None),
        Wire::Dual {
            publisher,
            subscriber,
        } => (
            Connection::new(publisher, now),
            Some(Connection::new(subscriber, now)),
        ),
    }
}

fn dialled(target: String, token: &str) -> Output {
    Output::Dial(Dial {
        target,
        bearer: token.to_owned(),
    })
}
