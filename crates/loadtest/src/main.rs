//! Measures what the server needs to forward media, with real participants on loopback.
//!
//! A scenario file names the rooms. For each, the floor is measured, then a server of its own is
//! started without and with bandwidth estimation, participants join and stay, and what it took is
//! written as a Markdown section to standard output.

mod camera;
mod floor;
mod instructions;
mod person;
mod processes;
mod report;
mod run;
mod scenario;
mod server;
mod steady;
mod tally;

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use clap::{Args, Parser};

use crate::{report::Row, scenario::Scenario, steady::Shape};

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

fn main() -> anyhow::Result<()> {
    match Arguments::parse() {
        Arguments::Play(play) => play_all(&play),
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
    // All participants on one thread: the server keeps a processor for itself.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
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

/// Progress goes where it does not mix with the report.
fn tell(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}
