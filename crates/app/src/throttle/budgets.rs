//! Budgets of tries, one per key.
//!
//! A budget refills with time (the generic cell rate algorithm: one time per key says when its
//! budget is whole again). A try that turns out right is given back, so that only wrong ones cost.
//!
//! Each key is remembered on the account of a *group*, who asks with it. When all places of a
//! group, or all places there are, hold keys that are still paying, the group's further keys share
//! a budget: a flood of keys cannot wash out the memory. Where several groups ask with one key that
//! budget would be tries at it on top of its own, so that there further keys are refused.
//!
//! Invariant: at most `KEYS_MAX` keys are remembered, and of one group so many as it has places. To
//! have others share a budget with it, somebody has to ask as hundreds of groups.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard},
};

use time::{Duration, OffsetDateTime};

/// Budgets of tries, one per key `K`, remembered on the account of a group `G`.
#[derive(Debug)]
pub(crate) struct Throttle<G, K> {
    burst: i32,
    refill: Duration,
    /// How many keys are remembered on the account of one group.
    places: usize,
    further_keys: FurtherKeys,
    budgets: Mutex<Budgets<G, K>>,
}

/// What becomes of keys for which there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FurtherKeys {
    ShareBudget,
    Refused,
}

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttled {
    pub(crate) retry_after: std::time::Duration,
}

impl<G: Hash + Eq + Clone, K: Hash + Eq + Clone> Throttle<G, K> {
    /// `burst` tries at once, and one more after each `refill`.
    pub(super) fn new(burst: i32, refill: Duration) -> Self {
        let budgets = Budgets {
            of_keys: HashMap::new(),
            of_groups: HashMap::new(),
            shared_whole_at: OffsetDateTime::UNIX_EPOCH,
            swept_at: OffsetDateTime::UNIX_EPOCH,
        };
        Self {
            burst,
            refill,
            places: PLACES_OF_GROUP,
            further_keys: FurtherKeys::ShareBudget,
            budgets: Mutex::new(budgets),
        }
    }

    /// For groups of so many keys.
    pub(super) fn for_groups_of(self, places: usize) -> Self {
        Self { places, ..self }
    }

    /// For keys with which several groups ask.
    pub(super) fn of_common_keys(self) -> Self {
        Self {
            further_keys: FurtherKeys::Refused,
            ..self
        }
    }

    /// Pays for a try of somebody in the group.
    pub(crate) fn take(&self, group: &G, key: &K, now: OffsetDateTime) -> Result<(), Throttled> {
        let mut budgets = self.lock();
        let whole_at = match budgets.payer(group, key, self.places, now) {
            Payer::Key(whole_at) => whole_at,
            Payer::Others(whole_at) if self.further_keys == FurtherKeys::ShareBudget => whole_at,
            Payer::Others(_) => {
                let retry_after = self.refill.unsigned_abs();
                return Err(Throttled { retry_after });
            }
        };
        let debt = (*whole_at - now).max(Duration::ZERO);
        let allowed = self.refill * (self.burst - 1);
        if debt > allowed {
            let retry_after = (debt - allowed).unsigned_abs();
            return Err(Throttled { retry_after });
        }
        *whole_at = now + debt + self.refill;
        Ok(())
    }

    /// Pays a try back that turned out right, or was refused for another reason.
    pub(crate) fn give_back(&self, group: &G, key: &K, now: OffsetDateTime) {
        self.lock().give_back(group, key, self.refill, now);
    }

    fn lock(&self) -> MutexGuard<'_, Budgets<G, K>> {
        self.budgets
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}

#[derive(Debug)]
struct Budgets<G, K> {
    of_keys: HashMap<K, Budget<G>>,
    of_groups: HashMap<G, Crowd>,
    /// Of the keys of groups that are not remembered, while all places are taken.
    shared_whole_at: OffsetDateTime,
    swept_at: OffsetDateTime,
}

#[derive(Debug)]
struct Budget<G> {
    whole_at: OffsetDateTime,
    on_account_of: G,
}

/// What is remembered of a group.
#[derive(Debug)]
struct Crowd {
    /// How many keys are remembered on its account.
    keys: usize,
    /// When the budget of its further keys is whole.
    whole_at: OffsetDateTime,
}

/// The budget that a try comes from.
enum Payer<'a> {
    Key(&'a mut OffsetDateTime),
    /// There is no place for the key.
    Others(&'a mut OffsetDateTime),
}

impl<G: Hash + Eq + Clone, K: Hash + Eq + Clone> Budgets<G, K> {
    fn payer(&mut self, group: &G, key: &K, places: usize, now: OffsetDateTime) -> Payer<'_> {
        if !self.of_keys.contains_key(key) && !self.has_place(group, places) {
            self.sweep(now);
        }
        if !self.of_keys.contains_key(key) {
            if !self.has_place(group, places) {
                return Payer::Others(match self.of_groups.get_mut(group) {
                    Some(crowd) => &mut crowd.whole_at,
                    None => &mut self.shared_whole_at,
                });
            }
            let crowd = Crowd {
                keys: 0,
                whole_at: now,
            };
            self.of_groups.entry(group.clone()).or_insert(crowd).keys += 1;
        }
        let budget = self.of_keys.entry(key.clone()).or_insert_with(|| Budget {
            whole_at: now,
            on_account_of: group.clone(),
        });
        Payer::Key(&mut budget.whole_at)
    }

    fn give_back(&mut self, group: &G, key: &K, refill: Duration, now: OffsetDateTime) {
        if let Some(budget) = self.of_keys.get_mut(key) {
            budget.whole_at -= refill;
            if budget.whole_at <= now {
                self.forget(key);
            }
        } else if let Some(crowd) = self.of_groups.get_mut(group) {
            crowd.whole_at -= refill;
        } else {
            self.shared_whole_at -= refill;
        }
    }

    fn has_place(&self, group: &G, places: usize) -> bool {
        let keys = self.of_groups.get(group).map_or(0, |crowd| crowd.keys);
        self.of_keys.len() < KEYS_MAX && self.of_groups.len() < KEYS_MAX && keys < places
    }

    fn forget(&mut self, key: &K) {
        if let Some(budget) = self.of_keys.remove(key)
            && let Some(crowd) = self.of_groups.get_mut(&budget.on_account_of)
        {
            crowd.keys -= 1;
        }
    }

    /// Forgets whole budgets. A flood must not have all of them looked at for each try.
    fn sweep(&mut self, now: OffsetDateTime) {
        if now < self.swept_at + SWEEP_PAUSE {
            return;
        }
        self.swept_at = now;
        let of_groups = &mut self.of_groups;
        self.of_keys.retain(|_, budget| {
            let pays = budget.whole_at > now;
            if !pays && let Some(crowd) = of_groups.get_mut(&budget.on_account_of) {
                crowd.keys -= 1;
            }
            pays
        });
        of_groups.retain(|_, crowd| crowd.keys > 0 || crowd.whole_at > now);
    }
}

const KEYS_MAX: usize = 50_000;
/// More than people behind one customer's connection get wrong in the time of a refill.
const PLACES_OF_GROUP: usize = 50;
const SWEEP_PAUSE: Duration = Duration::seconds(1);

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);
    const HERE: u32 = 0;
    const ELSEWHERE: u32 = 1;

    fn three_then_one_a_minute() -> Throttle<u32, u32> {
        Throttle::new(3, Duration::minutes(1))
    }

    fn number(size: usize) -> u32 {
        u32::try_from(size).expect("a small number")
    }

    #[test]
    fn a_used_up_budget_says_when_the_next_try_is_free() {
        let throttle = three_then_one_a_minute();
        for _ in 0..3 {
            assert_eq!(throttle.take(&HERE, &1, START), Ok(()));
        }
        let refused = throttle
            .take(&HERE, &1, START + Duration::seconds(20))
            .expect_err("it is used up");
        assert_eq!(refused.retry_after.as_secs(), 40);
        let later = START + Duration::seconds(60);
        assert_eq!(throttle.take(&HERE, &1, later), Ok(()));
        assert!(throttle.take(&HERE, &1, later).is_err());
    }

    #[test]
    fn keys_do_not_pay_for_each_other() {
        let throttle = three_then_one_a_minute();
        for _ in 0..3 {
            assert_eq!(throttle.take(&HERE, &1, START), Ok(()));
        }
        assert_eq!(throttle.take(&HERE, &2, START), Ok(()));
    }

    #[test]
    fn right_tries_cost_nothing_and_leave_nothing_behind() {
        let throttle = three_then_one_a_minute();
        for key in 0..100 {
            for _ in 0..5 {
                assert_eq!(throttle.take(&HERE, &key, START), Ok(()));
                throttle.give_back(&HERE, &key, START);
            }
        }
        assert_eq!(throttle.lock().of_keys.len(), 0);
    }

    #[test]
    fn a_flood_of_one_groups_keys_shares_a_budget_and_costs_no_other_group_anything() {
        let throttle = three_then_one_a_minute();
        let many = number(PLACES_OF_GROUP);
        for key in 0..many {
            for _ in 0..3 {
                assert_eq!(throttle.take(&HERE, &key, START), Ok(()));
            }
        }
        for key in many..many + 3 {
            assert_eq!(throttle.take(&HERE, &key, START), Ok(()));
        }
        for key in many + 3..many + 20_000 {
            assert!(throttle.take(&HERE, &key, START).is_err());
        }
        assert!(
            throttle.take(&HERE, &0, START).is_err(),
            "it frees nobody who pays"
        );
        assert_eq!(throttle.take(&ELSEWHERE, &(many + 3), START), Ok(()));
        assert_eq!(throttle.lock().of_keys.len(), PLACES_OF_GROUP + 1);

        let later = START + Duration::minutes(4);
        assert_eq!(throttle.take(&HERE, &(many + 4), later), Ok(()));
        assert_eq!(throttle.lock().of_keys.len(), 1);
    }

    #[test]
    fn a_key_that_another_group_asked_with_first_is_the_same_key() {
        let throttle = three_then_one_a_minute();
        for group in 0..3 {
            assert_eq!(throttle.take(&group, &1, START), Ok(()));
        }
        assert!(throttle.take(&3, &1, START).is_err());
    }

    #[test]
    fn a_group_without_places_gets_no_tries_at_a_common_key_on_top() {
        let throttle = three_then_one_a_minute().of_common_keys();
        let many = number(PLACES_OF_GROUP);
        for key in 0..many {
            assert_eq!(throttle.take(&HERE, &key, START), Ok(()));
        }
        assert!(throttle.take(&HERE, &many, START).is_err());
        for _ in 0..3 {
            assert_eq!(throttle.take(&ELSEWHERE, &many, START), Ok(()));
        }
        assert!(throttle.take(&HERE, &many, START).is_err());
    }

    #[test]
    fn a_flood_of_groups_shares_one_budget_and_frees_nobody() {
        let throttle = three_then_one_a_minute();
        let many = number(KEYS_MAX);
        for key in 0..many {
            assert_eq!(throttle.take(&key, &key, START), Ok(()));
        }
        for key in many..many + 3 {
            assert_eq!(throttle.take(&key, &key, START), Ok(()));
        }
        assert!(throttle.take(&(many + 3), &(many + 3), START).is_err());
        for _ in 0..2 {
            assert_eq!(throttle.take(&0, &0, START), Ok(()));
        }
        assert!(throttle.take(&0, &0, START).is_err());
        assert_eq!(throttle.lock().of_keys.len(), KEYS_MAX);

        let later = START + Duration::minutes(4);
        assert_eq!(throttle.take(&many, &many, later), Ok(()));
        let budgets = throttle.lock();
        assert_eq!((budgets.of_keys.len(), budgets.of_groups.len()), (1, 1));
    }
}
