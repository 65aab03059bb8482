//! Inputs that nobody would send, for the first look at a packet.
//!
//! Plays the files of its corpus, `__fuzz__/<test>/corpus`. Under a fuzzer (`scripts/corpora.sh`) it
//! finds new ones. Nothing may panic, and no packet goes to a shard that does not exist.

#![cfg(test)]

use std::net::SocketAddr;

use crate::paths::{Owner, Paths, ufrag_prefix};

const LENGTH_MAX: usize = 64 * 1024;
const SHARDS: usize = 3;

/// Packets of two senders: a byte for who, one for the length, the packet.
#[test]
fn first_packets() {
    assert_eq!(ufrag_prefix(2), "+02");
    bolero::check!()
        .with_iterations(0)
        .with_max_len(LENGTH_MAX)
        .for_each(|mut bytes: &[u8]| {
            let (mut paths, mut single) = (Paths::new(SHARDS), Paths::new(1));
            while let [who, length, rest @ ..] = bytes {
                let (packet, rest) = rest.split_at(rest.len().min(usize::from(*length)));
                bytes = rest;
                let source = SocketAddr::from(([203, 0, 113, who % 2], 5000));
                assert_eq!(single.owner_of(source, packet), Owner::Shard(0));
                if let Owner::Shard(shard) = paths.owner_of(source, packet) {
                    assert!(shard < SHARDS);
                }
            }
        });
}
