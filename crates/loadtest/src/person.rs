//! One participant: joins, publishes if it is to, counts what it receives.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use client::{Owner, Path, Server, Sockets};
use participant::{Clip, Config, End, Event, Input, Participant, Report, Request};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use loadtest::camera::{Camera, age_ns, publications};

use crate::tally::Tally;

/// What a person needs to take part.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) server: Server,
    pub(crate) token: String,
    /// What it publishes, if it does.
    pub(crate) clip: Option<Arc<Clip>>,
    /// How many tracks it is to receive.
    pub(crate) tracks: usize,
    pub(crate) epoch: Instant,
    pub(crate) tally: Arc<Tally>,
    /// Its own packets, besides the tally's.
    pub(crate) received: Arc<AtomicU64>,
    pub(crate) milestones: mpsc::UnboundedSender<Milestone>,
    pub(crate) stop: CancellationToken,
}

/// How far a person has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Milestone {
    /// Its transport is up.
    Connected,
    /// Every track that it is to receive flows.
    Receiving,
}

impl Ticket {
    /// Takes part until told to stop; tells what was seen.
    pub(crate) async fn attend(self) -> anyhow::Result<Report> {
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut sockets = Sockets::bind(here, false, Path::AsTold).await?;
        let now = Instant::now();
        let config = Config {
            wire: sockets.wire(),
            is_persistent: false,
            is_auto_subscribing: true,
        };
        let mut participant = Participant::new(config, now);
        let requests = self.clip.iter().flat_map(|_| publications());
        for request in requests {
            participant.handle(Input::Request(request), now);
        }
        let token = self.token.clone();
        participant.handle(Input::Request(Request::Join { token }), now);
        let (server, stop) = (self.server.clone(), self.stop.clone());
        let mut person = Person {
            camera: None,
            heard: Vec::new(),
            ended: None,
            ticket: self,
        };
        client::drive(&mut participant, &mut person, &server, &mut sockets, &stop).await?;
        if let Some(end) = person.ended {
            anyhow::bail!("somebody was sent away: {end:?}");
        }
        Ok(participant.report())
    }
}

struct Person {
    /// From when its transport is up.
    camera: Option<Camera>,
    /// The streams that have begun.
    heard: Vec<u32>,
    /// Why its stay ended before its time.
    ended: Option<End>,
    ticket: Ticket,
}

impl Person {
    fn reached(&self, milestone: Milestone) {
        // Nobody counts any more when the run is over.
        let _ = self.ticket.milestones.send(milestone);
    }
}

impl Owner for Person {
    fn on_event(&mut self, event: Event, now: Instant, _requests: &mut Vec<Request>) {
        match event {
            Event::Connected => {
                let clip = self.ticket.clip.clone();
                self.camera = clip.map(|clip| Camera::new(clip, self.ticket.epoch, now));
                self.reached(Milestone::Connected);
            }
            Event::KeyframeWanted { .. } => {
                if let Some(camera) = &mut self.camera {
                    camera.request_keyframe();
                }
            }
            Event::Received(packet) => {
                // Padding and probes carry nothing.
                if packet.payload.is_empty() {
                    return;
                }
                let age = age_ns(&packet.payload, self.ticket.epoch, now);
                self.ticket.received.fetch_add(1, Relaxed);
                self.ticket.tally.arrived(packet.payload.len(), age);
                if self.heard.len() < self.ticket.tracks && !self.heard.contains(&packet.ssrc) {
                    self.heard.push(packet.ssrc);
                    if self.heard.len() == self.ticket.tracks {
                        self.reached(Milestone::Receiving);
                    }
                }
            }
            Event::Ended(end) if !self.ticket.stop.is_cancelled() => {
                self.ended = Some(end);
            }
            _ => {}
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.camera.as_ref().map(Camera::deadline)
    }

    fn on_time(&mut self, now: Instant, requests: &mut Vec<Request>) {
        if let Some(camera) = &mut self.camera {
            let due = camera.due(now);
            let count = due.len() as u64;
            self.ticket.tally.published.fetch_add(count, Relaxed);
            requests.extend(due.into_iter().map(Request::Write));
        }
    }
}
