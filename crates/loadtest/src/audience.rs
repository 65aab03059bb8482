//! Everybody who takes part in a run: who joins when, and what they missed.
//!
//! Joins some at a time, waits until every track flows, and is told at once when somebody is sent
//! away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use participant::{Clip, Report};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use loadtest::camera;

use crate::{
    person::{Milestone, Ticket},
    scenario::Scenario,
    server::Server,
    tally::Tally,
};

/// Everybody who takes part.
pub(crate) struct Audience {
    pub(crate) tally: Arc<Tally>,
    stop: CancellationToken,
    epoch: Instant,
    address: client::Server,
    people: JoinSet<anyhow::Result<Report>>,
    milestones: mpsc::UnboundedReceiver<Milestone>,
    reached: mpsc::UnboundedSender<Milestone>,
    /// Of those who receive any, in the order of their coming.
    received: Vec<Arc<AtomicU64>>,
    begun: usize,
    connected: usize,
    receiving: usize,
}

impl Audience {
    pub(crate) fn new(server: &Server) -> Self {
        let (reached, milestones) = mpsc::unbounded_channel();
        Self {
            tally: Arc::default(),
            stop: CancellationToken::new(),
            epoch: Instant::now(),
            address: server.address(),
            people: JoinSet::new(),
            milestones,
            reached,
            received: Vec::new(),
            begun: 0,
            connected: 0,
            receiving: 0,
        }
    }

    /// Lets the next so many people in, room by room, and waits until every track flows to all who
    /// are in.
    pub(crate) async fn admit(
        &mut self,
        count: usize,
        scenario: &Scenario,
        server: &Server,
    ) -> anyhow::Result<()> {
        let clip = Arc::new(camera::clip(scenario.video_kbps)?);
        let everybody = self.begun + count;
        timeout(WITHIN, self.join(everybody, &clip, scenario, server))
            .await
            .context("not everybody could join")??;
        timeout(WITHIN, async {
            while self.receiving < everybody {
                self.wait().await?;
            }
            Ok(())
        })
        .await
        .context("not every track flows")?
    }

    /// Lets time pass; fails at once when somebody is sent away.
    pub(crate) async fn stay(&mut self, duration: Duration) -> anyhow::Result<()> {
        let passed = timeout(duration, async {
            loop {
                self.wait().await?;
            }
        });
        // That it never ends by itself is what is hoped for.
        passed.await.unwrap_or(Ok(()))
    }

    /// How many packets each who receives any has received.
    pub(crate) fn received(&self) -> Vec<u64> {
        self.received.iter().map(|one| one.load(Relaxed)).collect()
    }

    /// Ends everybody's stay and tells what they missed.
    pub(crate) async fn leave(mut self) -> anyhow::Result<Farewell> {
        let mut farewell = Farewell::default();
        self.stop.cancel();
        while let Some(report) = self.people.join_next().await {
            for stream in report??.streams() {
                farewell.packets += stream.packets;
                farewell.lost += stream.lost;
            }
        }
        Ok(farewell)
    }

    async fn join(
        &mut self,
        everybody: usize,
        clip: &Arc<Clip>,
        scenario: &Scenario,
        server: &Server,
    ) -> anyhow::Result<()> {
        while self.begun < everybody {
            while self.begun - self.connected >= JOINING_MAX {
                self.wait().await?;
            }
            let (room, person) = (
                self.begun / scenario.participants,
                self.begun % scenario.participants,
            );
            let is_publisher = person < scenario.publishers;
            let others = scenario.publishers - usize::from(is_publisher);
            let received = Arc::default();
            if others == 0 {
                self.receiving += 1;
            } else {
                self.received.push(Arc::clone(&received));
            }
            let ticket = Ticket {
                server: self.address.clone(),
                token: server.token(room, person)?,
                clip: is_publisher.then(|| Arc::clone(clip)),
                tracks: others * TRACKS_EACH,
                epoch: self.epoch,
                tally: Arc::clone(&self.tally),
                received,
                milestones: self.reached.clone(),
                stop: self.stop.clone(),
            };
            self.people.spawn(ticket.attend());
            self.begun += 1;
        }
        while self.connected < everybody {
            self.wait().await?;
        }
        Ok(())
    }

    async fn wait(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            milestone = self.milestones.recv() => match milestone {
                Some(Milestone::Connected) => self.connected += 1,
                Some(Milestone::Receiving) => self.receiving += 1,
                None => {}
            },
            Some(early) = self.people.join_next() => {
                early??;
                anyhow::bail!("somebody left");
            }
        }
        Ok(())
    }
}

/// What was seen at the end.
#[derive(Debug, Default)]
pub(crate) struct Farewell {
    packets: u64,
    lost: u64,
}

impl Farewell {
    pub(crate) fn fault(&self) -> Option<String> {
        let Self { packets, lost } = self;
        (*lost as f64 > *packets as f64 * LOST_SHARE_MAX)
            .then(|| format!("{lost} of {packets} packets were lost for good"))
    }
}

const TRACKS_EACH: usize = 2;
/// As a crowd that follows one link: more would only measure how this process queues.
const JOINING_MAX: usize = 16;
const WITHIN: Duration = Duration::from_secs(120);
/// The joining of hundreds on two processors may cost a packet that nobody asks for again.
const LOST_SHARE_MAX: f64 = 0.001;
