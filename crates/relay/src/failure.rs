//! Why a request is refused: the error codes of RFC 8489 §14.8 and RFC 8656 §19.

use crate::io::Refusal;

/// What a client is told of a request that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    /// The attributes that are not understood; only with [`Code::UnknownAttribute`].
    pub(crate) unknown: Vec<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    BadRequest,
    Unauthenticated,
    Forbidden,
    UnknownAttribute,
    AllocationMismatch,
    StaleNonce,
    AddressFamilyNotSupported,
    WrongCredentials,
    UnsupportedTransport,
    PeerAddressFamilyMismatch,
    AllocationQuotaReached,
    InsufficientCapacity,
}

impl Code {
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::UnknownAttribute => 420,
            Self::AllocationMismatch => 437,
            Self::StaleNonce => 438,
            Self::AddressFamilyNotSupported => 440,
            Self::WrongCredentials => 441,
            Self::UnsupportedTransport => 442,
            Self::PeerAddressFamilyMismatch => 443,
            Self::AllocationQuotaReached => 486,
            Self::InsufficientCapacity => 508,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::Unauthenticated => "Unauthenticated",
            Self::Forbidden => "Forbidden",
            Self::UnknownAttribute => "Unknown Attribute",
            Self::AllocationMismatch => "Allocation Mismatch",
            Self::StaleNonce => "Stale Nonce",
            Self::AddressFamilyNotSupported => "Address Family not Supported",
            Self::WrongCredentials => "Wrong Credentials",
            Self::UnsupportedTransport => "Unsupported Transport Protocol",
            Self::PeerAddressFamilyMismatch => "Peer Address Family Mismatch",
            Self::AllocationQuotaReached => "Allocation Quota Reached",
            Self::InsufficientCapacity => "Insufficient Capacity",
        }
    }

    /// The value of ERROR-CODE, or of ADDRESS-ERROR-CODE with its family in front (RFC 8656 §18.12).
    pub(crate) fn value(self, family: u8) -> Vec<u8> {
        let number = self.number();
        let [class, rest] = [number / 100, number % 100]
            .map(|part| u8::try_from(part).expect("error codes have three digits"));
        [&[family, 0, class, rest], self.reason().as_bytes()].concat()
    }

    /// Whether a client is told the realm and a nonce, to try with them.
    pub(crate) fn is_challenge(self) -> bool {
        matches!(self, Self::Unauthenticated | Self::StaleNonce)
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self {
            code,
            unknown: Vec::new(),
        }
    }
}

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Quota => Self::AllocationQuotaReached,
            Refusal::Capacity => Self::InsufficientCapacity,
        }
    }
}
