//! Counts instructions of the engine under callgrind and compares them with what was recorded.
//!
//! A room is played for a short and for a longer time; the difference is what a longer stay takes,
//! without anybody's joining. The machine's load changes nothing in it; the compiler, the libraries
//! and, by a percent or so, chance (keys, names) do.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Context as _;

use crate::{callgrind::Run, causes};

/// One way to play a room.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
}

/// More than chance explains, in percent.
const TOLERANCE: f64 = 4.0;
const SECONDS: [u64; 2] = [2, 4];

const CASES: &[Case] = &[
    Case {
        name: "a packet to 1 subscriber, estimation off",
        arguments: &["--subscribers", "1"],
    },
    Case {
        name: "a packet to 1 subscriber, estimation on",
        arguments: &["--subscribers", "1", "--estimation"],
    },
    Case {
        name: "a packet to 20 subscribers, estimation off",
        arguments: &["--subscribers", "20"],
    },
    Case {
        name: "a packet to 20 subscribers, estimation on",
        arguments: &["--subscribers", "20", "--estimation"],
    },
    Case {
        name: "a packet to 20 subscribers that miss every fiftieth",
        arguments: &["--subscribers", "20", "--estimation", "--lost-every", "50"],
    },
];

/// Without and with estimation.
const BROKEN_DOWN: [&str; 2] = [
    "a packet to 20 subscribers, estimation off",
    "a packet to 20 subscribers, estimation on",
];

/// Hot functions, by what they do and their names; told for each call, with all that they call, from
/// the last of the cases.
const FUNCTIONS: &[(&str, &str)] = &[
    (
        "rewrite a packet's numbers for a subscriber",
        "sfu::forward::Forward::take",
    ),
    ("write it to a subscriber", "sfu::shard::forwarding::write"),
    ("tell STUN from media", "sfu::stun::Check::read"),
];

/// Counts everything; `false` when something has changed by more than chance.
pub(crate) fn check(recorded: &Path, is_recording: bool) -> anyhow::Result<(String, bool)> {
    let mut counted = BTreeMap::new();
    let mut spent = Vec::new();
    for case in CASES {
        let [short, long] = [case.run(SECONDS[0])?, case.run(SECONDS[1])?];
        let packets = (long.packets - short.packets) as f64;
        let per_packet = (long.instructions - short.instructions) as f64 / packets;
        counted.insert(case.name.to_owned(), per_packet);
        if BROKEN_DOWN.contains(&case.name) {
            spent.push(causes::Spent::between(&short, &long));
        }
        for (name, function) in FUNCTIONS {
            let [before, after] = [&short, &long].map(|run| run.function(function));
            let calls = after.0.saturating_sub(before.0);
            if calls > 0 {
                let each = after.1.saturating_sub(before.1) as f64 / calls as f64;
                counted.insert((*name).to_owned(), each);
            }
        }
    }
    if is_recording {
        let lines = counted
            .iter()
            .map(|(name, count)| format!("{name:?} = {count:.0}\n"));
        fs::write(recorded, HEAD.to_owned() + &lines.collect::<String>())?;
    }
    let text = fs::read_to_string(recorded)?;
    let (mut report, is_good) = compare(&counted, &toml::from_str(&text)?)?;
    if let [off, on] = &spent[..] {
        report.push_str(&causes::markdown(off, on));
    }
    Ok((report, is_good))
}

fn compare(
    counted: &BTreeMap<String, f64>,
    recorded: &BTreeMap<String, f64>,
) -> anyhow::Result<(String, bool)> {
    let mut text = INTRODUCTION.to_owned();
    let mut is_good = true;
    for (name, before) in recorded {
        let Some(now) = counted.get(name) else {
            is_good = false;
            writeln!(text, "| {name} | - | {before:.0} | **not found** |")?;
            continue;
        };
        let change = (now / before - 1.0) * 100.0;
        let is_same = change.abs() <= TOLERANCE;
        is_good &= is_same;
        let mark = if is_same { "" } else { "**" };
        writeln!(
            text,
            "| {name} | {now:.0} | {before:.0} | {mark}{change:+.1} %{mark} |"
        )?;
    }
    Ok((text, is_good))
}

impl Case {
    fn run(&self, seconds: u64) -> anyhow::Result<Run> {
        let folder = tempfile::tempdir()?;
        let profile = folder.path().join("profile");
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--toggle-collect=*steady::serve*"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(std::env::current_exe()?)
            .arg("steady")
            .args(self.arguments)
            .args(["--seconds", &seconds.to_string()])
            .stderr(Stdio::null())
            .output()
            .context("valgrind cannot be started")?;
        anyhow::ensure!(
            output.status.success(),
            "{} under callgrind failed",
            self.name
        );
        let packets = String::from_utf8(output.stdout)?.trim().parse()?;
        Run::read(&fs::read_to_string(profile)?, packets)
    }
}

const HEAD: &str = "\
# Instructions, as `./bench` counted them when they were recorded. After a change that is meant:
# target/release/loadtest instructions --record
";

const INTRODUCTION: &str = "\
## Instructions

Counted by callgrind in a room without a network and in virtual time, so that the machine's load
changes nothing: of everything that the engine does for one forwarded packet, and of hot functions
for each call. `./bench` fails when one is off what was recorded by more than four percent.

| what | instructions | recorded | change |
| --- | --- | --- | --- |
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_beyond_chance_and_a_missing_function_are_found() {
        let counts = |work: f64| BTreeMap::from([("work".to_owned(), work)]);
        let is_good = |now: f64| compare(&counts(now), &counts(100.0)).expect("text").1;
        assert!(is_good(103.9) && is_good(96.1));
        assert!(!is_good(104.1) && !is_good(95.0));
        let missing = compare(&BTreeMap::new(), &counts(100.0)).expect("text");
        assert!(!missing.1 && missing.0.contains("**not found**"));
    }
}
