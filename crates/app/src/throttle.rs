//! How often somebody may try something that can be guessed.
//!
//! Whoever asks pays before the answer is looked for, and is paid back when it was right. Where
//! several budgets pay for one try, all or none of them do.
//!
//! Every budget is remembered on the account of who can make many of its keys: a site, of which
//! one customer may have 65,536 networks, or whoever runs or fills a session.

mod budgets;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::{EmailAddress, ParticipantId, SessionId, UserId};
use time::Duration;

pub(crate) use budgets::{Throttle, Throttled};

/// All budgets of the installation. They start anew with the server.
#[derive(Debug)]
pub(crate) struct Throttles {
    pub(crate) sign_in_by_address: Throttle<Site, Network>,
    /// Wrong passwords for one e-mail address, from wherever they come.
    pub(crate) sign_in_by_email: Throttle<Site, EmailAddress>,
    /// What is left to each address while that is used up, so that nobody can lock a user out by
    /// guessing: enough for a person who mistypes.
    pub(crate) spare_sign_in_by_address: Throttle<Site, (EmailAddress, Network)>,
    /// What is then left to all addresses of a site.
    pub(crate) spare_sign_in_by_site: Throttle<Site, (EmailAddress, Site)>,
    pub(crate) join_code_by_address: Throttle<Site, Network>,
    /// Wrong join codes of the whole installation: with it a thousand networks guess hardly faster
    /// than one.
    pub(crate) join_codes: Throttle<(), ()>,
    /// What is left to each address while that is used up, so that nobody can lock all guests out
    /// by guessing: enough for a person who mistypes.
    pub(crate) spare_join_code_by_address: Throttle<Site, Network>,
    /// What is then left to all addresses of a site, of which one customer may have many: more than
    /// one guesser among them uses up, while a thousand sites together try a few millionths of all
    /// codes in an hour.
    pub(crate) spare_join_code_by_site: Throttle<Site, Site>,
    /// Wrong links. They cannot be guessed; this keeps the database out of it.
    pub(crate) wrong_link_by_address: Throttle<Site, Network>,
    /// Changes of one participant's role by themselves. Each is kept in the session's record for
    /// good, and everybody may change their own.
    pub(crate) role_of_participant: Throttle<SessionId, ParticipantId>,
    /// Changes of one participant's role by one user who runs the session, so that nobody keeps
    /// them from it by changing their own to and fro.
    pub(crate) role_by_host: Throttle<UserId, (UserId, ParticipantId)>,
    /// Comings of one participant, which are kept for good like their goings.
    pub(crate) stays_of_participant: Throttle<SessionId, ParticipantId>,
}

impl Default for Throttles {
    fn default() -> Self {
        Self {
            sign_in_by_address: Throttle::new(30, Duration::seconds(10)),
            sign_in_by_email: Throttle::new(10, Duration::seconds(30)).of_common_keys(),
            spare_sign_in_by_address: Throttle::new(3, Duration::hours(1)),
            spare_sign_in_by_site: Throttle::new(9, Duration::minutes(20)),
            join_code_by_address: Throttle::new(20, Duration::seconds(15)),
            join_codes: Throttle::new(600, Duration::seconds(5)),
            spare_join_code_by_address: Throttle::new(3, Duration::hours(1)),
            spare_join_code_by_site: Throttle::new(9, Duration::minutes(20)),
            wrong_link_by_address: Throttle::new(60, Duration::seconds(5)),
            role_of_participant: Throttle::new(10, Duration::minutes(1))
                .for_groups_of(PARTICIPANTS_OF_SESSION),
            role_by_host: Throttle::new(30, Duration::seconds(20))
                .for_groups_of(PARTICIPANTS_OF_SESSION),
            stays_of_participant: Throttle::new(60, Duration::minutes(1))
                .for_groups_of(PARTICIPANTS_OF_SESSION),
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

/// More than an invite lets in: nobody in a session is held up by the others' comings.
const PARTICIPANTS_OF_SESSION: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

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
