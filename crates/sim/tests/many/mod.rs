//! Plays seeds of a range on all cores, and tells how to play again those that went wrong.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use sim::{
    Happening, Length, Outcome, Person, Plan, Quality, Severity, hush_planned_panics, play, run,
};

/// Seeds of a range, on as many threads as there are cores.
pub(crate) fn expect_kept(seeds: Range<u64>, length: Length) {
    hush_planned_panics();
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let mut broken = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return broken;
            }
            let outcome = run(seed, length);
            broken.extend(Some(outcome).filter(|outcome| !outcome.violations.is_empty()));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let broken: Vec<Outcome> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let broken = threads.into_iter().flat_map(|thread| match thread.join() {
            Ok(broken) => broken,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        broken.collect()
    });
    let lines = broken.iter().map(|outcome| {
        let (seed, violations) = (outcome.seed, &outcome.violations);
        format!("seed {seed}: {violations:#?}\n  {}\n", replay(seed))
    });
    let lines: String = lines.collect();
    assert!(broken.is_empty(), "{} seeds broken:\n{lines}", broken.len());
}

pub(crate) fn expect_one_kept(seed: u64, length: Length) {
    hush_planned_panics();
    let outcome = run(seed, length);
    assert!(outcome.packets > 1000, "something was sent");
    assert!(
        outcome.violations.is_empty(),
        "seed {seed}, trace {:016x}: {:#?}\n{:#?}",
        outcome.trace_hash(),
        outcome.violations,
        outcome.trace
    );
}

/// Two rooms on good networks; the engine fails over somebody in the first.
pub(crate) fn expect_one_room_to_pay(happening: Happening) {
    hush_planned_panics();
    let person = |room| Person {
        room,
        joins_at: Duration::from_millis(100),
        is_dual: false,
        has_sound: true,
        layers: 1,
        up: Quality::PERFECT,
        down: Quality::PERFECT,
    };
    let plan = Plan {
        severity: Severity::Shuffled,
        people: [0, 0, 1, 1].map(person).into(),
        happenings: vec![(Duration::from_secs(4), happening)],
    };
    let outcome = play(1, plan, Length::Full);
    assert_eq!(outcome.violations, Vec::<String>::new());
    let happened = |line: &str| outcome.trace.iter().filter(|one| *one == line).count();
    assert_eq!(happened("the engine panicked"), 1);
    let joins = |who| happened(&format!("person{who} joins"));
    assert!(joins(0) > 1 && joins(1) > 1, "{:?}", outcome.trace);
    assert_eq!([joins(2), joins(3)], [1, 1], "{:?}", outcome.trace);
    let others = |line: &&String| line.contains("person2 is") || line.contains("person3 is");
    assert!(
        !outcome.trace.iter().any(|line| others(&line)),
        "{:?}",
        outcome.trace
    );
}

/// The seed of the variable `SIM_SEED`.
pub(crate) fn from_environment() -> u64 {
    let seed = std::env::var("SIM_SEED").ok();
    seed.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The command that plays a seed again.
fn replay(seed: u64) -> String {
    let binary = env!("CARGO_CRATE_NAME");
    format!("SIM_SEED={seed} cargo test --release -p sim --test {binary} one_seed -- --nocapture")
}
