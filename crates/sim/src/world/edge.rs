//! The server's side: what reaches the edge, and what it sends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use participant::Dial;
use signal::{Admission, ConnectionId, Frame, Input, Output, Route};

use super::World;
use crate::{crypto, person::Person, schedule::What, server};

impl World {
    pub(super) fn dialled(&mut self, who: usize, dial: &Dial, number: u64) {
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

    pub(super) fn admit(&self, dial: &Dial) -> Result<Admission, u16> {
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

    pub(super) fn hand_to_edge(&mut self, input: Input<'_>) {
        let now = self.now();
        let edge = &mut self.edge;
        let handled = catch_unwind(AssertUnwindSafe(|| edge.handle(input, now)));
        if handled.is_err() {
            self.panics.set(false);
            self.panics_over = None;
            crypto::panic_over_packets(false);
            self.trace.push("the engine panicked".to_owned());
            if !self.edge.recover(now) {
                self.violations
                    .push("after a panic the room was not known".to_owned());
                self.edge = server::edge(self.seed, &self.panics);
            }
        }
        self.drain_edge();
    }

    pub(super) fn drain_edge(&mut self) {
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

    pub(super) fn carry_down(&mut self, transmit: &signal::Transmit) {
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

    pub(super) fn at(&self, connection: ConnectionId) -> Option<usize> {
        let is_it = |one: &Person| one.connection == Some(connection);
        self.people.iter().position(is_it)
    }
}
