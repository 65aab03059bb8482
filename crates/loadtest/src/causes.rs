//! Tells what the instructions of a forwarded packet are spent on, by the names of functions.
//!
//! A function belongs to the first cause of which its name has a part. Invariant: every instruction
//! belongs to one cause, so that the causes add up to the whole.

use std::fmt::Write as _;

use crate::callgrind::Run;

/// Instructions for one packet, by cause, in the order of [`CAUSES`]; what is left stands last.
#[derive(Debug, PartialEq)]
pub(crate) struct Spent([f64; CAUSES.len() + 1]);

impl Spent {
    /// What the longer of two runs did more.
    pub(crate) fn between(short: &Run, long: &Run) -> Self {
        let mut spent = [0.0; CAUSES.len() + 1];
        let packets = (long.packets - short.packets) as f64;
        for (run, sign) in [(long, 1.0), (short, -1.0)] {
            for (function, instructions) in &run.own {
                spent[cause_of(function)] += sign * *instructions as f64 / packets;
            }
        }
        Self(spent)
    }
}

fn cause_of(function: &str) -> usize {
    let is_meant = |cause: &&(&str, &[&str])| cause.1.iter().any(|part| function.contains(part));
    let found = CAUSES.iter().position(|cause| is_meant(&cause));
    found.unwrap_or(CAUSES.len())
}

pub(crate) fn markdown(off: &Spent, on: &Spent) -> String {
    let mut text = INTRODUCTION.to_owned();
    let sums = [off, on].map(|spent| spent.0.iter().sum::<f64>());
    let names = CAUSES
        .iter()
        .map(|(name, _)| *name)
        .chain(["anything else"]);
    for ((name, off), on) in names.zip(off.0).zip(on.0) {
        let [share_off, share_on] = [off / sums[0], on / sums[1]].map(|share| share * 100.0);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {name} | {off:.0} | {share_off:.0} % | {on:.0} | {share_on:.0} % |"
        );
    }
    text
}

/// Parts of names, the most telling first: a name may have parts of several.
const CAUSES: &[(&str, &[&str])] = &[
    (
        "cipher (in the floor, too)",
        &[
            "aesni",
            "aws_lc",
            "aead_aes",
            "aes_hw",
            "AwsLcRsAead",
            "LessSafeKey",
            "sha1",
        ],
    ),
    (
        "memory: allocating, copying, clearing",
        &[
            "malloc",
            "calloc",
            "realloc",
            "free",
            "memcpy",
            "memmove",
            "memset",
            "__rdl_",
            "__rust_",
            "raw_vec",
            "drop_in_place",
            "drop_slow",
            "Clone>::clone",
            "memcmp",
        ],
    ),
    ("data channels", &["sctp", "str0m::channel"]),
    ("DTLS and ICE", &["dimpl", "dtls", "is::", "stun"]),
    (
        "estimating and pacing",
        &["str0m::bwe", "str0m::pacer", "twcc"],
    ),
    (
        "time arithmetic",
        &[
            "Timespec",
            "Instant",
            "Duration",
            "core::time",
            "time_tricks",
        ],
    ),
    (
        "hashing and collections",
        &["::hash", "hashbrown", "BuildHasher", "btree", "vec_deque"],
    ),
    (
        "own code: routing, rewriting, order",
        &["sfu::", "signal::", "steady::"],
    ),
    (
        "the library: RTP, headers, streams, timers",
        &[
            "str0m",
            "core::option::Option<T>::or_else",
            "trim_matches",
            "from_utf8",
        ],
    ),
];

const INTRODUCTION: &str = "
## Where the instructions go

Of one packet to 20 subscribers, by the names of functions, from the same counts. The floor has the
cipher and nothing else; the kernel's work is in neither. Valgrind's processor is an older one, on
which the cipher takes several times as many instructions.

| cause | estimation off | | on | |
| --- | --- | --- | --- | --- |
";

#[cfg(test)]
mod tests {
    use super::*;

    fn run(packets: u64, own: &[(&str, u64)]) -> Run {
        let lines = own
            .iter()
            .zip(1..)
            .map(|((name, cost), id)| format!("fn=({id}) {name}\n1 {cost}\n"));
        Run::read(&lines.collect::<String>(), packets).expect("a profile")
    }

    #[test]
    fn a_function_belongs_to_what_its_name_tells() {
        let name = |function| CAUSES[cause_of(function)].0;
        assert_eq!(name("str0m::sctp::RtcSctp::do_poll"), "data channels");
        assert_eq!(
            name("sfu::forward::Forward::take"),
            "own code: routing, rewriting, order"
        );
        assert_eq!(name("_aesni_ctr32_ghash_6x"), "cipher (in the floor, too)");
        assert_eq!(cause_of("main"), CAUSES.len());
    }

    #[test]
    fn causes_add_up_to_what_a_longer_stay_takes() {
        let short = run(10, &[("sfu::a", 100), ("main", 50)]);
        let long = run(20, &[("sfu::a", 300), ("main", 50), ("memcpy", 70)]);
        let spent = Spent::between(&short, &long);
        assert!((spent.0.iter().sum::<f64>() - 27.0).abs() < 1e-9);
        assert!((spent.0[cause_of("sfu::a")] - 20.0).abs() < 1e-9);
    }
}
