//! From tokens to what the database knows them by.

use domain::{InviteToken, SecretToken, TokenHash};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What a token is found by. Random bits need no salt and no slow hash.
pub(crate) fn hash_token(token: &SecretToken) -> TokenHash {
    TokenHash(sha256(token.as_bytes()))
}

/// What the token of an invite's link is found by.
pub(crate) fn hash_invite_token(token: &InviteToken) -> TokenHash {
    TokenHash(sha256(token.as_bytes()))
}

/// The SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whether two tokens are the same, in a time that says nothing about where they differ.
pub(crate) fn is_same(one: &SecretToken, other: &SecretToken) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
