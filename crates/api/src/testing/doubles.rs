//! Stand-ins for what the binary provides.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::SystemTime,
};

use app::{Clock, Random};
use rtc::{
    BoxFuture, Grant, RtcEngine, RtcError, RtcToken, SignalConnection, SignalEndpoint, SignalOpen,
    SignalRejection,
};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime, macros::datetime};
use tokio::sync::mpsc;

/// A clock that a test moves.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.whole_seconds(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        BEGIN + Duration::seconds(self.0.load(Ordering::SeqCst))
    }
}

/// The same bits in every run.
#[derive(Debug, Default)]
pub(super) struct TestRandom(AtomicU64);

impl Random for TestRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&Sha256::digest(count.to_le_bytes())[..chunk.len()]);
        }
    }
}

/// An engine with nobody in its rooms.
#[derive(Debug, Default)]
pub(crate) struct TestEngine {
    has_stopped: AtomicBool,
    hangs: AtomicBool,
}

impl TestEngine {
    /// From here on it takes no order.
    pub(crate) fn stop(&self) {
        self.has_stopped.store(true, Ordering::SeqCst);
    }

    /// From here on it answers nobody who asks for its health.
    pub(crate) fn hang(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }

    async fn obey(&self) -> Result<(), RtcError> {
        match self.has_stopped.load(Ordering::SeqCst) {
            true => Err(RtcError::Stopped),
            false => Ok(()),
        }
    }
}

impl RtcEngine for TestEngine {
    fn client_url(&self) -> Option<String> {
        None
    }

    fn mint_token(&self, grant: &Grant, now: SystemTime) -> RtcToken {
        RtcToken {
            token: format!("{} in {}", grant.identity, grant.room),
            expires_at: now + grant.lifetime,
        }
    }

    fn remove_participant<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(self.obey())
    }

    fn set_permission<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: rtc::Permission,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(self.obey())
    }

    fn mute<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: rtc::Source,
    ) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(self.obey())
    }

    fn close_room<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), RtcError>> {
        Box::pin(self.obey())
    }

    fn health(&self) -> BoxFuture<'_, Result<(), RtcError>> {
        if self.hangs.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        Box::pin(self.obey())
    }

    fn shut_down(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// A LiveKit endpoint that answers as a test wants it.
#[derive(Default)]
pub(crate) struct TestSignal {
    /// What the next open gets, or a refusal.
    pub(crate) next: Mutex<Option<SignalConnection>>,
    /// What was asked, in order.
    pub(crate) asked: Mutex<Vec<SignalOpen>>,
}

impl TestSignal {
    /// Lets the next client in; the engine's ends of its queues.
    pub(crate) fn admit(&self) -> (mpsc::Receiver<rtc::Frame>, mpsc::Sender<rtc::Frame>) {
        let (incoming, from_client) = mpsc::channel(8);
        let (to_client, outgoing) = mpsc::channel(8);
        let connection = SignalConnection { incoming, outgoing };
        *self.next.lock().expect("no panic") = Some(connection);
        (from_client, to_client)
    }

    fn answer(&self, request: SignalOpen) -> Result<SignalConnection, SignalRejection> {
        self.asked.lock().expect("no panic").push(request);
        let next = self.next.lock().expect("no panic").take();
        next.ok_or_else(refusal)
    }
}

impl SignalEndpoint for TestSignal {
    fn open(
        &self,
        request: SignalOpen,
    ) -> BoxFuture<'_, Result<SignalConnection, SignalRejection>> {
        Box::pin(async move { self.answer(request) })
    }

    fn validate(&self, request: SignalOpen) -> BoxFuture<'_, Result<(), SignalRejection>> {
        Box::pin(async move {
            self.asked.lock().expect("no panic").push(request);
            let is_admitted = self.next.lock().expect("no panic").is_some();
            if is_admitted { Ok(()) } else { Err(refusal()) }
        })
    }
}

fn refusal() -> SignalRejection {
    SignalRejection {
        status: 401,
        message: "a token is needed".to_owned(),
    }
}

const BEGIN: OffsetDateTime = datetime!(2026-11-23 06:00 UTC);
