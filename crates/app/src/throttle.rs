//! How often somebody may try something that can be guessed.
//!
//! Each key has a budget of tries that refills with time (the generic cell rate algorithm: one
//! time per key says when its budget is whole again). A try that turns out right is given back,
//! so that only wrong ones cost.
//!
//! Invariant: at most `KEYS_MAX` keys are remembered. When all places are taken by keys that are
//! still paying, further keys share one budget: a flood of addresses cannot wash out the memory.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Mutex, MutexGuard},
};

use domain::{EmailAddress, ParticipantId};
use time::{Duration, OffsetDateTime};

/// All budgets of the installation. They start anew with the server.
#[derive(Debug)]
pub(crate) struct Throttles {
    pub(crate) sign_in_by_address: Throttle<Network>,
    /// Wrong passwords for one e-mail address, from wherever they come.
    pub(crate) sign_in_by_email: Throttle<EmailAddress>,
    /// What is left to each address while that is used up, so that nobody can lock a user out by
    /// guessing: enough for a person who mistypes.
    pub(crate) spare_sign_in_by_address: Throttle<(EmailAddress, Network)>,
    /// What is then left to all addresses of a site.
    pub(crate) spare_sign_in_by_site: Throttle<(EmailAddress, Site)>,
    pub(crate) join_code_by_address: Throttle<Network>,
    /// Wrong join codes of the whole installation: with it a thousand networks guess hardly faster
    /// than one.
    pub(crate) join_codes: Throttle<()>,
    /// What is left to each address while that is used up, so that nobody can lock all guests out
    /// by guessing: enough for a person who mistypes.
    pub(crate) spare_join_code_by_address: Throttle<Network>,
    /// What is then left to all addresses of a site, of which one customer may have many: more than
    /// one guesser among them uses up, while a thousand sites together try a few millionths of all
    /// codes in an hour.
    pub(crate) spare_join_code_by_site: Throttle<Site>,
    /// Wrong links. They cannot be guessed; this keeps the database out of it.
    pub(crate) wrong_link_by_address: Throttle<Network>,
    /// Changes of one participant's role. Each is kept in the session's record for good, and
    /// everybody may change their own.
    pub(crate) role_of_participant: Throttle<ParticipantId>,
    /// Comings of one participant, which are kept for good like their goings.
    pub(crate) stays_of_participant: Throttle<ParticipantId>,
}

impl Default for Throttles {
    fn default() -> Self {
        Self {
            sign_in_by_address: Throttle::new(30, Duration::seconds(10)),
            sign_in_by_email: Throttle::new(10, Duration::seconds(30)),
            spare_sign_in_by_address: Throttle::new(3, Duration::hours(1)),
            spare_sign_in_by_site: Throttle::new(9, Duration::minutes(20)),
            join_code_by_address: Throttle::new(20, Duration::seconds(15)),
            join_codes: Throttle::new(600, Duration::seconds(5)),
            spare_join_code_by_address: Throttle::new(3, Duration::hours(1)),
            spare_join_code_by_site: Throttle::new(9, Duration::minutes(20)),
            wrong_link_by_address: Throttle::new(60, Duration::seconds(5)),
            role_of_participant: Throttle::new(10, Duration::minutes(1)),
            stays_of_participant: Throttle::new(60, Duration::minutes(1)),
        }
    }
}

/// Where a request comes from, as coarsely as one customer of a network provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            // A customer has at least a /64 (RFC 6177 §2) and chooses the rest freely.
            IpAddr::V6(address) => {
                Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into()
            }
        })
    }
}

/// Where a request comes from, as coarsely as what one customer can get hold of many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Site(IpAddr);

impl Network {
    pub(crate) fn site(self) -> Site {
        Site(match self.0 {
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8)).into(),
            // The usual assignment to a site is a /48 (RFC 6177 §2).
            IpAddr::V6(address) => {
                Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80)).into()
            }
        })
    }
}

/// Budgets of tries, one per key.
#[derive(Debug)]
pub(crate) struct Throttle<K> {
    burst: i32,
    refill: Duration,
    budgets: Mutex<Budgets<K>>,
}

#[derive(Debug)]
struct Budgets<K> {
    whole_at: HashMap<K, OffsetDateTime>,
    shared_whole_at: OffsetDateTime,
}

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttled {
    pub(crate) retry_after: std::time::Duration,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    /// `burst` tries at once, and one more after each `refill`.
    fn new(burst: i32, refill: Duration) -> Self {
        let budgets = Budgets {
            whole_at: HashMap::new(),
            shared_whole_at: OffsetDateTime::UNIX_EPOCH,
        };
        Self {
            burst,
            refill,
            budgets: Mutex::new(budgets),
        }
    }

    /// Pays for a try.
    pub(crate) fn take(&self, key: &K, now: OffsetDateTime) -> Result<(), Throttled> {
        let mut budgets = self.lock();
        let whole_at = budgets.of(key, now);
        let debt = (*whole_at - now).max(Duration::ZERO);
        let allowed = self.refill * (self.burst - 1);
        if debt > allowed {
            let retry_after = (debt - allowed).unsigned_abs();
            return Err(Throttled { retry_after });
        }
        *whole_at = now + debt + self.refill;
        Ok(())
    }

    /// Pays a try back that turned out right.
    pub(crate) fn give_back(&self, key: &K, now: OffsetDateTime) {
        let refill = self.refill;
        *self.lock().of(key, now) -= refill;
    }

    fn lock(&self) -> MutexGuard<'_, Budgets<K>> {
        self.budgets
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}

impl<K: Hash + Eq + Clone> Budgets<K> {
    fn of(&mut self, key: &K, now: OffsetDateTime) -> &mut OffsetDateTime {
        if !self.whole_at.contains_key(key) && self.whole_at.len() >= KEYS_MAX {
            self.whole_at.retain(|_, whole_at| *whole_at > now);
            if self.whole_at.len() >= KEYS_MAX {
                return &mut self.shared_whole_at;
            }
        }
        self.whole_at.entry(key.clone()).or_insert(now)
    }
}

const KEYS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn three_then_one_a_minute() -> Throttle<u32> {
        Throttle::new(3, Duration::minutes(1))
    }

    #[test]
    fn a_used_up_budget_says_when_the_next_try_is_free() {
        let throttle = three_then_one_a_minute();
        for _ in 0..3 {
            assert_eq!(throttle.take(&1, START), Ok(()));
        }
        let refused = throttle
            .take(&1, START + Duration::seconds(20))
            .expect_err("it is used up");
        assert_eq!(refused.retry_after.as_secs(), 40);
        assert_eq!(throttle.take(&1, START + Duration::seconds(60)), Ok(()));
        assert!(throttle.take(&1, START + Duration::seconds(60)).is_err());
    }

    #[test]
    fn keys_do_not_pay_for_each_other() {
        let throttle = three_then_one_a_minute();
        for _ in 0..3 {
            assert_eq!(throttle.take(&1, START), Ok(()));
        }
        assert_eq!(throttle.take(&2, START), Ok(()));
    }

    #[test]
    fn right_tries_cost_nothing() {
        let throttle = three_then_one_a_minute();
        for _ in 0..100 {
            assert_eq!(throttle.take(&1, START), Ok(()));
            throttle.give_back(&1, START);
        }
    }

    #[test]
    fn a_flood_of_keys_shares_one_budget_and_frees_nobody() {
        let throttle = three_then_one_a_minute();
        let many = u32::try_from(KEYS_MAX).expect("a small number");
        for key in 0..many {
            for _ in 0..3 {
                assert_eq!(throttle.take(&key, START), Ok(()));
            }
        }
        for key in many..many + 3 {
            assert_eq!(throttle.take(&key, START), Ok(()));
        }
        assert!(throttle.take(&(many + 3), START).is_err());
        assert!(throttle.take(&0, START).is_err());
        assert_eq!(throttle.lock().whole_at.len(), KEYS_MAX);
        let later = START + Duration::minutes(4);
        assert_eq!(throttle.take(&(many + 4), later), Ok(()));
        assert_eq!(throttle.lock().whole_at.len(), 1);
    }

    #[test]
    fn addresses_of_one_customer_are_one_network() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));

        let site = |text: &str| network(text).site();
        assert_eq!(site("2001:db8:1:2::1"), site("2001:db8:1:ffff::9"));
        assert_ne!(site("2001:db8:1::1"), site("2001:db8:2::1"));
        assert_eq!(site("192.0.2.1"), site("192.0.2.255"));
        assert_ne!(site("192.0.2.1"), site("192.0.3.1"));
    }
}
