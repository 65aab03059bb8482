//! Plays one scenario against one server.
//!
//! 1. Everybody joins, some at a time.
//! 2. When every track flows to everybody, the rooms rest.
//! 3. Windows are measured; the one with the least processor time per packet counts: what else runs
//!    on the machine can only add to it.
//!
//! Invariant: a run in which packets did not arrive is void, and says why.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use participant::Report;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    camera,
    person::{Milestone, Ticket},
    processes::{cpu, resident},
    scenario::Scenario,
    server::Server,
    tally::{Latencies, Tally},
};

/// What a run showed.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) joins: Joins,
    /// Of the server, for each participant, in bytes.
    pub(crate) memory: u64,
    pub(crate) window: Window,
    /// Why the figures count for nothing; empty for a good run.
    pub(crate) faults: Vec<String>,
}

/// How everybody came in.
#[derive(Debug)]
pub(crate) struct Joins {
    pub(crate) per_second: f64,
    /// Of the server, for each.
    pub(crate) cpu: Duration,
}

/// A stretch of time in which all tracks flow.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) packets_per_second: f64,
    /// Of the server, for a million forwarded packets, in seconds.
    pub(crate) cpu_per_million: f64,
    /// Of one processor, by this process.
    pub(crate) own_load: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Plays it.
pub(crate) async fn play(
    scenario: &Scenario,
    binary: &Path,
    estimates_bandwidth: bool,
) -> anyhow::Result<Outcome> {
    let server = Server::start(binary, estimates_bandwidth)?;
    let process = server.process();
    let mut audience = Audience::new(&server);
    let empty = resident(&process)?;
    let (began, cpu_before) = (Instant::now(), cpu(&process)?);
    let joined = timeout(JOINED_WITHIN, audience.join(scenario, &server));
    joined.await.context("not everybody could join")??;
    let people = scenario.people();
    let joins = Joins {
        per_second: people as f64 / began.elapsed().as_secs_f64(),
        cpu: (cpu(&process)? - cpu_before) / u32::try_from(people)?,
    };
    let flowing = timeout(JOINED_WITHIN, audience.all_receive(people));
    flowing.await.context("not every track flows")??;
    sleep(scenario.settle()).await;
    let mut looks = vec![Look::take(&audience.tally, &process)?];
    for _ in 0..WINDOWS {
        sleep(scenario.window()).await;
        looks.push(Look::take(&audience.tally, &process)?);
    }
    let windows = looks
        .windows(2)
        .map(|pair| Window::between(&pair[0], &pair[1]));
    let cheaper = |a: &Window, b: &Window| a.cpu_per_million.total_cmp(&b.cpu_per_million);
    let window = windows.min_by(cheaper).context("there is a window")?;
    let memory = resident(&process)?.saturating_sub(empty) / people as u64;
    let mut faults = window.faults();
    faults.extend(missing(&looks, scenario));
    faults.extend(audience.leave().await?);
    Ok(Outcome {
        joins,
        memory,
        window,
        faults,
    })
}

/// Everybody who takes part.
struct Audience {
    tally: Arc<Tally>,
    stop: CancellationToken,
    epoch: Instant,
    address: client::Server,
    people: JoinSet<anyhow::Result<Report>>,
    milestones: mpsc::UnboundedReceiver<Milestone>,
    reached: mpsc::UnboundedSender<Milestone>,
    connected: usize,
    receiving: usize,
}

impl Audience {
    fn new(server: &Server) -> Self {
        let (reached, milestones) = mpsc::unbounded_channel();
        Self {
            tally: Arc::default(),
            stop: CancellationToken::new(),
            epoch: Instant::now(),
            address: server.address(),
            people: JoinSet::new(),
            milestones,
            reached,
            connected: 0,
            receiving: 0,
        }
    }

    async fn join(&mut self, scenario: &Scenario, server: &Server) -> anyhow::Result<()> {
        let clip = Arc::new(camera::clip(scenario.video_kbps)?);
        let mut begun = 0;
        for person in 0..scenario.participants {
            for room in 0..scenario.rooms {
                while begun - self.connected >= JOINING_MAX {
                    self.wait().await?;
                }
                let is_publisher = person < scenario.publishers;
                let others = scenario.publishers - usize::from(is_publisher);
                let ticket = Ticket {
                    server: self.address.clone(),
                    token: server.token(room, person)?,
                    clip: is_publisher.then(|| Arc::clone(&clip)),
                    tracks: others * TRACKS_EACH,
                    epoch: self.epoch,
                    tally: Arc::clone(&self.tally),
                    milestones: self.reached.clone(),
                    stop: self.stop.clone(),
                };
                if others == 0 {
                    self.receiving += 1;
                }
                self.people.spawn(ticket.attend());
                begun += 1;
            }
        }
        while self.connected < begun {
            self.wait().await?;
        }
        Ok(())
    }

    async fn all_receive(&mut self, people: usize) -> anyhow::Result<()> {
        while self.receiving < people {
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
                anyhow::bail!("somebody was sent away");
            }
        }
        Ok(())
    }

    /// Ends everybody's stay and tells what they missed.
    async fn leave(mut self) -> anyhow::Result<Vec<String>> {
        let mut faults = Vec::new();
        let ended = self.tally.ended.load(Relaxed);
        if ended > 0 {
            faults.push(format!("{ended} were sent away"));
        }
        self.stop.cancel();
        let (mut packets, mut lost) = (0, 0);
        while let Some(report) = self.people.join_next().await {
            for stream in report??.streams() {
                packets += stream.packets;
                lost += stream.lost;
            }
        }
        if lost as f64 > packets as f64 * LOST_SHARE_MAX {
            faults.push(format!("{lost} of {packets} packets were lost for good"));
        }
        Ok(faults)
    }
}

/// What did not arrive between the first look and the last.
fn missing(looks: &[Look], scenario: &Scenario) -> Option<String> {
    let (first, last) = (looks.first()?, looks.last()?);
    let expected = (last.published - first.published) as f64 * scenario.subscribers() as f64;
    let share = (last.received - first.received) as f64 / expected;
    ((share - 1.0).abs() > ARRIVED_SHARE_OFF_MAX)
        .then(|| format!("{:.1} % of the packets arrived", share * 100.0))
}

impl Window {
    fn between(before: &Look, after: &Look) -> Self {
        let passed = (after.at - before.at).as_secs_f64();
        let received = (after.received - before.received) as f64;
        let latencies = after.latencies.since(&before.latencies);
        Self {
            packets_per_second: received / passed,
            cpu_per_million: (after.server - before.server).as_secs_f64() * 1e6 / received,
            own_load: (after.own - before.own).as_secs_f64() / passed,
            p50_ms: latencies.within_ms(0.5),
            p99_ms: latencies.within_ms(0.99),
        }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.own_load > OWN_LOAD_MAX {
            faults.push(format!(
                "the load test itself used {:.0} % of a processor",
                self.own_load * 100.0
            ));
        }
        faults
    }
}

/// The counters at one moment.
struct Look {
    at: Instant,
    server: Duration,
    own: Duration,
    published: u64,
    received: u64,
    latencies: Latencies,
}

impl Look {
    fn take(tally: &Tally, process: &str) -> anyhow::Result<Self> {
        Ok(Self {
            server: cpu(process)?,
            own: cpu("self")?,
            published: tally.published.load(Relaxed),
            received: tally.received.load(Relaxed),
            latencies: tally.latencies(),
            at: Instant::now(),
        })
    }
}

const TRACKS_EACH: usize = 2;
/// As a crowd that follows one link: more would only measure how this process queues.
const JOINING_MAX: usize = 16;
const JOINED_WITHIN: Duration = Duration::from_secs(120);
const WINDOWS: usize = 3;
/// Both ends cut through frames that are under way, the largest of which are that large.
const ARRIVED_SHARE_OFF_MAX: f64 = 0.025;
/// The joining of hundreds on two processors may cost a packet that nobody asks for again.
const LOST_SHARE_MAX: f64 = 0.001;
/// Above this, participants wait for each other and latencies are theirs.
const OWN_LOAD_MAX: f64 = 0.9;
