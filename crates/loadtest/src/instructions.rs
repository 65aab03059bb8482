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
    for case in CASES {
        let [short, long] = [case.run(SECONDS[0])?, case.run(SECONDS[1])?];
        let packets = (long.packets - short.packets) as f64;
        let per_packet = (long.instructions - short.instructions) as f64 / packets;
        counted.insert(case.name.to_owned(), per_packet);
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
    compare(&counted, &toml::from_str(&text)?)
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

/// What callgrind counted.
struct Run {
    packets: u64,
    instructions: u64,
    /// Calls, and instructions with all that was called.
    functions: BTreeMap<String, (u64, u64)>,
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

impl Run {
    /// Reads callgrind's format: `fn=` begins a function, `cfn=` and `calls=` a call from it, whose
    /// cost stands in the next line. Names are written once and numbered.
    fn read(profile: &str, packets: u64) -> anyhow::Result<Self> {
        let mut names = BTreeMap::new();
        let mut functions: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let (mut callee, mut calls, mut instructions) = (String::new(), 0, 0);
        for line in profile.lines() {
            if let Some(name) = line.strip_prefix("cfn=") {
                callee = resolved(&mut names, name);
            } else if let Some(name) = line.strip_prefix("fn=") {
                resolved(&mut names, name);
            } else if let Some(call) = line.strip_prefix("calls=") {
                let count = call.split_whitespace().next();
                calls = count.context("calls without a count")?.parse()?;
            } else if calls > 0 {
                let cost = line.split_whitespace().last();
                let cost: u64 = cost.context("a call without its cost")?.parse()?;
                let function = functions.entry(std::mem::take(&mut callee)).or_default();
                function.0 += std::mem::take(&mut calls);
                function.1 += cost;
            } else if let Some(total) = line.strip_prefix("totals:") {
                instructions = total.trim().parse()?;
            }
        }
        Ok(Self {
            packets,
            instructions,
            functions,
        })
    }

    fn function(&self, name: &str) -> (u64, u64) {
        let found = self.functions.iter().filter(|(known, _)| {
            let known = known
                .split_once('\'')
                .map_or(known.as_str(), |(known, _)| known);
            known == name
        });
        found.fold((0, 0), |sum, (_, one)| (sum.0 + one.0, sum.1 + one.1))
    }
}

fn resolved(names: &mut BTreeMap<String, String>, text: &str) -> String {
    match text.split_once(' ') {
        Some((number, name)) => {
            names.insert(number.to_owned(), name.to_owned());
            name.to_owned()
        }
        None => names.get(text).cloned().unwrap_or_default(),
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
    fn calls_are_read_with_what_they_cost() {
        let profile = "fn=(1) main\n1 5\ncfn=(2) work\ncalls=3 7\n1 300\n\nfn=(2)\n7 300\n\
            fn=(3) other\ncfn=(2)\ncalls=1 7\n2 100\ntotals: 405\n";
        let run = Run::read(profile, 9).expect("a profile");
        assert_eq!(run.instructions, 405);
        assert_eq!(run.function("work"), (4, 400));
        assert_eq!(run.function("nothing"), (0, 0));
    }

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
