//! One room without a network, in virtual time: the instructions of forwarding and nothing else.
//!
//! Run under callgrind, which counts only what happens inside [`serve`] once everybody is in: the
//! same work every time, whatever else the machine does. People join and receive for real (ICE,
//! DTLS, SRTP); the clock goes on in steps of what a shard gathers packets for.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use participant::{Config, Event, Participant, Request, Wire};
use signal::{ConnectionId, Datagram, Edge, Grant, Input, Keys, Now, Output, Route, Transport};

use crate::camera::{self, Camera, publications};

const STEP: Duration = Duration::from_micros(500);
/// Everybody joins, and estimates of links settle.
const PRELUDE: Duration = Duration::from_secs(6);

/// What a room did in the time that is counted.
#[derive(Debug, Default, Clone, Copy)]
pub struct Done {
    /// Packets that subscribers received.
    pub received: u64,
    /// Packets that came to the engine.
    pub reported: u64,
    /// How often the engine was called.
    pub turns: u64,
}

/// Who is in the room, and what becomes of packets.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub subscribers: usize,
    pub estimates_bandwidth: bool,
    /// Every so many packets, one for a subscriber is lost once all are in.
    pub lost_every: Option<u64>,
}

/// Plays a room and counts for so many seconds.
pub fn play(shape: Shape, seconds: u64) -> anyhow::Result<Done> {
    play_with(shape, seconds, |edge, packets, now| {
        serve(edge, packets, now);
    })
}

/// The same, with everything that the engine does in the time that is counted done by `serve`, which
/// calls [`hand_over`].
pub fn play_with(
    shape: Shape,
    seconds: u64,
    mut serve: impl FnMut(&mut Edge, &[Carried], Now),
) -> anyhow::Result<Done> {
    let mut room = Room::new(shape)?;
    room.pass(PRELUDE, &mut hand_over)?;
    room.done = Done::default();
    room.lost_every = shape.lost_every;
    room.pass(Duration::from_secs(seconds), &mut serve)?;
    Ok(room.done)
}

/// What callgrind counts, by this name: everything that the engine does with packets and time.
#[inline(never)]
pub fn serve(edge: &mut Edge, packets: &[Carried], now: Now) {
    hand_over(edge, packets, now);
}

/// Gives packets that came together, and the time, to the engine.
pub fn hand_over(edge: &mut Edge, packets: &[Carried], now: Now) {
    for packet in packets {
        let datagram = Datagram {
            transport: Transport::Udp,
            source: packet.source,
            destination: packet.destination,
            payload: &packet.payload,
        };
        edge.receive(datagram, now);
    }
    edge.handle(Input::Timeout, now);
}

fn drained(edge: &mut Edge) -> Vec<Output> {
    let mut outputs = Vec::new();
    loop {
        let output = edge.poll();
        let is_last = matches!(output, Output::Timeout { .. });
        outputs.push(output);
        if is_last {
            return outputs;
        }
    }
}

/// A packet on its way to the server.
#[derive(Debug)]
pub struct Carried {
    source: SocketAddr,
    destination: SocketAddr,
    payload: Vec<u8>,
}

struct Room {
    edge: Edge,
    edge_deadline: Option<Instant>,
    people: Vec<Person>,
    camera: Option<Camera>,
    up: Vec<Carried>,
    start: Instant,
    now: Instant,
    done: Done,
    lost_every: Option<u64>,
    sent: u64,
}

struct Person {
    participant: Participant,
    address: SocketAddr,
    deadline: Option<Instant>,
}

impl Room {
    fn new(shape: Shape) -> anyhow::Result<Self> {
        let config = signal::Config {
            keys: keys(),
            node: "node".to_owned(),
            simulates_faults: false,
            mends_ways: false,
            random: counting(),
            relay: None,
        };
        let engine = sfu::Config {
            candidates: vec![server()],
            tcp_candidates: Vec::new(),
            ufrag_prefix: String::new(),
            random: counting(),
            estimates_bandwidth: shape.estimates_bandwidth,
            forwards_svc: false,
        };
        let start = Instant::now();
        let people = (0..=shape.subscribers).map(|index| Person::new(index, start));
        let mut room = Self {
            edge: Edge::new(config, engine),
            edge_deadline: None,
            people: people.collect(),
            camera: None,
            up: Vec::new(),
            start,
            now: start,
            done: Done::default(),
            lost_every: None,
            sent: 0,
        };
        for who in 0..room.people.len() {
            room.join(who)?;
        }
        Ok(room)
    }

    fn join(&mut self, who: usize) -> anyhow::Result<()> {
        let grant = Grant {
            room: "room".to_owned(),
            identity: format!("person-{who}"),
            name: String::new(),
            can_publish: true,
            can_publish_data: true,
            path_mode: signal::PathMode::Automatic,
        };
        let since_epoch = self.now().since_epoch;
        let token = keys().mint(&grant, since_epoch, Duration::from_secs(600));
        if who == 0 {
            for request in publications() {
                self.tell(who, participant::Input::Request(request))?;
            }
        }
        self.tell(who, participant::Input::Request(Request::Join { token }))
    }

    fn pass(
        &mut self,
        duration: Duration,
        serve: &mut dyn FnMut(&mut Edge, &[Carried], Now),
    ) -> anyhow::Result<()> {
        let end = self.now + duration;
        while self.now < end {
            self.now += STEP;
            for who in 0..self.people.len() {
                if self.people[who].deadline.is_some_and(|at| at <= self.now) {
                    self.tell(who, participant::Input::Timeout)?;
                }
            }
            let due = self.camera.as_mut().filter(|it| it.deadline() <= self.now);
            for packet in due.map(|camera| camera.due(self.now)).unwrap_or_default() {
                self.tell(0, participant::Input::Request(Request::Write(packet)))?;
            }
            if self.up.is_empty() && self.edge_deadline.is_none_or(|at| at > self.now) {
                continue;
            }
            let packets = std::mem::take(&mut self.up);
            self.done.reported += packets.len() as u64;
            self.done.turns += 1;
            let now = self.now();
            serve(&mut self.edge, &packets, now);
            let outputs = drained(&mut self.edge);
            self.carry_out(outputs.into())?;
        }
        Ok(())
    }

    /// Hands on what the engine wants, and to the engine what is answered over the WebSocket.
    fn carry_out(&mut self, mut outputs: VecDeque<Output>) -> anyhow::Result<()> {
        while let Some(output) = outputs.pop_front() {
            match output {
                Output::Transmit(packet) => {
                    self.sent += 1;
                    if self
                        .lost_every
                        .is_some_and(|every| self.sent.is_multiple_of(every))
                    {
                        continue;
                    }
                    let who = usize::from(packet.destination.port() - PORT);
                    let datagram = participant::Datagram {
                        source: packet.source,
                        destination: packet.destination,
                        payload: &packet.payload,
                    };
                    self.tell(who, participant::Input::Datagram(datagram))?;
                }
                Output::Frame { connection, frame } => {
                    let who = usize::try_from(connection.0)?;
                    let signal::Frame::Binary(frame) = frame else {
                        anyhow::bail!("an answer in text");
                    };
                    self.tell(who, participant::Input::Frame(&frame))?;
                }
                Output::Close { .. } => anyhow::bail!("somebody was sent away"),
                Output::Event(_) => {}
                Output::Timeout { at } => self.edge_deadline = at,
            }
        }
        Ok(())
    }

    fn tell(&mut self, who: usize, input: participant::Input<'_>) -> anyhow::Result<()> {
        let person = &mut self.people[who];
        person.participant.handle(input, self.now);
        loop {
            let connection = ConnectionId(who as u64);
            let input = match self.people[who].participant.poll() {
                participant::Output::Transmit(packet) => {
                    self.up.push(Carried {
                        source: self.people[who].address,
                        destination: packet.destination,
                        payload: packet.payload,
                    });
                    continue;
                }
                participant::Output::Event(event) => {
                    self.happened(who, &event);
                    continue;
                }
                participant::Output::Hangup => anyhow::bail!("somebody hung up"),
                participant::Output::Timeout { at } => {
                    self.people[who].deadline = at;
                    return Ok(());
                }
                participant::Output::Dial(dial) => {
                    let (_, query) = dial.target.split_once('?').context("no query")?;
                    let since_epoch = self.now().since_epoch;
                    let admission = keys()
                        .admit(Route::V1, query, Some(&dial.bearer), since_epoch)
                        .map_err(|refusal| anyhow::anyhow!("refused: {}", refusal.status))?;
                    Input::Opened {
                        connection,
                        admission: Box::new(admission),
                    }
                }
                participant::Output::Frame(frame) => Input::Frame {
                    connection,
                    frame: signal::Frame::Binary(frame),
                },
            };
            let now = self.now();
            self.edge.handle(input, now);
            let outputs = drained(&mut self.edge);
            self.carry_out(outputs.into())?;
        }
    }

    fn happened(&mut self, who: usize, event: &Event) {
        match event {
            Event::Connected if who == 0 => {
                let clip = camera::clip(VIDEO_KBPS).map(Arc::new);
                self.camera = clip
                    .ok()
                    .map(|clip| Camera::new(clip, self.start, self.now));
            }
            Event::KeyframeWanted { .. } => {
                if let Some(camera) = &mut self.camera {
                    camera.request_keyframe();
                }
            }
            Event::Received(packet) if !packet.payload.is_empty() => self.done.received += 1,
            _ => {}
        }
    }

    fn now(&self) -> Now {
        Now {
            instant: self.now,
            since_epoch: Duration::from_secs(1_700_000_000) + (self.now - self.start),
        }
    }
}

impl Person {
    fn new(index: usize, now: Instant) -> Self {
        let address = SocketAddr::from(([10, 0, 0, 1], PORT + index as u16));
        let config = Config {
            wire: Wire::Single { address },
            is_persistent: false,
            is_auto_subscribing: true,
        };
        Self {
            participant: Participant::new(config, now),
            address,
            deadline: None,
        }
    }
}

fn keys() -> Keys {
    Keys {
        api_key: "key".to_owned(),
        api_secret: "secret".to_owned(),
    }
}

fn server() -> SocketAddr {
    ([10, 0, 0, 2], 443).into()
}

/// Always the same bytes, all different for as long as it matters.
fn counting() -> sfu::RandomSource {
    let mut count = 0_u32;
    Box::new(move |bytes| {
        for byte in bytes {
            count = count.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = count.to_be_bytes()[0];
        }
    })
}

const PORT: u16 = 20_000;
const VIDEO_KBPS: u32 = 1500;

#[cfg(test)]
mod tests {
    use super::*;

    fn play(subscribers: usize, estimates_bandwidth: bool, lost_every: Option<u64>) -> Done {
        let shape = Shape {
            subscribers,
            estimates_bandwidth,
            lost_every,
        };
        super::play(shape, 4).expect("a good room")
    }

    #[test]
    fn everything_that_is_published_reaches_everybody() {
        for (estimates_bandwidth, lost_every) in [(false, None), (true, None), (true, Some(50))] {
            let done = play(2, estimates_bandwidth, lost_every);
            // Fifty sounds and twenty pictures in some eight packets, for two, for four seconds.
            assert!((1500..1900).contains(&done.received), "{done:?}");
        }
    }

    #[test]
    fn a_burst_leaves_in_one_turn_of_the_engine() {
        let done = play(1, true, None);
        // Seventy sounds and pictures a second, what the subscriber reports, and the pacer's pauses.
        assert!(done.turns < 4 * 150, "{done:?}");
    }

    #[test]
    fn subscribers_report_of_each_packet_only_when_links_are_measured() {
        let [off, on] = [false, true].map(|estimates_bandwidth| {
            let done = play(4, estimates_bandwidth, None);
            done.reported
        });
        assert!(off + 4 * 4 * 8 < on, "{off} and {on}");
    }
}
