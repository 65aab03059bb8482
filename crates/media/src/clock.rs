//! The time, on both clocks.

use std::time::{Instant, SystemTime};

pub(crate) fn now() -> signal::Now {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("the clock is set after 1970");
    signal::Now {
        instant: Instant::now(),
        since_epoch,
    }
}

/// The same, as the relay takes it.
pub(crate) fn relay_now() -> relay::Now {
    let signal::Now {
        instant,
        since_epoch,
    } = now();
    relay::Now {
        instant,
        since_epoch,
    }
}
