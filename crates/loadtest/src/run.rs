//! Plays one scenario against one server.
//!
//! 1. Half of the people join, then the other half: what the second half adds is what a participant
//!    takes, without what the server takes for itself.
//! 2. When every track flows to everybody, the rooms rest.
//! 3. Windows are measured; the one with the least processor time per packet counts: what else runs
//!    on the machine can only add to it.
//!
//! Invariant: a run in which packets did not arrive is void, and says why.

use std::{
    path::Path,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::{
    audience::Audience,
    processes::{cpu, resident},
    scenario::Scenario,
    server::Server,
    tally::{Latencies, Tally},
};

/// What a run showed.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) joins: Joins,
    /// Of the server, in bytes: what each of the second half of the participants added.
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
    let people = scenario.people();
    let first = people / 2;
    let (began, cpu_before) = (Instant::now(), cpu(&process)?);
    audience.admit(first, scenario, &server).await?;
    let mut joining = began.elapsed();
    let mut joining_cpu = cpu(&process)? - cpu_before;
    audience.stay(FILLING).await?;
    let with_half = resident(&process)?;
    let (began, cpu_before) = (Instant::now(), cpu(&process)?);
    audience.admit(people - first, scenario, &server).await?;
    joining += began.elapsed();
    joining_cpu += cpu(&process)? - cpu_before;
    let joins = Joins {
        per_second: people as f64 / joining.as_secs_f64(),
        cpu: joining_cpu / u32::try_from(people)?,
    };
    audience.stay(scenario.settle()).await?;
    let mut looks = vec![Look::take(&audience.tally, &process)?];
    for _ in 0..WINDOWS {
        audience.stay(scenario.window()).await?;
        looks.push(Look::take(&audience.tally, &process)?);
    }
    let windows = looks
        .windows(2)
        .map(|pair| Window::between(&pair[0], &pair[1]));
    let cheaper = |a: &Window, b: &Window| a.cpu_per_million.total_cmp(&b.cpu_per_million);
    let window = windows.min_by(cheaper).context("there is a window")?;
    let memory = resident(&process)?.saturating_sub(with_half) / (people - first) as u64;
    let mut faults = window.faults();
    faults.extend(missing(&looks, scenario));
    faults.extend(audience.leave().await?.fault());
    Ok(Outcome {
        joins,
        memory,
        window,
        faults,
    })
}

/// What did not arrive between the first look and the last.
fn missing(looks: &[Look], scenario: &Scenario) -> Option<String> {
    let (first, last) = (looks.first()?, looks.last()?);
    let expected = (last.published - first.published) * scenario.subscribers() as u64;
    let share = (last.received - first.received) as f64 / expected as f64;
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

const WINDOWS: usize = 3;
/// Both ends cut through frames that are under way, the largest of which are that large.
const ARRIVED_SHARE_OFF_MAX: f64 = 0.025;
/// Above this, participants wait for each other and latencies are theirs.
const OWN_LOAD_MAX: f64 = 0.9;
/// What is kept to be sent again is there by then.
const FILLING: Duration = Duration::from_secs(4);
