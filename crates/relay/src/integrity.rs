//! What proves that a message is somebody's, and that it is a message (RFC 8489 §14.5 and §14.7).
//!
//! MESSAGE-INTEGRITY alone: clients use the SHA-256 one where a server offers algorithms for
//! passwords (RFC 8489 §9.2.5), which no browser knows and a password of 256 bits does not need.

use hmac::{Hmac, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;

use crate::message::{ATTRIBUTE_HEADER_LENGTH, HEADER_LENGTH, Message};

/// Of FINGERPRINT, in bytes.
pub(crate) const FINGERPRINT_LENGTH: usize = 4;

/// Of MESSAGE-INTEGRITY, in bytes.
pub(crate) const LENGTH: usize = 20;

/// The key of long-term credentials.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key([u8; 16]);

impl Key {
    /// RFC 8489 §9.2.2, without a PASSWORD-ALGORITHM: MD5 of `username:realm:password`.
    pub(crate) fn new(username: &str, realm: &str, password: &str) -> Self {
        let mut hash = Md5::new();
        for part in [username, ":", realm, ":", password] {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Whether who sent a message had this key. Takes as long for a wrong value as for a right one.
    pub(crate) fn has_signed(&self, message: &Message<'_>) -> bool {
        message.proof().is_some_and(|proof| {
            let signed = &message.bytes()[..proof.offset];
            self.mac(signed).verify(proof.value.into()).is_ok()
        })
    }

    /// The value for a message that ends before its integrity.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; LENGTH] {
        self.mac(message).finalize().into_bytes().into()
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha1> {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(&header(message, LENGTH));
        mac.update(&message[4..]);
        mac
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// The FINGERPRINT of a message that ends before it.
pub(crate) fn fingerprint(message: &[u8]) -> [u8; 4] {
    const MASK: u32 = 0x5354_554e;
    let mut sum = crc32fast::Hasher::new();
    sum.update(&header(message, FINGERPRINT_LENGTH));
    sum.update(&message[4..]);
    (sum.finalize() ^ MASK).to_be_bytes()
}

/// The first four bytes of a message as if it ended with an attribute of this length.
fn header(message: &[u8], value_length: usize) -> [u8; 4] {
    let length = message.len() - HEADER_LENGTH + ATTRIBUTE_HEADER_LENGTH + value_length;
    let [high, low] = u16::try_from(length)
        .expect("a message with it fitted in 64 KiB, or is one of our own short ones")
        .to_be_bytes();
    [message[0], message[1], high, low]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 §2.4: a request with long-term credentials.
    const REQUEST: &[u8] = &[
        0x00, 0x01, 0x00, 0x60, 0x21, 0x12, 0xa4, 0x42, 0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72,
        0xc0, 0x29, 0xda, 0x41, 0x2e, 0x00, 0x06, 0x00, 0x12, 0xe3, 0x83, 0x9e, 0xe3, 0x83, 0x88,
        0xe3, 0x83, 0xaa, 0xe3, 0x83, 0x83, 0xe3, 0x82, 0xaf, 0xe3, 0x82, 0xb9, 0x00, 0x00, 0x00,
        0x15, 0x00, 0x1c, 0x66, 0x2f, 0x2f, 0x34, 0x39, 0x39, 0x6b, 0x39, 0x35, 0x34, 0x64, 0x36,
        0x4f, 0x4c, 0x33, 0x34, 0x6f, 0x4c, 0x39, 0x46, 0x53, 0x54, 0x76, 0x79, 0x36, 0x34, 0x73,
        0x41, 0x00, 0x14, 0x00, 0x0b, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72,
        0x67, 0x00, 0x00, 0x08, 0x00, 0x14, 0xf6, 0x70, 0x24, 0x65, 0x6d, 0xd6, 0x4a, 0x3e, 0x02,
        0xb8, 0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2, 0x8c, 0xa8, 0x96, 0x66,
    ];

    #[test]
    fn the_test_vector_of_the_standard_is_signed_by_its_user() {
        let message = Message::read(REQUEST).expect("a message");
        let key = Key::new("マトリックス", "example.org", "TheMatrIX");
        assert!(key.has_signed(&message));
        assert!(!Key::new("マトリックス", "example.org", "TheMatrix").has_signed(&message));
        assert!(!Key::new("マトリックス", "example.com", "TheMatrIX").has_signed(&message));
    }

    #[test]
    fn a_message_changed_in_any_bit_is_not_signed() {
        let key = Key::new("マトリックス", "example.org", "TheMatrIX");
        for bit in 0..REQUEST.len() * 8 {
            let mut bytes = REQUEST.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let is_signed = Message::read(&bytes).is_ok_and(|message| key.has_signed(&message));
            assert!(!is_signed, "bit {bit} may be changed");
        }
    }
}
