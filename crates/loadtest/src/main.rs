//! Measures what the server needs to forward media, with real participants on loopback.
//!
//! A scenario file names the rooms. For each, the floor is measured, then a server of its own is
//! started without and with bandwidth estimation, participants join and stay, and what it took is
//! written as a Markdown section to standard output.

mod audience;
mod callgrind;
mod causes;
mod floor;
mod instructions;
mod person;
mod processes;
mod report;
mod run;
mod scenario;
mod server;
mod soak;
mod tally;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser};
use tokio::runtime::Runtime;

use loadtest::steady::{self, Shape};

use crate::{report::Row, scenario::Scenario};

/// Measures what the server needs to forward media.
#[derive(Debug, Parser)]
enum Arguments {
    /// Plays scenarios against the server's binary and prints a report.
    Play(Play),
    /// Plays a room without a network, for callgrind; prints how many packets were received.
    Steady {
        #[arg(long)]
        subscribers: usize,
        #[arg(long)]
        estimation: bool,
        /// Every so many packets, one for a subscriber is lost.
        #[arg(long)]
        lost_every: Option<u64>,
        #[arg(long, default_value_t = 2)]
        seconds: u64,
    },
    /// Plays one scenario for long and fails when the server's memory grows or media stops.
    Soak(Soak),
    /// Counts instructions under callgrind and compares them with those recorded.
    Instructions {
        #[arg(long, default_value = "crates/loadtest/instructions.toml")]
        recorded: PathBuf,
        /// Records what is counted.
        #[arg(long)]
        record: bool,
    },
}

#[derive(Debug, Args)]
struct Play {
    /// The server's binary.
    #[arg(long, default_value = "target/release/helpsight")]
    server: PathBuf,
    /// Measures only one setting of the bandwidth estimation, and prints it at once.
    #[arg(long)]
    estimation: Option<bool>,
    /// Measures only the floor.
    #[arg(long)]
    floor_only: bool,
    /// Scenario files.
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct Soak {
    /// The server's binary.
    #[arg(long, default_value = "target/release/helpsight")]
    server: PathBuf,
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    #[arg(default_value = "crates/loadtest/scenarios/1-to-200.toml")]
    scenario: PathBuf,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse() {
        Arguments::Play(play) => play_all(&play),
        Arguments::Soak(soak) => stay(&soak),
        Arguments::Steady {
            subscribers,
            estimation,
            lost_every,
            seconds,
        } => {
            let shape = Shape {
                subscribers,
                estimates_bandwidth: estimation,
                lost_every,
            };
            let done = steady::play(shape, seconds)?;
            Ok(writeln!(io::stdout(), "{}", done.received)?)
        }
        Arguments::Instructions { recorded, record } => {
            let (report, is_good) = instructions::check(&recorded, record)?;
            io::stdout().write_all(report.as_bytes())?;
            anyhow::ensure!(is_good, "instructions differ from {}", recorded.display());
            Ok(())
        }
    }
}

fn play_all(arguments: &Play) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let mut rows = Vec::new();
    for path in &arguments.scenarios {
        let scenario = Scenario::read(path)?;
        let floor = floor::measure(&scenario)?;
        tell(&format!("{}: floor {floor:.2}\n", scenario.name))?;
        if arguments.floor_only {
            continue;
        }
        let play = |estimation| {
            let outcome = runtime.block_on(run::play(&scenario, &arguments.server, estimation));
            if let Ok(outcome) = &outcome {
                tell(&format!(
                    "{}, estimation {estimation}: {outcome:?}\n",
                    scenario.name
                ))?;
            }
            outcome
        };
        if let Some(estimation) = arguments.estimation {
            play(estimation)?;
            continue;
        }
        let (off, on) = (play(false)?, play(true)?);
        rows.push(Row {
            name: scenario.name,
            floor,
            off,
            on,
        });
    }
    if !rows.is_empty() {
        io::stdout().write_all(report::markdown(&rows).as_bytes())?;
    }
    Ok(())
}

fn stay(arguments: &Soak) -> anyhow::Result<()> {
    anyhow::ensure!(arguments.minutes > 0, "a stay of no length shows nothing");
    let scenario = Scenario::read(&arguments.scenario)?;
    let duration = Duration::from_secs(arguments.minutes * 60);
    let soak = runtime()?.block_on(soak::play(
        &scenario,
        &arguments.server,
        duration,
        |sample| {
            let (at, megabytes) = (sample.at.as_secs(), sample.resident as f64 / 1e6);
            // Progress that nobody reads is not worth failing for.
            let _ = tell(&format!("{at:4} s: {megabytes:.1} MB\n"));
        },
    ))?;
    let summary = soak.summary();
    writeln!(
        io::stdout(),
        "{}, {} minutes: {summary}",
        scenario.name,
        arguments.minutes
    )?;
    anyhow::ensure!(soak.faults.is_empty(), "the server did not hold");
    Ok(())
}

/// All participants on one thread: the server keeps a processor for itself.
fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// Progress goes where it does not mix with the report.
fn tell(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}
