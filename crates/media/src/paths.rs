//! Finds the shard that a packet is for.
//!
//! Every ufrag of ours names its shard, so the STUN packet that opens a path tells where it
//! belongs, and everything else follows its address. Where we restart ICE ourselves the library
//! chooses the ufrag: that one is tried on every shard, and its own recognises it.

use std::{net::SocketAddr, num::NonZeroUsize};

use lru::LruCache;

/// Every live path checks itself every few seconds and stays among the newest.
const PATHS_MAX: NonZeroUsize = NonZeroUsize::new(65_536).expect("not zero");

pub(crate) struct Paths {
    shards: usize,
    known: LruCache<SocketAddr, Owner>,
}

impl Paths {
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            shards,
            known: LruCache::new(PATHS_MAX),
        }
    }

    pub(crate) fn owner_of(&mut self, source: SocketAddr, payload: &[u8]) -> Owner {
        if self.shards == 1 {
            return Owner::Shard(0);
        }
        let Some(ufrag) = signal::local_ufrag(payload) else {
            let known = self.known.get(&source).copied();
            return known.unwrap_or(Owner::Nobody);
        };
        let owner = match shard_of_ufrag(&ufrag) {
            Some(shard) if shard < self.shards => Owner::Shard(shard),
            Some(_) => return Owner::Nobody,
            None => Owner::Unnamed,
        };
        // A path whose shard is known is not unlearnt by somebody who sends in its name.
        if owner != Owner::Unnamed || !self.known.contains(&source) {
            self.known.put(source, owner);
        }
        owner
    }
}

/// Which shard a packet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Shard(usize),
    /// One of them, but the packet does not say which.
    Unnamed,
    Nobody,
}

/// Not among the letters and digits that the library makes its own ufrags of.
const MARK: char = '+';

/// What every ufrag of a shard begins with.
pub(crate) fn ufrag_prefix(shard: usize) -> String {
    format!("{MARK}{shard:02x}")
}

pub(crate) fn shard_of_ufrag(ufrag: &str) -> Option<usize> {
    usize::from_str_radix(ufrag.strip_prefix(MARK)?.get(..2)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ufrag_names_its_shard() {
        for shard in [0, 1, 15, 16, 255] {
            let ufrag = ufrag_prefix(shard) + "random";
            assert_eq!(shard_of_ufrag(&ufrag), Some(shard));
        }
        for other in ["+zz", "+é", "+", "00random", ""] {
            assert_eq!(shard_of_ufrag(other), None, "{other}");
        }
    }
}
