//! Credentials that need no list: the name says until when, the password is made of the name.
//!
//! A participant is given `<expiry>:<participant>` and HMAC-SHA256 of that as password. Whoever
//! comes with the name must have been given the password, so nothing has to be remembered of it.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::integrity::Key;

/// RFC 8489 §14.3: a USERNAME has less than 509 bytes.
pub(crate) const USERNAME_LENGTH_MAX: usize = 508;

/// What credentials and nonces of one installation are made of. Another secret makes all that were
/// given out worthless.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// What a participant needs to use the relay.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Seconds since the Unix epoch until which they are good, a colon, the participant.
    pub username: String,
    /// 44 characters of base64.
    pub password: String,
}

/// What a MAC is for: one made for one purpose is worth nothing for another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Password,
    Nonce,
}

impl Secret {
    /// Takes 32 bytes that nobody can guess.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn password(&self, username: &str) -> String {
        let mac = self.mac(Purpose::Password, username.as_bytes());
        BASE64.encode(mac.finalize().into_bytes())
    }

    pub(crate) fn mac(&self, purpose: Purpose, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(match purpose {
            Purpose::Password => b"password\0",
            Purpose::Nonce => b"nonce\0",
        });
        mac.update(bytes);
        mac
    }
}

impl Credentials {
    /// Gives a participant credentials that are good from `now` (since the Unix epoch) for
    /// `lifetime`. They are needed to allocate; what was allocated in time can be kept.
    ///
    /// A name longer than a few hundred bytes makes credentials that no client can use.
    pub fn mint(secret: &Secret, participant: &str, now: Duration, lifetime: Duration) -> Self {
        let username = format!("{}:{participant}", (now + lifetime).as_secs());
        let password = secret.password(&username);
        Self { username, password }
    }
}

/// Whose a username is, and the key that only its owner has, if it is good at this time.
pub(crate) fn key_of(secret: &Secret, username: &str, realm: &str, now: Duration) -> Option<Key> {
    let (expiry, _) = split(username)?;
    if now.as_secs() > expiry {
        return None;
    }
    Some(Key::new(username, realm, &secret.password(username)))
}

/// The participant in a username.
pub(crate) fn participant_of(username: &str) -> Option<&str> {
    split(username).map(|(_, participant)| participant)
}

fn split(username: &str) -> Option<(u64, &str)> {
    let (expiry, participant) = username.split_once(':')?;
    Some((expiry.parse().ok()?, participant))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_700_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn minted_credentials_are_good_until_they_expire() {
        let secret = Secret::new([7; 32]);
        let minted = Credentials::mint(&secret, "ida", NOW, HOUR);
        assert_eq!(minted.username, "1700003600:ida");
        let theirs = Key::new(&minted.username, "realm", &minted.password);
        let ours = |now| key_of(&secret, &minted.username, "realm", now);
        assert_eq!(ours(NOW + HOUR), Some(theirs));
        assert_eq!(ours(NOW + HOUR + Duration::from_secs(1)), None);
    }

    #[test]
    fn a_password_is_good_for_its_name_and_its_secret_alone() {
        let password = |secret, name| Secret::new([secret; 32]).password(name);
        assert_eq!(password(7, "1:ida"), password(7, "1:ida"));
        assert_ne!(password(7, "1:ida"), password(7, "2:ida"));
        assert_ne!(password(7, "1:ida"), password(7, "1:ada"));
        assert_ne!(password(7, "1:ida"), password(8, "1:ida"));
    }

    #[test]
    fn names_that_were_never_minted_belong_to_nobody() {
        for name in [
            "",
            "ida",
            ":ida",
            "-1:ida",
            "soon:ida",
            "99999999999999999999:ida",
        ] {
            assert_eq!(participant_of(name), None, "{name}");
        }
        assert_eq!(participant_of("5:ida:2"), Some("ida:2"));
    }

    #[test]
    fn secrets_are_not_printed() {
        let secret = Secret::new([7; 32]);
        let minted = Credentials::mint(&secret, "ida", NOW, HOUR);
        let printed = format!("{secret:?} {minted:?}");
        assert!(
            !printed.contains(&minted.password)
                && !printed.contains('7'.to_string().repeat(2).as_str())
        );
    }
}
