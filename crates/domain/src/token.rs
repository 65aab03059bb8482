//! Secrets that open something by being shown.

use std::fmt;

use crate::base32;

/// 256 random bits that a browser or a link carries; Helpsight keeps only the [`TokenHash`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretToken([u8; 32]);

impl SecretToken {
    /// Makes a token of 256 random bits.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a token from the text that carried it; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        base32::decode(text).map(Self)
    }

    /// The text that carries it: 52 characters that need no escaping in URLs and cookies.
    pub fn expose(&self) -> String {
        base32::encode(&self.0)
    }

    /// The secret bits.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(…)")
    }
}

/// The SHA-256 of a token: finds what the token opens, and is useless to who reads the database.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_from_its_text_and_does_not_show_in_logs() {
        let token = SecretToken::from_random([9; 32]);
        assert_eq!(token.expose().len(), 52);
        assert_eq!(SecretToken::parse(&token.expose()), Some(token));
        assert_eq!(format!("{token:?}"), "SecretToken(…)");
    }

    #[test]
    fn what_is_no_token_is_refused() {
        assert_eq!(SecretToken::parse(""), None);
        assert_eq!(SecretToken::parse(&"0".repeat(51)), None);
        assert_eq!(SecretToken::parse(&"!".repeat(52)), None);
    }
}
