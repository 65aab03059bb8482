//! What happens in a run: who comes, over which network, and what goes wrong. All from the seed.
//!
//! A run has two parts: trouble, then calm. In the calm the network is good and everybody has time
//! to come back.

use std::time::Duration;

use crate::{network::Quality, random::Random};

/// When the network becomes good.
pub const CALM_AT: Duration = Duration::from_secs(8);
/// When a run ends.
pub const END_AT: Duration = Duration::from_secs(48);
/// What is received in this time before the end counts as received at the end.
pub const LAST_LOOK: Duration = Duration::from_secs(3);

/// How bad the run's networks are, and so what may be asked of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Packets are late and overtake each other; none is lost, nothing breaks.
    Shuffled,
    /// Some packets are lost and can be sent again in time.
    Lossy,
    /// Everything may happen.
    Broken,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How bad it is.
    pub severity: Severity,
    /// Who takes part.
    pub people: Vec<Person>,
    /// What goes wrong, in order.
    pub happenings: Vec<(Duration, Happening)>,
}

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// In which room.
    pub room: usize,
    /// When they come.
    pub joins_at: Duration,
    /// Whether they use two connections.
    pub is_dual: bool,
    /// Whether they have a microphone.
    pub has_sound: bool,
    /// How many layers their camera sends; none is no camera.
    pub layers: usize,
    /// The way to the server.
    pub up: Quality,
    /// The way from it.
    pub down: Quality,
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// Somebody's NAT gives them another address.
    Rebinds(usize),
    /// Somebody's signalling connection breaks.
    IsCutOff(usize),
    /// Somebody takes their camera away and puts it back.
    Republishes(usize),
    /// The machine sleeps: time passes, and nothing is done.
    Sleep(Duration),
    /// The machine's date is set, by so many seconds.
    DateJumps(i64),
    /// The engine panics over somebody who joins anew.
    Panic(usize),
    /// The engine panics over somebody's next packet of sound or pictures; only with
    /// [`replace_crypto`](crate::replace_crypto), which it panics in.
    PanicOverPacket(usize),
}

impl Plan {
    /// The run of a seed.
    pub fn of(seed: u64) -> Self {
        let mut random = Random::of(seed, 1);
        let severity = match seed % 3 {
            0 => Severity::Shuffled,
            1 => Severity::Lossy,
            _ => Severity::Broken,
        };
        let mut people = Vec::new();
        for room in 0..usize::from(random.below(2) == 0) + 1 {
            for _ in 0..random.between(2, 3) {
                people.push(person(room, severity, &mut random));
            }
        }
        // There is something to see.
        people[0].layers = people[0].layers.max(1);
        let mut happenings: Vec<_> = match severity {
            Severity::Shuffled | Severity::Lossy => vec![republishing(&people, &mut random)],
            Severity::Broken => (0..random.between(2, 5))
                .map(|_| trouble(&people, &mut random))
                .collect(),
        };
        happenings.sort_by_key(|(at, _)| *at);
        Self {
            severity,
            people,
            happenings,
        }
    }
}

fn person(room: usize, severity: Severity, random: &mut Random) -> Person {
    let layers = match random.below(4) {
        0 => 0,
        1 => 2,
        2 => 3,
        _ => 1,
    };
    Person {
        room,
        joins_at: Duration::from_millis(random.below(2500)),
        is_dual: random.below(2) == 0,
        has_sound: random.below(4) > 0,
        layers,
        up: quality(severity, random),
        down: quality(severity, random),
    }
}

fn quality(severity: Severity, random: &mut Random) -> Quality {
    let (loss_per_mille, rate) = match severity {
        Severity::Shuffled => (0, None),
        Severity::Lossy => (random.between(1, 30), None),
        Severity::Broken => {
            let rate = random.between(200, 3000) * 1000;
            (random.below(301), (random.below(3) == 0).then_some(rate))
        }
    };
    Quality {
        loss_per_mille,
        delay_ms: random.between(2, 60),
        jitter_ms: random.below(30),
        rate_bps: rate,
    }
}

fn at(random: &mut Random, happening: Happening) -> (Duration, Happening) {
    let latest = CALM_AT.as_millis() as u64 - 500;
    let at = Duration::from_millis(random.between(1500, latest));
    (at, happening)
}

fn republishing(people: &[Person], random: &mut Random) -> (Duration, Happening) {
    let who = random.below(people.len() as u64) as usize;
    at(random, Happening::Republishes(who))
}

fn trouble(people: &[Person], random: &mut Random) -> (Duration, Happening) {
    let who = random.below(people.len() as u64) as usize;
    let happening = match random.below(7) {
        0 | 1 => Happening::Rebinds(who),
        2 => Happening::IsCutOff(who),
        3 => Happening::Republishes(who),
        4 => Happening::Sleep(Duration::from_secs(random.between(1, 40))),
        5 => Happening::DateJumps(random.below(241) as i64 - 120),
        _ => Happening::Panic(who),
    };
    at(random, happening)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_differ_and_repeat() {
        let plans: Vec<_> = (0..30).map(Plan::of).collect();
        let again = (0..30).map(Plan::of);
        assert_eq!(plans, again.collect::<Vec<_>>());
        assert_ne!(plans[2], plans[5]);
    }

    #[test]
    fn a_hundred_seeds_contain_everything_that_can_go_wrong() {
        let plans: Vec<_> = (0..100).map(Plan::of).collect();
        let has = |is_it: fn(&Happening) -> bool| {
            let all = plans.iter().flat_map(|plan| &plan.happenings);
            all.filter(|(_, happening)| is_it(happening)).count() > 2
        };
        assert!(has(|it| matches!(it, Happening::Rebinds(_))));
        assert!(has(|it| matches!(it, Happening::IsCutOff(_))));
        assert!(has(|it| matches!(it, Happening::Republishes(_))));
        assert!(has(|it| matches!(it, Happening::Sleep(_))));
        assert!(has(|it| matches!(it, Happening::DateJumps(_))));
        assert!(has(|it| matches!(it, Happening::Panic(_))));
        let people = || plans.iter().flat_map(|plan| &plan.people);
        assert!(people().any(|one| one.up.loss_per_mille > 250));
        assert!(people().any(|one| one.down.rate_bps.is_some()));
        assert!(people().any(|one| one.is_dual) && people().any(|one| one.layers == 3));
    }
}
