//! Sessions as they happen: a snapshot, the log so far, and then every change in order.
//!
//! The flow:
//! 1. [`Live::subscribe`] finds the session's *feed*, an actor that lives as long as somebody
//!    watches, and gets the present state and a bounded queue from it;
//! 2. the [`Subscription`] tells the snapshot, reads the log up to it from the database, page by
//!    page, and goes on with the queue;
//! 3. whoever changes the session commits and calls [`Live::changed`]; the feed reads what is new
//!    in one transaction and puts it into all queues.
//!
//! Invariants: the database alone decides order and content, so that nothing is lost between a
//! commit and its announcement. A subscriber who does not keep up is told so and let go; nobody
//! waits for them.

mod feed;
mod message;
mod subscription;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use domain::{OrganisationId, ParticipantId, SessionId, TokenHash, UserId};
use store::{Store, StoreError};
use tokio::sync::{Notify, broadcast, mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use message::{CloseReason, LiveMessage};
pub use subscription::{Backlog, Subscription};

use self::feed::{Feed, Subscribe, Subscribed, Unanswered};
use crate::{Caller, access, edges::Edges};

/// Finds or starts the sessions' feeds.
#[derive(Debug, Clone)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    edges: Edges,
    tasks: TaskTracker,
    stopping: CancellationToken,
    feeds: Mutex<HashMap<SessionId, FeedHandle>>,
    gone: broadcast::Sender<Gone>,
}

/// Whose watching is over.
#[derive(Debug, Clone, Copy)]
enum Gone {
    /// A user's account was switched off or deleted.
    User(UserId),
    /// All sign-ins of a user ended.
    SignInsOf(UserId),
    /// One browser was signed out.
    SignIn(TokenHash),
    /// All their sign-ins but this one are over.
    OtherSignInsOf(UserId, TokenHash),
}

/// How a feed is reached.
#[derive(Debug, Clone)]
struct FeedHandle {
    commands: mpsc::Sender<Subscribe>,
    changed: Arc<Notify>,
}

/// Why somebody cannot watch a session.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// There is no such session that they can see.
    #[error("there is no such session")]
    NotFound,
    /// They have no place in it, or lost it.
    #[error("they have no place in the session")]
    SeatNeeded,
    /// They watch with as many connections as one participant may have.
    #[error("this participant watches with too many connections")]
    TooManyConnections,
    /// Their browser was signed out while it asked.
    #[error("they were signed out")]
    SignedOut,
    /// The server is going down.
    #[error("the server is going down")]
    Stopping,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Live {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        edges: Edges,
        tasks: TaskTracker,
        stopping: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            edges,
            tasks,
            stopping,
            feeds: Mutex::default(),
            gone: broadcast::Sender::new(GONE_REMEMBERED),
        }))
    }

    /// Watches a session in which the caller has a place.
    ///
    /// # Errors
    /// [`SubscribeError`].
    pub async fn subscribe(
        &self,
        caller: &Caller,
        session: SessionId,
        wanted: Backlog,
    ) -> Result<Subscription, SubscribeError> {
        if self.0.stopping.is_cancelled() {
            return Err(SubscribeError::Stopping);
        }
        // Listening comes before the check: somebody who is signed out in between is noticed.
        let gone = self.0.gone.subscribe();
        let place = self.check(caller, session).await?;
        let subscribed = self
            .join_feed(caller.organisation_id(), session, place)
            .await?;
        Ok(Subscription::new(
            self, caller, place, wanted, subscribed, gone,
        ))
    }

    /// Says that something about a session was committed.
    pub(crate) fn changed(&self, session: SessionId) {
        if let Some(feed) = self.feeds().get(&session) {
            feed.changed.notify_one();
        }
    }

    /// Says that something was committed that may show in any session: what a user is called.
    pub(crate) fn all_changed(&self) {
        for feed in self.feeds().values() {
            feed.changed.notify_one();
        }
    }

    /// Sends a user out who may not watch anything any more.
    pub(crate) fn end_user(&self, user: UserId) {
        self.end(Gone::User(user));
    }

    /// Sends out what a user watches with sign-ins that are over.
    pub(crate) fn end_sign_ins_of(&self, user: UserId) {
        self.end(Gone::SignInsOf(user));
    }

    /// Sends out what a user watches with other sign-ins than one.
    pub(crate) fn end_other_sign_ins_of(&self, user: UserId, kept: TokenHash) {
        self.end(Gone::OtherSignInsOf(user, kept));
    }

    /// Sends out what a browser watches that was signed out.
    pub(crate) fn end_sign_in(&self, sign_in: TokenHash) {
        self.end(Gone::SignIn(sign_in));
    }

    fn end(&self, gone: Gone) {
        // An error means that nobody watches anything.
        let _ = self.0.gone.send(gone);
    }

    async fn check(
        &self,
        caller: &Caller,
        session: SessionId,
    ) -> Result<ParticipantId, SubscribeError> {
        let mut transaction = self.0.store.read().await?;
        // The caller was authenticated a moment ago; they may have been signed out since.
        if let Some(sign_in) = caller.sign_in()
            && transaction.sign_in(sign_in).await?.is_none()
        {
            return Err(SubscribeError::SignedOut);
        }
        access::visible_session(&mut *transaction, caller, session)
            .await?
            .ok_or(SubscribeError::NotFound)?;
        let place = access::own_place(&mut *transaction, caller, session).await?;
        Ok(place.ok_or(SubscribeError::SeatNeeded)?.id)
    }

    async fn join_feed(
        &self,
        organisation: OrganisationId,
        session: SessionId,
        participant: ParticipantId,
    ) -> Result<Subscribed, SubscribeError> {
        loop {
            let feed = self.feed(organisation, session);
            let (reply, answer) = oneshot::channel();
            // A feed that nobody watches ends; when it does so just here, the next one answers.
            if feed
                .commands
                .send(Subscribe { participant, reply })
                .await
                .is_err()
            {
                continue;
            }
            if let Ok(subscribed) = answer.await {
                return subscribed.map_err(|unanswered| match unanswered {
                    Unanswered::TooMany => SubscribeError::TooManyConnections,
                    Unanswered::Store(error) => error.into(),
                });
            }
        }
    }

    fn feed(&self, organisation: OrganisationId, session: SessionId) -> FeedHandle {
        let mut feeds = self.feeds();
        if let Some(feed) = feeds.get(&session) {
            return feed.clone();
        }
        let (commands, inbox) = mpsc::channel(SUBSCRIBING_MAX);
        let handle = FeedHandle {
            commands,
            changed: Arc::new(Notify::new()),
        };
        feeds.insert(session, handle.clone());
        let feed = Feed::new(
            self.clone(),
            organisation,
            session,
            inbox,
            handle.changed.clone(),
        );
        self.0.tasks.spawn(feed.run());
        handle
    }

    /// Forgets a feed that nobody watches, unless somebody is about to.
    fn forget_feed(&self, session: SessionId, inbox: &mpsc::Receiver<Subscribe>) -> bool {
        let mut feeds = self.feeds();
        let is_idle = inbox.is_empty();
        if is_idle {
            feeds.remove(&session);
        }
        is_idle
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<SessionId, FeedHandle>> {
        self.0
            .feeds
            .lock()
            .expect("nothing panics while it holds this lock")
    }

    fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    fn edges(&self) -> &Edges {
        &self.0.edges
    }

    fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }
}

const SUBSCRIBING_MAX: usize = 16;
/// A subscriber who missed more than this many is let go as too slow.
const GONE_REMEMBERED: usize = 64;
