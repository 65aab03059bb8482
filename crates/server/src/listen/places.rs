use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard},
};

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many connections there may be, over all listeners.
///
/// One client can hold no more than a share of them, so that nobody alone keeps the others out.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    free: Arc<Semaphore>,
    share: usize,
    /// Their connections are those of many people.
    proxies: Vec<IpNet>,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A free place that nobody has been given yet.
#[derive(Debug)]
pub(super) struct FreePlace(OwnedSemaphorePermit);

/// A connection's place, from its first byte to its last: also after it became a WebSocket.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _share: Option<Share>,
}

#[derive(Debug)]
struct Share {
    places: Places,
    client: IpAddr,
}

impl Places {
    /// The places of a server, of which each client but these proxies gets its share.
    pub(crate) fn of_server(proxies: Vec<IpNet>) -> Self {
        Self::new(CONNECTIONS_MAX, CONNECTIONS_MAX / SHARES, proxies)
    }

    pub(super) fn new(count: usize, share: usize, proxies: Vec<IpNet>) -> Self {
        Self(Arc::new(Inner {
            free: Arc::new(Semaphore::new(count)),
            share,
            proxies,
            taken: Mutex::default(),
        }))
    }

    /// Waits until a place is free.
    pub(super) async fn free(&self) -> FreePlace {
        let permit = Arc::clone(&self.0.free).acquire_owned().await;
        FreePlace(permit.expect("nobody closes the semaphore"))
    }

    /// Gives a client a free place, unless it has its share.
    pub(super) fn give(&self, free: FreePlace, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let is_proxy = self.0.proxies.iter().any(|net| net.contains(&address));
        let share = if is_proxy {
            None
        } else {
            Some(self.share_of(client(address))?)
        };
        Some(Place {
            _permit: free.0,
            _share: share,
        })
    }

    fn share_of(&self, client: IpAddr) -> Option<Share> {
        let mut taken = self.taken();
        let count = taken.entry(client).or_default();
        if *count >= self.0.share {
            return None;
        }
        *count += 1;
        let places = self.clone();
        Some(Share { places, client })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        let taken = self.0.taken.lock();
        taken.expect("nothing panics while it holds this lock")
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(count) = taken.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

/// One customer has at least a /64 (RFC 6177 §2) and chooses the rest freely.
fn client(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// A browser holds a few; this is for some thousand people.
const CONNECTIONS_MAX: usize = 8192;
/// A whole company may come from one address.
const SHARES: usize = 4;
