//! Addresses in attributes, mixed with the transaction so that no middlebox finds them
//! (RFC 8489 §14.2).

use std::net::{IpAddr, SocketAddr};

use crate::{
    io::Family,
    message::{MAGIC_COOKIE, Transaction},
};

/// The longest value: an IPv6 address.
const LENGTH_MAX: usize = 20;
const V4: u8 = 1;
const V6: u8 = 2;

impl Family {
    /// The number of a family (RFC 8656 §18.6).
    pub(crate) fn read(number: u8) -> Option<Self> {
        match number {
            V4 => Some(Self::V4),
            V6 => Some(Self::V6),
            _ => None,
        }
    }

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::V4 => V4,
            Self::V6 => V6,
        }
    }
}

/// Reads an XOR-…-ADDRESS.
pub(crate) fn read(value: &[u8], transaction: &Transaction) -> Option<SocketAddr> {
    let [_, family, port_high, port_low, ip @ ..] = value else {
        return None;
    };
    let port = u16::from_be_bytes([port_high ^ MAGIC_COOKIE[0], port_low ^ MAGIC_COOKIE[1]]);
    let ip = match Family::read(*family)? {
        Family::V4 => {
            let mut ip: [u8; 4] = ip.try_into().ok()?;
            mix(&mut ip, transaction);
            IpAddr::from(ip)
        }
        Family::V6 => {
            let mut ip: [u8; 16] = ip.try_into().ok()?;
            mix(&mut ip, transaction);
            IpAddr::from(ip)
        }
    };
    Some(SocketAddr::new(ip, port))
}

/// Calls `write` with the value of an XOR-…-ADDRESS.
pub(crate) fn write(address: SocketAddr, transaction: &Transaction, write: impl FnOnce(&[u8])) {
    let mut value = [0; LENGTH_MAX];
    value[1] = Family::of(address).number();
    let port = address.port().to_be_bytes();
    value[2] = port[0] ^ MAGIC_COOKIE[0];
    value[3] = port[1] ^ MAGIC_COOKIE[1];
    let length = match address.ip() {
        IpAddr::V4(ip) => {
            value[4..8].copy_from_slice(&ip.octets());
            8
        }
        IpAddr::V6(ip) => {
            value[4..].copy_from_slice(&ip.octets());
            LENGTH_MAX
        }
    };
    mix(&mut value[4..length], transaction);
    write(&value[..length]);
}

fn mix(ip: &mut [u8], transaction: &Transaction) {
    for (byte, mask) in ip.iter_mut().zip(MAGIC_COOKIE.iter().chain(transaction)) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 §2.2 and §2.3.
    const TRANSACTION: Transaction = [
        0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
    ];

    #[test]
    fn the_test_vectors_of_the_standard_are_read_and_written() {
        let vectors = [
            (
                "192.0.2.1:32853",
                &[0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43][..],
            ),
            (
                "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
                &[
                    0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25,
                    0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
                ],
            ),
        ];
        for (text, value) in vectors {
            let address: SocketAddr = text.parse().expect("an address");
            assert_eq!(read(value, &TRANSACTION), Some(address));
            let mut written = Vec::new();
            write(address, &TRANSACTION, |value| {
                written.extend_from_slice(value);
            });
            assert_eq!(written, value);
        }
    }

    #[test]
    fn addresses_of_other_lengths_and_families_are_none() {
        for value in [
            &[][..],
            &[0, 1, 0, 0],
            &[0, 1, 0, 0, 1, 2, 3],
            &[0, 3, 0, 0, 1, 2, 3, 4],
        ] {
            assert_eq!(read(value, &TRANSACTION), None);
        }
    }
}
