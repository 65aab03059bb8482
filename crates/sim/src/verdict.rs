//! What may be asked of every run, and what was not kept.

use participant::{Fault, StreamReport};

use crate::{
    person::Person,
    plan::{Plan, Severity},
};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The seed that it is the run of.
    pub seed: u64,
    /// What was not kept; none in a good run.
    pub violations: Vec<String>,
    /// What happened, one line each, without what str0m draws itself.
    pub trace: Vec<String>,
    /// Packets carried.
    pub packets: u64,
}

impl Outcome {
    /// A short form of the trace: FNV-1a.
    pub fn trace_hash(&self) -> u64 {
        let bytes = self
            .trace
            .iter()
            .flat_map(|line| line.bytes().chain([b'\n']));
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    /// The command that plays it again.
    pub fn replay(&self) -> String {
        format!(
            "SIM_SEED={} cargo test --release -p sim --test seeds one_seed -- --nocapture",
            self.seed
        )
    }
}

/// Looks at everybody when the run is over.
pub(crate) fn judge(plan: &Plan, people: &[Person], violations: &mut Vec<String>) {
    for (index, person) in people.iter().enumerate() {
        let name = person.name();
        if !person.participant.is_connected() {
            violations.push(format!("{name} does not end connected"));
        }
        for (other, they) in plan.people.iter().enumerate() {
            if other == index || they.room != person.plan.room {
                continue;
            }
            let published = [(they.has_sound, false), (they.layers > 0, true)];
            for (is_published, is_video) in published {
                if is_published && !person.heard_last.contains(&(other as u8, is_video)) {
                    let what = if is_video { "pictures" } else { "sound" };
                    violations.push(format!("{name} ends without the {what} of person{other}"));
                }
            }
        }
        let switches = person.blind_switches();
        if switches > 0 {
            violations.push(format!(
                "{name} saw {switches} switches without a key frame"
            ));
        }
        let report = person.participant.report();
        for (track, streams) in &report.tracks {
            for stream in streams {
                let of = format!("{name} of {track}");
                judge_stream(plan.severity, person, &of, stream, violations);
            }
        }
    }
}

fn judge_stream(
    severity: Severity,
    person: &Person,
    of: &str,
    stream: &StreamReport,
    out: &mut Vec<String>,
) {
    let is_excused = |sequence| person.is_beside_keyframe(stream.ssrc, sequence);
    for (sequence, fault) in &stream.faults {
        // Nobody knows that a stream's first packet is missing until a later one has come.
        if *fault != Fault::NoKeyframe && !is_excused(*sequence) {
            out.push(format!("{of}: {fault:?} at {sequence}"));
        }
    }
    let gaps = stream.gaps.iter().filter(|gap| !is_excused(*gap.start()));
    let lost: u64 = gaps.clone().map(|gap| gap.end() - gap.start() + 1).sum();
    let may_lose = match severity {
        Severity::Shuffled => 0,
        // Sound is not sent again.
        Severity::Lossy if stream.pictures == 0 => u64::MAX,
        // A sender stops repeating itself for a while when repeats are 15 % of what it sends.
        // What is missing when a stream ends is not asked for any more.
        Severity::Lossy => (stream.packets / LOSSY_MAY_LOSE_ONE_IN).max(1),
        Severity::Broken => u64::MAX,
    };
    if lost > may_lose {
        let gaps: Vec<_> = gaps.collect();
        out.push(format!("{of}: never repaired: {gaps:?}"));
    }
}

/// Three percent are lost on either way; what is left of that after repair.
const LOSSY_MAY_LOSE_ONE_IN: u64 = 100;
