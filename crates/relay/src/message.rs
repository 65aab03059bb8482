//! Reads STUN messages (RFC 8489 §5 and §14) where they lie.
//!
//! Invariant: what comes after the message's integrity is not seen, but for the fingerprint; a
//! fingerprint is right, and the last.

use crate::{
    attributes::{FINGERPRINT, MESSAGE_INTEGRITY},
    integrity::{self, FINGERPRINT_LENGTH, fingerprint},
};

pub(crate) const HEADER_LENGTH: usize = 20;
/// Where attributes begin in front of their value.
pub(crate) const ATTRIBUTE_HEADER_LENGTH: usize = 4;
pub(crate) const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// What an answer has in common with its request.
pub(crate) type Transaction = [u8; 12];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Request,
    Indication,
    Success,
    Error,
}

/// RFC 8489 §18.2, RFC 8656 §17.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Binding,
    Allocate,
    Refresh,
    Send,
    Data,
    CreatePermission,
    ChannelBind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a STUN message")]
pub(crate) struct Malformed;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    bytes: &'a [u8],
    /// Where the attributes end that mean something.
    end: usize,
    integrity: Option<Integrity<'a>>,
    has_fingerprint: bool,
}

/// What proves that a message is somebody's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Integrity<'a> {
    pub(crate) value: &'a [u8; integrity::LENGTH],
    /// Where its attribute begins.
    pub(crate) offset: usize,
}

impl<'a> Message<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if !has_cookie(bytes) || length_of(bytes) != Some(bytes.len()) {
            return Err(Malformed);
        }
        let mut message = Self {
            bytes,
            end: bytes.len(),
            integrity: None,
            has_fingerprint: false,
        };
        let mut offset = HEADER_LENGTH;
        while offset < bytes.len() {
            let (kind, value) = attribute(&bytes[offset..]).ok_or(Malformed)?;
            if message.has_fingerprint {
                return Err(Malformed);
            }
            match kind {
                MESSAGE_INTEGRITY if message.integrity.is_none() => {
                    let value = value.try_into().map_err(|_| Malformed)?;
                    message.integrity = Some(Integrity { value, offset });
                    message.end = offset;
                }
                FINGERPRINT => {
                    if value.len() != FINGERPRINT_LENGTH || value != fingerprint(&bytes[..offset]) {
                        return Err(Malformed);
                    }
                    message.has_fingerprint = true;
                    message.end = message.end.min(offset);
                }
                _ => {}
            }
            offset += ATTRIBUTE_HEADER_LENGTH + padded(value.len());
        }
        Ok(message)
    }

    pub(crate) fn class(&self) -> Class {
        match (self.bytes[0] & 1 != 0, self.bytes[1] & 0x10 != 0) {
            (false, false) => Class::Request,
            (false, true) => Class::Indication,
            (true, false) => Class::Success,
            (true, true) => Class::Error,
        }
    }

    pub(crate) fn method(&self) -> Option<Method> {
        match method_number(self.bytes) {
            1 => Some(Method::Binding),
            3 => Some(Method::Allocate),
            4 => Some(Method::Refresh),
            6 => Some(Method::Send),
            7 => Some(Method::Data),
            8 => Some(Method::CreatePermission),
            9 => Some(Method::ChannelBind),
            _ => None,
        }
    }

    pub(crate) fn transaction(&self) -> Transaction {
        let (_, transaction) = self.bytes[..HEADER_LENGTH]
            .split_last_chunk()
            .expect("a header ends in a transaction");
        *transaction
    }

    /// The first attribute of a kind: the others do not count (RFC 8489 §14).
    pub(crate) fn first(&self, kind: u16) -> Option<&'a [u8]> {
        self.all(kind).next()
    }

    pub(crate) fn all(&self, kind: u16) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.attributes()
            .filter(move |(its, _)| *its == kind)
            .map(|(_, value)| value)
    }

    pub(crate) fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let mut rest = &self.bytes[HEADER_LENGTH..self.end];
        std::iter::from_fn(move || {
            let (kind, value) = attribute(rest)?;
            rest = &rest[ATTRIBUTE_HEADER_LENGTH + padded(value.len())..];
            Some((kind, value))
        })
    }

    pub(crate) fn proof(&self) -> Option<Integrity<'a>> {
        self.integrity
    }

    pub(crate) fn has_fingerprint(&self) -> bool {
        self.has_fingerprint
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl Method {
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::Binding => 1,
            Self::Allocate => 3,
            Self::Refresh => 4,
            Self::Send => 6,
            Self::Data => 7,
            Self::CreatePermission => 8,
            Self::ChannelBind => 9,
        }
    }
}

/// RFC 7983 §7: the first byte of STUN is 0 to 3. The cookie tells it from what is older.
pub(crate) fn has_cookie(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0..=3))
        && bytes.len() >= HEADER_LENGTH
        && bytes[4..8] == MAGIC_COOKIE
}

/// How long a message is that begins like this, if it is one.
pub(crate) fn length_of(header: &[u8]) -> Option<usize> {
    let length = usize::from(u16::from_be_bytes([*header.get(2)?, *header.get(3)?]));
    (length % 4 == 0).then_some(HEADER_LENGTH + length)
}

/// RFC 8489 §5: the bits of the class lie between those of the method.
pub(crate) fn method_number(header: &[u8]) -> u16 {
    let kind = u16::from_be_bytes([header[0], header[1]]);
    (kind & 0x000f) | ((kind & 0x00e0) >> 1) | ((kind & 0x3e00) >> 2)
}

/// Attributes are padded to four bytes.
pub(crate) fn padded(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn attribute(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<ATTRIBUTE_HEADER_LENGTH>()?;
    let kind = u16::from_be_bytes([header[0], header[1]]);
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    (padded(length) <= rest.len()).then(|| (kind, &rest[..length]))
}
