//! What a client holds: relayed addresses, permissions and channels, each for its time.
//!
//! Invariants: a channel has one peer and a peer one channel (RFC 8656 §12.2); what has expired
//! counts as gone, and makes room when there is none.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use crate::{
    failure::Code,
    integrity::Key,
    io::{Config, Family},
    message::Transaction,
    rate::Rate,
};

/// Addresses that one allocation may have permissions for; one more is refused with 508.
pub const PERMISSIONS_MAX: usize = 16;
/// Channels that one allocation may bind; one more is refused with 508.
pub const CHANNELS_MAX: usize = 16;

/// RFC 8656 §9.
const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// RFC 8656 §12.
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);
/// RFC 8656 §3.2: what an allocation lasts that asks for nothing, or for less.
pub(crate) const LIFETIME_MIN: Duration = Duration::from_secs(600);
/// RFC 8656 §7.2: what it lasts at most without being refreshed.
pub(crate) const LIFETIME_MAX: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(crate) struct Allocation {
    /// Whose it is: nobody else may change it.
    pub(crate) username: String,
    pub(crate) key: Key,
    /// The request that made it, and its answer, for when the answer was lost.
    pub(crate) transaction: Transaction,
    pub(crate) answer: Vec<u8>,
    pub(crate) to_media: Rate,
    pub(crate) to_client: Rate,
    relayed: Vec<Relayed>,
    permissions: Vec<Permission>,
    channels: Vec<Channel>,
}

/// One for each address family, at most.
#[derive(Debug)]
struct Relayed {
    address: SocketAddr,
    expires: Instant,
}

#[derive(Debug)]
struct Permission {
    ip: IpAddr,
    expires: Instant,
}

#[derive(Debug)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    expires: Instant,
}

/// What makes an allocation.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) username: String,
    pub(crate) key: Key,
    pub(crate) transaction: Transaction,
    pub(crate) answer: Vec<u8>,
    pub(crate) relayed: Vec<SocketAddr>,
    pub(crate) lifetime: Duration,
}

impl Allocation {
    pub(crate) fn new(made: Made, config: &Config, now: Instant) -> Self {
        let expires = now + made.lifetime;
        let relayed = made.relayed.into_iter();
        Self {
            username: made.username,
            key: made.key,
            transaction: made.transaction,
            answer: made.answer,
            to_media: Rate::new(config.rate_bps_max, now),
            to_client: Rate::new(config.rate_bps_max, now),
            relayed: relayed
                .map(|address| Relayed { address, expires })
                .collect(),
            permissions: Vec::new(),
            channels: Vec::new(),
        }
    }

    /// Lets packets pass between the client and an address for five minutes.
    pub(crate) fn permit(&mut self, ip: IpAddr, now: Instant) -> Result<(), Code> {
        let expires = now + PERMISSION_LIFETIME;
        if let Some(known) = self.permissions.iter_mut().find(|one| one.ip == ip) {
            known.expires = expires;
            return Ok(());
        }
        self.permissions.retain(|one| one.expires > now);
        if self.permissions.len() >= PERMISSIONS_MAX {
            return Err(Code::InsufficientCapacity);
        }
        self.permissions.push(Permission { ip, expires });
        Ok(())
    }

    /// Gives a peer a number for ten minutes, and a permission (RFC 8656 §12.2).
    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr, now: Instant) -> Result<(), Code> {
        self.channels.retain(|channel| channel.expires > now);
        let is_same = |channel: &Channel| channel.number == number && channel.peer == peer;
        let is_taken = |channel: &Channel| channel.number == number || channel.peer == peer;
        let known = self.channels.iter().position(is_taken);
        match known {
            Some(index) if !is_same(&self.channels[index]) => return Err(Code::BadRequest),
            None if self.channels.len() >= CHANNELS_MAX => return Err(Code::InsufficientCapacity),
            Some(_) | None => {}
        }
        self.permit(peer.ip(), now)?;
        let expires = now + CHANNEL_LIFETIME;
        match known {
            Some(index) => self.channels[index].expires = expires,
            None => self.channels.push(Channel {
                number,
                peer,
                expires,
            }),
        }
        Ok(())
    }

    /// Lets the address of one family, or of both, last for so long from here on.
    pub(crate) fn refresh(&mut self, family: Option<Family>, lifetime: Duration, now: Instant) {
        for relayed in &mut self.relayed {
            if family.is_none_or(|family| family == Family::of(relayed.address)) {
                relayed.expires = now + lifetime;
            }
        }
    }

    /// Takes out the addresses whose time is over.
    pub(crate) fn take_expired(&mut self, now: Instant) -> Vec<SocketAddr> {
        let expired = self.relayed.extract_if(.., |one| one.expires <= now);
        expired.map(|relayed| relayed.address).collect()
    }

    /// When the next of its addresses expires, while there is one.
    pub(crate) fn expires(&self) -> Option<Instant> {
        self.relayed.iter().map(|relayed| relayed.expires).min()
    }

    pub(crate) fn relayed(&self) -> impl Iterator<Item = SocketAddr> {
        self.relayed.iter().map(|relayed| relayed.address)
    }

    pub(crate) fn relayed_of(&self, family: Family) -> Option<SocketAddr> {
        self.relayed()
            .find(|&address| Family::of(address) == family)
    }

    /// Whether there is an address of a family whose time is not over.
    pub(crate) fn is_live(&self, family: Family, now: Instant) -> bool {
        let mut live = self.relayed.iter().filter(|one| one.expires > now);
        live.any(|one| Family::of(one.address) == family)
    }

    pub(crate) fn is_permitted(&self, ip: IpAddr, now: Instant) -> bool {
        let mut permissions = self.permissions.iter();
        permissions.any(|one| one.ip == ip && one.expires > now)
    }

    pub(crate) fn peer_of(&self, number: u16, now: Instant) -> Option<SocketAddr> {
        let mut live = self.channels.iter().filter(|one| one.expires > now);
        live.find(|one| one.number == number).map(|one| one.peer)
    }

    pub(crate) fn channel_of(&self, peer: SocketAddr, now: Instant) -> Option<u16> {
        let mut live = self.channels.iter().filter(|one| one.expires > now);
        live.find(|one| one.peer == peer).map(|one| one.number)
    }
}
