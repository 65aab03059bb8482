use serde::{Deserialize, Serialize};
use sfu::Transports;

/// Which ways a participant's media may take. It stands in the access token, as a claim of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathMode {
    /// All that there are.
    #[default]
    Automatic,
    /// UDP and TCP.
    NoRelay,
    /// TCP and the relay.
    #[serde(rename = "tcp-443")]
    Tcp443,
    /// The relay.
    Relay,
}

impl PathMode {
    pub(crate) fn transports(self) -> Transports {
        let all = Transports::ALL;
        match self {
            Self::Automatic => all,
            Self::NoRelay => Transports {
                relay: false,
                ..all
            },
            Self::Tcp443 => Transports { udp: false, ..all },
            Self::Relay => Transports {
                udp: false,
                tcp: false,
                relay: true,
            },
        }
    }

    pub(crate) fn is_automatic(&self) -> bool {
        *self == Self::Automatic
    }
}
