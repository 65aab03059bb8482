//! Hashing of keys that are our own numbers.
//!
//! Several look-ups are made for each forwarded packet. Nobody outside chooses these keys, so that
//! nothing has to be guarded against collisions on purpose: one multiplication spreads them.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// A map by a number that nobody outside chooses.
pub(crate) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

#[derive(Debug, Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // Knuth's multiplicative hashing: 2^64 divided by the golden ratio.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, BuildHasherDefault};

    use super::*;
    use crate::io::PeerId;

    #[test]
    fn neighbours_are_spread_over_the_whole_table() {
        let hasher = BuildHasherDefault::<NumberHasher>::default();
        let places = |shift: u32| {
            let hashes = (0..128).map(|number| hasher.hash_one(PeerId(number)));
            let mut places: Vec<u64> = hashes.map(|hash| hash >> shift & 127).collect();
            places.sort_unstable();
            places.dedup();
            places.len()
        };
        assert_eq!(places(0), 128, "by the lowest bits, which choose the place");
        assert!(
            places(57) > 64,
            "by the highest, which tell neighbours apart"
        );
    }
}
