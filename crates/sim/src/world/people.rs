//! The people's side: what reaches a participant, and what it sends.

use std::time::{Duration, Instant};

use participant::{End, Event, Request, Transmit};

use super::World;
use crate::schedule::What;

impl World {
    pub(super) fn request(&mut self, who: usize, request: Request) {
        self.hand_to_person(who, participant::Input::Request(request));
    }

    pub(super) fn hand_to_person(&mut self, who: usize, input: participant::Input<'_>) {
        self.people[who].participant.handle(input, self.now);
        self.drain_person(who);
    }

    pub(super) fn drain_person(&mut self, who: usize) {
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

    pub(super) fn hang_up(&mut self, who: usize) {
        if let Some(connection) = self.people[who].connection.take() {
            let at = self.frame_up(who);
            self.later(at, What::LostToServer(connection));
        }
    }

    pub(super) fn carry_up(&mut self, who: usize, transmit: Transmit) {
        self.packets += 1;
        let public = self.people[who].public(transmit.source);
        let packet = transmit.payload;
        if let Some(at) = self.people[who].up.send(&packet, self.now) {
            self.later(at, What::ToServer { public, packet });
        }
    }

    pub(super) fn on_event(&mut self, who: usize, event: Event) {
        let name = self.people[who].name();
        match event {
            Event::KeyframeWanted { track, layer } => {
                self.people[who].devices.want_keyframe(track, layer);
            }
            Event::Received(packet) => {
                let room = self.people[who].plan.room;
                let origin = self.people[who].note(&packet, self.now);
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
            Event::Data(data) => {
                let is_foreign = self.people[who].talk.hear(&data, self.now);
                if is_foreign {
                    let line = format!("{name} heard what is not for them: {data:?}");
                    self.violations.push(line);
                }
            }
            Event::Joined => {
                self.people[who].talk.joined(self.now);
                self.trace.push(format!("{name} joins"));
            }
            Event::Resumed => self.trace.push(format!("{name} resumes")),
            Event::Dismissed { reason, action } => {
                let line = format!("{name} is dismissed: {reason:?}, {action:?}");
                self.trace.push(line);
            }
            Event::Ended(End::Refused(status)) => {
                self.trace.push(format!("{name} is refused: {status}"));
                self.join(who);
            }
            Event::Ended(end) => self.violations.push(format!("{name} was ended: {end:?}")),
            _ => {}
        }
    }

    /// When a frame sent now arrives: TCP loses nothing and keeps the order.
    pub(super) fn frame_up(&mut self, who: usize) -> Instant {
        let person = &mut self.people[who];
        let delay = Duration::from_millis(person.plan.up.delay_ms);
        person.last_up = person.last_up.max(self.now + delay);
        person.last_up
    }

    pub(super) fn frame_down(&mut self, who: usize) -> Instant {
        let person = &mut self.people[who];
        let delay = Duration::from_millis(person.plan.down.delay_ms);
        person.last_down = person.last_down.max(self.now + delay);
        person.last_down
    }
}
