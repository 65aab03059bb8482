//! Identifiers: a prefix that says what it names, then 128 random bits in base 32.
//!
//! Clients treat them as opaque text. They are unguessable, but knowing one never grants anything.

use std::{fmt, str::FromStr};

use crate::base32;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Makes an id of 128 random bits.
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), base32::encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(base32::decode)
                    .map(Self)
                    .ok_or(IdError { wanted: $prefix })
            }
        }
    };
}

id!(
    /// Names an organisation.
    OrganisationId,
    "org"
);
id!(
    /// Names a user.
    UserId,
    "usr"
);
id!(
    /// Names a session and its room.
    SessionId,
    "ses"
);
id!(
    /// Names a participant of one session.
    ParticipantId,
    "par"
);
id!(
    /// Names an entry of a session's event log.
    EventId,
    "evt"
);

/// A text that is no id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id that starts with {wanted}_")]
pub struct IdError {
    /// The prefix of the wanted kind.
    pub wanted: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = SessionId::from_random(*b"0123456789abcdef");
        let text = id.to_string();
        assert_eq!(text.len(), "ses_".len() + 26);
        assert_eq!(text.parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let user = UserId::from_random([7; 16]).to_string();
        assert_eq!(user.parse::<SessionId>(), Err(IdError { wanted: "ses" }));
    }

    #[test]
    fn damaged_ids_are_refused() {
        let text = UserId::from_random([7; 16]).to_string();
        for damaged in [
            "",
            "usr_",
            &text[..text.len() - 1],
            &format!("{text}0"),
            &text.to_uppercase(),
            &text.replace("usr_", "usr-"),
            "usr_llllllllllllllllllllllllll",
        ] {
            assert!(damaged.parse::<UserId>().is_err(), "{damaged} was taken");
        }
    }
}
