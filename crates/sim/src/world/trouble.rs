//! What happens to people: they come, they are cut off, and in the end it is calm.

use std::time::Duration;

use participant::Request;
use signal::Grant;

use super::World;
use crate::{network::Quality, plan::Happening, schedule::What, server};

impl World {
    pub(super) fn come(&mut self, who: usize) {
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

    pub(super) fn join(&mut self, who: usize) {
        let person = &self.people[who];
        let grant = Grant {
            room: format!("room{}", person.plan.room),
            identity: person.name(),
            name: person.name(),
            can_publish: true,
            can_publish_data: true,
            path_mode: signal::PathMode::Automatic,
        };
        let since_epoch = self.now().since_epoch;
        let token = server::keys().mint(&grant, since_epoch, Duration::from_secs(600));
        self.request(who, Request::Join { token });
    }

    pub(super) fn calm(&mut self) {
        let good = Quality {
            delay_ms: 10,
            ..Quality::PERFECT
        };
        for person in &mut self.people {
            person.up.change(good);
            person.down.change(good);
        }
    }

    pub(super) fn happen(&mut self, happening: Happening) {
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
            Happening::PanicOverPacket(who) => self.panics_over = Some(who),
            Happening::Panic(who) => {
                // Whoever joins makes the engine draw a number.
                self.join(who);
                self.panics_at = Some((who, self.people[who].dials));
            }
        }
    }
}
