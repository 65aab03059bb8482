//! Hands out the addresses that the relay gives to clients: names, not sockets.
//!
//! Invariants: no address is given twice at a time; one participant has a bounded number of them,
//! and so has everybody together.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    sync::{Mutex, MutexGuard},
};

use relay::{Family, Refusal};

/// Below the ports that systems give to sockets, so that a client beside the server is mistaken for
/// nobody.
const PORTS: RangeInclusive<u16> = 1024..=32_767;
/// Browsers ask for one on each interface, before they know which sections share a connection.
const SHARE: usize = 32;

#[derive(Debug)]
pub(crate) struct RelayedAddresses {
    /// Those of our own media: where a relay of its own would be.
    ips: Vec<IpAddr>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// By whom.
    addresses: HashMap<SocketAddr, String>,
    counts: HashMap<String, usize>,
    /// Where the search for a free port goes on.
    next: u16,
}

impl RelayedAddresses {
    pub(crate) fn new(ips: Vec<IpAddr>) -> Self {
        Self {
            ips,
            taken: Mutex::default(),
        }
    }

    pub(crate) fn take(&self, participant: String, family: Family) -> Result<SocketAddr, Refusal> {
        let is_of_family = |ip: &&IpAddr| ip.is_ipv4() == (family == Family::V4);
        let ip = self.ips.iter().find(is_of_family);
        let ip = *ip.ok_or(Refusal::Capacity)?;
        let mut taken = self.lock();
        if taken.counts.get(&participant).copied().unwrap_or(0) >= SHARE {
            return Err(Refusal::Quota);
        }
        let address = taken.free(ip).ok_or(Refusal::Capacity)?;
        *taken.counts.entry(participant.clone()).or_default() += 1;
        taken.addresses.insert(address, participant);
        Ok(address)
    }

    pub(crate) fn give_back(&self, address: SocketAddr) {
        let mut taken = self.lock();
        let Some(participant) = taken.addresses.remove(&address) else {
            return;
        };
        if let Some(count) = taken.counts.get_mut(&participant) {
            *count -= 1;
            if *count == 0 {
                taken.counts.remove(&participant);
            }
        }
    }

    /// How many are taken.
    pub(crate) fn count(&self) -> usize {
        self.lock().addresses.len()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        let taken = self.taken.lock();
        taken.expect("nothing panics while it holds this lock")
    }
}

impl Taken {
    fn free(&mut self, ip: IpAddr) -> Option<SocketAddr> {
        for _ in PORTS {
            let port = PORTS.start() + self.next;
            self.next = (self.next + 1) % u16::try_from(PORTS.len()).expect("they are ports");
            let address = SocketAddr::new(ip, port);
            if !self.addresses.contains_key(&address) {
                return Some(address);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn addresses() -> RelayedAddresses {
        RelayedAddresses::new(vec![[203, 0, 113, 1].into()])
    }

    #[test]
    fn each_address_is_given_once_until_there_are_no_more() {
        let addresses = addresses();
        let mut given = HashSet::new();
        for number in 0..PORTS.len() {
            let address = addresses.take(format!("PA_{number}"), Family::V4);
            assert!(given.insert(address.expect("there are more")));
        }
        let refused = addresses.take("PA_late".to_owned(), Family::V4);
        assert_eq!(refused, Err(Refusal::Capacity));
        let any = *given.iter().next().expect("there are many");
        addresses.give_back(any);
        assert_eq!(addresses.take("PA_late".to_owned(), Family::V4), Ok(any));
        assert_eq!(addresses.count(), PORTS.len());
    }

    #[test]
    fn a_participant_gets_its_share_and_no_family_that_media_does_not_have() {
        let addresses = addresses();
        let take = || addresses.take("PA_1".to_owned(), Family::V4);
        let given: Vec<_> = (0..SHARE).map(|_| take().expect("its share")).collect();
        assert_eq!(take(), Err(Refusal::Quota));
        assert!(addresses.take("PA_2".to_owned(), Family::V4).is_ok());
        addresses.give_back(given[0]);
        addresses.give_back(given[0]);
        assert!(take().is_ok());
        assert_eq!(take(), Err(Refusal::Quota), "given back once");
        let other = addresses.take("PA_3".to_owned(), Family::V6);
        assert_eq!(other, Err(Refusal::Capacity));
    }
}
