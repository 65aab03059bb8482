//! Writes STUN messages (RFC 8489 §5 and §14).
//!
//! Invariant: after each attribute the message is complete, so nothing has to be finished.

use std::net::SocketAddr;

use crate::{
    address,
    attributes::{ERROR_CODE, FINGERPRINT, MESSAGE_INTEGRITY, UNKNOWN_ATTRIBUTES},
    failure::Code,
    integrity::{Key, fingerprint},
    message::{Class, HEADER_LENGTH, MAGIC_COOKIE, Method, Transaction, padded},
};

#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Where the message begins.
    start: usize,
    transaction: Transaction,
}

impl<'a> Writer<'a> {
    /// Begins a message behind what `out` holds already.
    pub(crate) fn new(
        out: &'a mut Vec<u8>,
        class: Class,
        method: Method,
        transaction: Transaction,
    ) -> Self {
        let start = out.len();
        let number = method.number();
        let class = match class {
            Class::Request => 0,
            Class::Indication => 0x0010,
            Class::Success => 0x0100,
            Class::Error => 0x0110,
        };
        // All methods here are below 16, so that the bits of the class are above theirs.
        out.extend_from_slice(&(number | class).to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&MAGIC_COOKIE);
        out.extend_from_slice(&transaction);
        Self {
            out,
            start,
            transaction,
        }
    }

    pub(crate) fn attribute(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).expect("who writes has seen to the length");
        self.out.extend_from_slice(&kind.to_be_bytes());
        self.out.extend_from_slice(&length.to_be_bytes());
        self.out.extend_from_slice(value);
        let padding = padded(value.len()) - value.len();
        self.out.extend_from_slice(&[0; 3][..padding]);
        let length = self.out.len() - self.start - HEADER_LENGTH;
        let length = u16::try_from(length).expect("who writes has seen to the length");
        self.out[self.start + 2..self.start + 4].copy_from_slice(&length.to_be_bytes());
    }

    pub(crate) fn address(&mut self, kind: u16, address: SocketAddr) {
        let transaction = self.transaction;
        address::write(address, &transaction, |value| self.attribute(kind, value));
    }

    pub(crate) fn error(&mut self, code: Code) {
        self.attribute(ERROR_CODE, &code.value(0));
    }

    pub(crate) fn unknown(&mut self, kinds: &[u16]) {
        let value: Vec<u8> = kinds.iter().flat_map(|kind| kind.to_be_bytes()).collect();
        self.attribute(UNKNOWN_ATTRIBUTES, &value);
    }

    /// Proves that it is us who says what is written so far.
    pub(crate) fn sign(&mut self, key: &Key) {
        let value = key.sign(&self.out[self.start..]);
        self.attribute(MESSAGE_INTEGRITY, &value);
    }

    pub(crate) fn fingerprint(&mut self) {
        let value = fingerprint(&self.out[self.start..]);
        self.attribute(FINGERPRINT, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        attributes::{NONCE, XOR_MAPPED_ADDRESS},
        message::Message,
    };

    const TRANSACTION: Transaction = [7; 12];

    fn written(sign: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut out = b"before".to_vec();
        let mut writer = Writer::new(&mut out, Class::Success, Method::Allocate, TRANSACTION);
        let address = "203.0.113.1:5000".parse().expect("an address");
        writer.address(XOR_MAPPED_ADDRESS, address);
        writer.attribute(NONCE, b"five!");
        sign(&mut writer);
        out.split_off(6)
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = written(|writer| writer.fingerprint());
        let message = Message::read(&bytes).expect("a message");
        assert_eq!(message.class(), Class::Success);
        assert_eq!(message.method(), Some(Method::Allocate));
        assert_eq!(message.transaction(), TRANSACTION);
        assert_eq!(message.first(NONCE), Some(&b"five!"[..]));
        assert!(message.has_fingerprint());
        assert_eq!(message.attributes().count(), 2);
    }

    #[test]
    fn what_comes_after_the_integrity_is_not_seen() {
        let key = Key::new("user", "realm", "password");
        let bytes = written(|writer| {
            writer.sign(&key);
            writer.attribute(NONCE, b"later");
            writer.sign(&Key::new("other", "realm", "password"));
            writer.fingerprint();
        });
        let message = Message::read(&bytes).expect("a message");
        assert_eq!(message.all(NONCE).count(), 1);
        assert!(key.has_signed(&message));
    }

    #[test]
    fn nothing_comes_after_the_fingerprint() {
        let bytes = written(|writer| {
            writer.fingerprint();
            writer.attribute(NONCE, b"later");
        });
        assert!(Message::read(&bytes).is_err());
    }

    #[test]
    fn a_fingerprint_of_something_else_makes_it_no_message() {
        let bytes = written(|writer| writer.fingerprint());
        for position in 8..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[position] ^= 1;
            let has_it = Message::read(&bytes).is_ok_and(|message| message.has_fingerprint());
            assert!(!has_it, "byte {position} may be changed");
        }
    }

    #[test]
    fn a_message_cut_short_or_with_a_tail_is_none() {
        let bytes = written(|_| {});
        for length in 0..bytes.len() {
            assert!(Message::read(&bytes[..length]).is_err());
        }
        assert!(Message::read(&[&bytes[..], &[0; 4]].concat()).is_err());
    }
}
