//! Who sends a request (RFC 8489 §9.2.4).

use crate::{
    attributes::{NONCE, REALM, USERNAME},
    credentials::{self, USERNAME_LENGTH_MAX},
    failure::Code,
    integrity::Key,
    io::Now,
    message::Message,
    nonce,
};

use super::Client;

/// Somebody who had the password.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) username: String,
    pub(super) key: Key,
}

impl Client {
    /// In the order of the standard, so that a client learns first what it can do something about.
    pub(super) fn authenticate(&self, message: &Message<'_>, now: Now) -> Result<Caller, Code> {
        message.proof().ok_or(Code::Unauthenticated)?;
        let text = |kind| message.first(kind).ok_or(Code::BadRequest);
        let (username, realm, nonce) = (text(USERNAME)?, text(REALM)?, text(NONCE)?);
        if username.len() > USERNAME_LENGTH_MAX {
            return Err(Code::BadRequest);
        }
        if !nonce::is_good(&self.config.secret, nonce, self.address, now.since_epoch) {
            return Err(Code::StaleNonce);
        }
        let username = std::str::from_utf8(username).map_err(|_| Code::Unauthenticated)?;
        let key = self.key_of(username, now).ok_or(Code::Unauthenticated)?;
        if realm != self.config.realm.as_bytes() || !key.has_signed(message) {
            return Err(Code::Unauthenticated);
        }
        Ok(Caller {
            username: username.to_owned(),
            key,
        })
    }

    /// Credentials expire for those who come, not for those who are there: a call may last longer
    /// than the time to join it.
    fn key_of(&self, username: &str, now: Now) -> Option<Key> {
        match self.allocation() {
            Some(allocation) if allocation.username == username => Some(allocation.key.clone()),
            Some(_) | None => {
                let config = &self.config;
                credentials::key_of(&config.secret, username, &config.realm, now.since_epoch)
            }
        }
    }
}
