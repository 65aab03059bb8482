use std::sync::Arc;

use domain::{PolicyLayer, SessionId};
use rtc::{RtcEngine, RtcEvent};
use store::{Store, StoreError, Transaction};
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Clock, HashingCost, Random, edges::Edges, housekeeping, live::Live, passwords::Passwords,
    rtc_events, setup, throttle::Throttles,
};

/// Everything that use-cases work with; clones are the same application.
#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    rtc: Arc<dyn RtcEngine>,
    edges: Edges,
    participants_max: u32,
    policies: PolicyLayer,
    passwords: Passwords,
    throttles: Throttles,
    live: Live,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

/// The edges that the binary provides.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The media engine.
    pub rtc: Arc<dyn RtcEngine>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits.
    pub random: Arc<dyn Random>,
}

/// What the operator decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// How many people can be in a session at once.
    pub participants_max: u32,
    /// What the installation says about policies.
    pub policies: PolicyLayer,
    /// What hashing a password costs.
    pub hashing: HashingCost,
    /// How many passwords are hashed at once.
    pub password_workers: usize,
}

impl App {
    /// Starts the application on a database: whoever was present when the last run stopped has
    /// left, and a fresh installation gets its set-up token.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(parts: Parts, config: Config) -> Result<Self, StoreError> {
        let edges = Edges {
            clock: parts.clock,
            random: parts.random,
        };
        let tasks = TaskTracker::new();
        let stopping = CancellationToken::new();
        let live = Live::new(
            parts.store.clone(),
            edges.clone(),
            tasks.clone(),
            stopping.clone(),
        );
        let app = Self(Arc::new(Inner {
            passwords: Passwords::new(config.hashing, config.password_workers, edges.random()),
            throttles: Throttles::default(),
            store: parts.store,
            rtc: parts.rtc,
            edges,
            participants_max: config.participants_max,
            policies: config.policies,
            live,
            tasks,
            stopping,
        }));
        setup::prepare(&app).await?;
        rtc_events::settle_presence(&app).await?;
        housekeeping::forget_expired(&app).await?;
        app.0.tasks.spawn(housekeeping::run(app.clone()));
        Ok(app)
    }

    /// Records what happens in the rooms, until the engine closes the channel.
    pub async fn follow_rtc(&self, events: mpsc::Receiver<RtcEvent>) {
        rtc_events::follow(self, events).await;
    }

    /// Sessions as they happen.
    pub fn live(&self) -> &Live {
        &self.0.live
    }

    /// Tells everybody who watches a session that the server stops, and waits for what is under
    /// way. Use-cases that come later still work; nobody can subscribe.
    pub async fn stop(&self) {
        self.0.stopping.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    pub(crate) async fn read(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.0.store.read().await
    }

    pub(crate) async fn write(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.0.store.write().await
    }

    /// Commits a change to a session and tells those who watch it.
    pub(crate) async fn commit(
        &self,
        transaction: Box<dyn Transaction>,
        changed: SessionId,
    ) -> Result<(), StoreError> {
        self.commit_and(transaction, move |app| app.live().changed(changed))
            .await
    }

    /// Commits and then does what follows from it.
    ///
    /// This happens on a task of its own: a caller who goes away in between (a browser that hangs
    /// up) must not leave a change that nobody hears of.
    pub(crate) async fn commit_and(
        &self,
        transaction: Box<dyn Transaction>,
        follow_up: impl FnOnce(&Self) + Send + 'static,
    ) -> Result<(), StoreError> {
        let app = self.clone();
        self.run(async move {
            transaction.commit().await?;
            follow_up(&app);
            Ok(())
        })
        .await
    }

    /// Runs something to its end even when the caller goes away.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match self.0.tasks.spawn(work).await {
            Ok(result) => result,
            Err(failure) => match failure.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(failure) => unreachable!("nobody aborts this task: {failure}"),
            },
        }
    }

    /// Starts something that nobody waits for but [`App::stop`].
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.tasks.spawn(work);
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    pub(crate) fn rtc(&self) -> &dyn RtcEngine {
        &*self.0.rtc
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.0.edges.now()
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        self.0.edges.random()
    }

    pub(crate) fn edges(&self) -> &Edges {
        &self.0.edges
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn throttles(&self) -> &Throttles {
        &self.0.throttles
    }

    pub(crate) fn participants_max(&self) -> u32 {
        self.0.participants_max
    }

    pub(crate) fn installation_policies(&self) -> &PolicyLayer {
        &self.0.policies
    }

    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }
}
