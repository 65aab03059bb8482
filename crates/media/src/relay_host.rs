//! What the relay's clients share: the configuration, and the addresses they are given.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use relay::{Client, Credentials, Output, Secret};
use signal::{IceServer, RelayPass};

use crate::{clock::relay_now, relayed_addresses::RelayedAddresses};

/// Clients may make their second connection long after the first. What they are good for is our own
/// media, which needs a token of its own.
const CREDENTIALS_LIFETIME: Duration = Duration::from_secs(2 * 3600);

/// What the relay is built with.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// Where clients find it, best first: `turns:` and `turn:` URLs.
    pub urls: Vec<String>,
    /// Names the installation to clients (RFC 8489 §9.2).
    pub realm: String,
    /// What one way through it may carry in each direction, in bits per second.
    pub rate_bps_max: u64,
}

#[derive(Debug)]
pub(crate) struct RelayHost {
    urls: Vec<String>,
    pub(crate) config: Arc<relay::Config>,
    addresses: RelayedAddresses,
}

impl RelayHost {
    /// Credentials are made of the secret. Media with these addresses is what it relays to.
    pub(crate) fn new(config: RelayConfig, secret: [u8; 32], media: &[SocketAddr]) -> Self {
        let ips: Vec<IpAddr> = media.iter().map(SocketAddr::ip).collect();
        let RelayConfig {
            urls,
            realm,
            rate_bps_max,
        } = config;
        let config = relay::Config {
            realm,
            secret: Secret::new(secret),
            peers: media.to_vec(),
            rate_bps_max,
        };
        Self {
            urls,
            config: Arc::new(config),
            addresses: RelayedAddresses::new(ips),
        }
    }

    /// How many ways through it there are.
    pub(crate) fn allocation_count(&self) -> usize {
        self.addresses.count()
    }
}

/// What names the relay to each stay.
pub(crate) fn pass(host: &Arc<RelayHost>) -> RelayPass {
    let host = Arc::clone(host);
    Box::new(move |stay, now| {
        let Credentials { username, password } =
            Credentials::mint(&host.config.secret, stay, now, CREDENTIALS_LIFETIME);
        IceServer {
            urls: host.urls.clone(),
            username,
            credential: password,
        }
    })
}

/// What a client of the relay wants done.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Messages for it, one after the other.
    pub(crate) messages: Vec<Vec<u8>>,
    /// Relayed addresses that it has no more.
    pub(crate) released: Vec<SocketAddr>,
    /// It is over.
    pub(crate) is_closed: bool,
    /// When to look after it again.
    pub(crate) at: Option<Instant>,
}

impl RelayHost {
    /// Gives a client what it can have at once, and tells the rest.
    pub(crate) fn settle(&self, client: &mut Client) -> Wanted {
        let mut wanted = Wanted::default();
        loop {
            match client.poll() {
                Output::ToClient(message) => wanted.messages.push(message),
                Output::Allocate {
                    participant,
                    family,
                } => {
                    let answer = self.addresses.take(participant, family);
                    client.allocated(answer, relay_now());
                }
                Output::Release(address) => {
                    self.addresses.give_back(address);
                    wanted.released.push(address);
                }
                Output::Close(reason) => {
                    tracing::debug!(%reason, "a client of the relay is closed");
                    wanted.is_closed = true;
                }
                Output::Timeout { at } => {
                    wanted.at = at;
                    return wanted;
                }
            }
        }
    }
}
