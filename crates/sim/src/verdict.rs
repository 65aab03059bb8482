//! What may be asked of every run, and what was not kept.

use std::time::{Duration, Instant};

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
    /// How much everybody got of each stream. Two runs of a seed agree about it with
    /// [`replace_crypto`](crate::replace_crypto), where no way is broken: elsewhere it depends on
    /// what is drawn outside of the seed.
    pub counts: Vec<String>,
    /// Packets carried.
    pub packets: u64,
}

impl Outcome {
    /// A short form of the trace: FNV-1a.
    pub fn trace_hash(&self) -> u64 {
        hash(&self.trace)
    }

    /// A short form of the counts, likewise.
    pub fn counts_hash(&self) -> u64 {
        hash(&self.counts)
    }
}

fn hash(lines: &[String]) -> u64 {
    let bytes = lines.iter().flat_map(|line| line.bytes().chain([b'\n']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Looks at everybody when the run is over.
pub(crate) fn judge(plan: &Plan, people: &[Person], since: Instant, violations: &mut Vec<String>) {
    violations.extend(missing(plan, people, since));
    for person in people {
        let name = person.name();
        for stream in person.streams.values() {
            let switches = stream.blind_switches();
            if switches > 0 {
                violations.push(format!(
                    "{name} saw {switches} switches without a key frame"
                ));
            }
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

/// What people said to each other and did not hear as they should.
pub(crate) fn judge_talk(people: &[Person], end: Option<Instant>, violations: &mut Vec<String>) {
    for (listener, speaker) in people.iter().flat_map(|one| {
        let others = people
            .iter()
            .filter(|other| other.plan.room == one.plan.room);
        others.map(move |other| (one, other))
    }) {
        let faults = listener.talk.faults(&speaker.talk, end).into_iter();
        let (name, of) = (listener.name(), speaker.name());
        if name != of {
            violations.extend(faults.map(|fault| format!("{name} heard of {of}: {fault}")));
        }
    }
}

/// Who is not connected, and what nobody has got since a time though it is sent.
pub(crate) fn missing(plan: &Plan, people: &[Person], since: Instant) -> Vec<String> {
    let mut missing = Vec::new();
    for (index, person) in people.iter().enumerate() {
        let name = person.name();
        if !person.participant.is_connected() {
            missing.push(format!("{name} does not end connected"));
        }
        let heard = person.heard_since(since);
        for (other, they) in plan.people.iter().enumerate() {
            if other == index || they.room != person.plan.room {
                continue;
            }
            let published = [(they.has_sound, false), (they.layers > 0, true)];
            for (is_published, is_video) in published {
                if is_published && !heard.contains(&(other as u8, is_video)) {
                    let what = if is_video { "pictures" } else { "sound" };
                    missing.push(format!("{name} ends without the {what} of person{other}"));
                }
            }
        }
    }
    missing
}

fn judge_stream(
    severity: Severity,
    person: &Person,
    of: &str,
    report: &StreamReport,
    out: &mut Vec<String>,
) {
    let stream = person.streams.get(&report.ssrc);
    let is_excused = |at| stream.is_some_and(|stream| stream.is_beside_keyframe(at));
    for (sequence, fault) in &report.faults {
        // Nobody knows that a stream's first packet is missing until a later one has come.
        if *fault != Fault::NoKeyframe && !is_excused(*sequence) {
            out.push(format!("{of}: {fault:?} at {sequence}"));
        }
    }
    let may_lose = match severity {
        Severity::Shuffled => 0,
        // A sender stops repeating itself for a while when repeats are 15 % of what it sends, as
        // they are when a few packets of a short stream are lost at once.
        Severity::Lossy => (report.packets / LOSSY_MAY_LOSE_ONE_IN).max(3),
        Severity::Broken => return,
    };
    // Sound is not sent again.
    let Some(stream) = stream else {
        return;
    };
    let gaps: Vec<_> = report
        .gaps
        .iter()
        .filter(|gap| !is_excused(*gap.start()) && !stream.ends_within(REPAIR, gap))
        .collect();
    let lost: u64 = gaps.iter().map(|gap| gap.end() - gap.start() + 1).sum();
    if lost > may_lose {
        out.push(format!("{of}: never repaired: {gaps:?}"));
    }
}

/// Three percent are lost on either way; what is left of that after repair.
const LOSSY_MAY_LOSE_ONE_IN: u64 = 100;
/// How long it takes at most until a packet that is missing has been sent again.
const REPAIR: Duration = Duration::from_millis(500);
