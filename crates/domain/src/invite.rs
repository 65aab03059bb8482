use std::fmt;

use time::OffsetDateTime;

use crate::{JoinCode, SessionId, UserId, base32};

/// What lets people into a session: a code to read out and a link to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Into which session.
    pub session_id: SessionId,
    /// Nine digits.
    pub code: JoinCode,
    /// What the link carries.
    pub token: InviteToken,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Until when it opens the session.
    pub expires_at: OffsetDateTime,
}

impl Invite {
    /// Whether its time is over.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at <= now
    }
}

/// 128 random bits in a link. Unlike a join code they cannot be guessed.
///
/// The database keeps the bits themselves: who may invite can see the link again at any time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InviteToken([u8; 16]);

impl InviteToken {
    /// Makes a token of 128 random bits.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads a token from a link; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        base32::decode(text).map(Self)
    }

    /// The text for the link: 26 characters that need no escaping.
    pub fn expose(&self) -> String {
        base32::encode(&self.0)
    }

    /// The secret bits.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for InviteToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    #[test]
    fn an_invite_opens_nothing_from_the_moment_it_expires() {
        let expires_at = datetime!(2026-01-08 0:00 UTC);
        let invite = Invite {
            session_id: SessionId::from_random([1; 16]),
            code: "123456789".parse().expect("nine digits"),
            token: InviteToken::from_random([2; 16]),
            created_by: UserId::from_random([3; 16]),
            created_at: datetime!(2026-01-01 0:00 UTC),
            expires_at,
        };
        assert!(!invite.is_expired(expires_at - Duration::milliseconds(1)));
        assert!(invite.is_expired(expires_at));
    }

    #[test]
    fn a_token_reads_back_from_its_text() {
        let token = InviteToken::from_random([250; 16]);
        assert_eq!(InviteToken::parse(&token.expose()), Some(token));
        assert_eq!(InviteToken::parse("short"), None);
    }
}
