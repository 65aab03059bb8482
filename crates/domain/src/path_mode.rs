//! Which rungs of the network ladder media may take.

use crate::words::words;

/// What a person, an organisation or an operator can force; each means the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathMode {
    /// The whole ladder: UDP, TCP, the relay.
    #[default]
    Automatic,
    /// UDP and TCP, not the relay.
    NoRelay,
    /// TCP and the relay: all on one TCP port.
    Tcp443,
    /// The relay only.
    Relay,
}

words!(PathMode {
    Automatic = "automatic",
    NoRelay = "no-relay",
    Tcp443 = "tcp-443",
    Relay = "relay",
});

impl PathMode {
    /// Whether everything that this allows is allowed by another.
    pub fn is_within(self, other: Self) -> bool {
        match other {
            Self::Automatic => true,
            Self::Tcp443 => matches!(self, Self::Tcp443 | Self::Relay),
            Self::NoRelay | Self::Relay => self == other,
        }
    }

    /// What holds when somebody wishes for this below another who allows that: the wish, unless it
    /// goes beyond what is allowed.
    #[must_use]
    pub fn narrowed_by(self, wish: Self) -> Self {
        if wish.is_within(self) { wish } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [PathMode; 4] = [
        PathMode::Automatic,
        PathMode::NoRelay,
        PathMode::Tcp443,
        PathMode::Relay,
    ];

    #[test]
    fn a_wish_never_widens_what_is_allowed() {
        for allowed in ALL {
            assert_eq!(PathMode::Automatic.narrowed_by(allowed), allowed);
            assert!(allowed.is_within(allowed));
            for wish in ALL {
                assert!(allowed.narrowed_by(wish).is_within(allowed));
            }
        }
        let narrowed = PathMode::Tcp443.narrowed_by(PathMode::Relay);
        assert_eq!(narrowed, PathMode::Relay);
        let kept = PathMode::Tcp443.narrowed_by(PathMode::NoRelay);
        assert_eq!(kept, PathMode::Tcp443);
    }
}
