//! Stand-ins for what the binary provides.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use app::{Clock, Random};
use rtc::{BoxFuture, Grant, RtcEngine, RtcError, RtcToken};
use time::{Duration, OffsetDateTime, macros::datetime};
use tokio::sync::Notify;

/// Stands still until it is told to go on.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<OffsetDateTime>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(datetime!(2026-01-01 12:00 UTC)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().expect("no test panics in here") += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().expect("no test panics in here")
    }
}

/// Never the same bits twice, the same ones in every run (the SplitMix64 generator).
#[derive(Debug, Default)]
pub(crate) struct TestRandom(AtomicU64);

impl Random for TestRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let step = 0x9e37_79b9_7f4a_7c15;
            let mut z = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let random = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }
}

/// Remembers what it was asked for.
#[derive(Debug, Default)]
pub(crate) struct TestRtc {
    asked: Mutex<Asked>,
    has_taken_order: Notify,
}

#[derive(Debug, Default)]
struct Asked {
    grants: Vec<Grant>,
    orders: Vec<Order>,
    refusals_left: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    Close { room: String },
    Remove { room: String, identity: String },
    Permit { identity: String, can_publish: bool },
}

impl TestRtc {
    pub(crate) fn last_grant(&self) -> Grant {
        self.asked()
            .grants
            .last()
            .expect("a token was minted")
            .clone()
    }

    pub(crate) fn orders(&self) -> Vec<Order> {
        self.asked().orders.clone()
    }

    /// Waits for an order.
    pub(crate) async fn until_last_is(&self, order: &Order) {
        let arrives = async {
            loop {
                let news = self.has_taken_order.notified();
                if self.orders().last() == Some(order) {
                    return;
                }
                news.await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), arrives)
            .await
            .expect("the order comes");
    }

    /// Is too busy for so many orders.
    pub(crate) fn refuse(&self, orders: u32) {
        self.asked().refusals_left = orders;
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.asked.lock().expect("no test panics in here")
    }

    fn take(&self, order: Order) -> Result<(), RtcError> {
        let mut asked = self.asked();
        if asked.refusals_left > 0 {
            asked.refusals_left -= 1;
            return Err(RtcError::Overloaded);
        }
        asked.orders.push(order);
        self.has_taken_order.notify_waiters();
        Ok(())
    }
}

impl RtcEngine for TestRtc {
    fn client_url(&self) -> Option<String> {
        None
    }

    fn mint_token(&self, grant: &Grant, now: SystemTime) -> RtcToken {
        self.asked().grants.push(grant.clone());
        RtcToken {
            token: "a token".to_owned(),
            expires_at: now + grant.lifetime,
        }
    }

    fn remove_participant<'a>(
        &'a self,
        room: &'a str,
        identity: &'a str,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        let order = Order::Remove {
            room: room.to_owned(),
            identity: identity.to_owned(),
        };
        Box::pin(async move { self.take(order) })
    }

    fn set_permission<'a>(
        &'a self,
        _: &'a str,
        identity: &'a str,
        permission: rtc::Permission,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        assert_eq!(permission.can_publish, permission.can_publish_data);
        assert!(permission.can_subscribe && !permission.can_update_own_metadata);
        let order = Order::Permit {
            identity: identity.to_owned(),
            can_publish: permission.can_publish,
        };
        Box::pin(async move { self.take(order) })
    }

    fn mute<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: rtc::Source,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(async { Ok(()) })
    }

    fn close_room<'a>(&'a self, room: &'a str) -> BoxFuture<'a, Result<(), RtcError>> {
        let order = Order::Close {
            room: room.to_owned(),
        };
        Box::pin(async move { self.take(order) })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), RtcError>> {
        Box::pin(async { Ok(()) })
    }

    fn shut_down(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
