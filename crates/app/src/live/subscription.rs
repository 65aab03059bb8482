use std::{collections::VecDeque, sync::Arc};

use domain::{OrganisationId, PageLimit, ParticipantId, SessionId, TokenHash, UserId};
use store::SessionDetails;
use tokio::sync::{Notify, broadcast, mpsc, oneshot};

use super::{
    CloseReason, Gone, Live, LiveMessage,
    feed::{State, Subscribed},
    message::Update,
};
use crate::{Caller, SessionView, views::Viewer};

/// How much of the log so far somebody wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// The last event that they have.
    pub after_seq: u64,
    /// Of what came later only the latest so many.
    pub latest: u64,
}

impl Backlog {
    /// Everything.
    pub const ALL: Self = Self {
        after_seq: 0,
        latest: u64::MAX,
    };

    /// After which event the telling begins, when `last_seq` is the last of all.
    fn begins_after(self, last_seq: u64) -> u64 {
        let earliest = last_seq.saturating_sub(self.latest);
        self.after_seq.min(last_seq).max(earliest)
    }
}

/// Somebody's view of a session as it happens.
#[derive(Debug)]
pub struct Subscription {
    live: Live,
    organisation: OrganisationId,
    session: SessionId,
    viewer: Viewer,
    user: Option<UserId>,
    sign_in: Option<TokenHash>,
    /// Messages that come before anything else.
    ready: VecDeque<LiveMessage>,
    /// Up to where the log was told.
    told_seq: u64,
    /// Up to where the log is read from the database; what is later comes by the queue.
    snapshot_seq: u64,
    updates: mpsc::Receiver<Update>,
    closing: oneshot::Receiver<CloseReason>,
    gone: broadcast::Receiver<Gone>,
    feed_changed: Arc<Notify>,
    closed: Option<CloseReason>,
}

impl Subscription {
    pub(super) fn new(
        live: &Live,
        caller: &Caller,
        you: ParticipantId,
        wanted: Backlog,
        subscribed: Subscribed,
        gone: broadcast::Receiver<Gone>,
    ) -> Self {
        let State {
            details,
            participants,
            last_seq,
        } = subscribed.state;
        let after_seq = wanted.begins_after(last_seq);
        let mut subscription = Self {
            live: live.clone(),
            organisation: caller.organisation_id(),
            session: details.session.id,
            viewer: caller.into(),
            user: caller.user_id(),
            sign_in: caller.sign_in(),
            ready: VecDeque::new(),
            told_seq: after_seq,
            snapshot_seq: last_seq,
            updates: subscribed.updates,
            closing: subscribed.closing,
            gone,
            feed_changed: subscribed.changed,
            closed: None,
        };
        let session = subscription.view(details);
        subscription.ready.push_back(LiveMessage::Snapshot {
            session,
            participants,
            you,
            after_seq,
            last_seq,
        });
        subscription
    }

    /// Waits for the next message; after [`LiveMessage::Closed`] it repeats that. Nothing is lost
    /// when the future is dropped before it is ready.
    pub async fn next(&mut self) -> LiveMessage {
        loop {
            if let Some(reason) = self.closed {
                return LiveMessage::Closed(reason);
            }
            if let Some(message) = self.ready.pop_front() {
                return message;
            }
            if self.told_seq < self.snapshot_seq {
                self.read_log().await;
                continue;
            }
            tokio::select! {
                biased;
                () = self.live.stopping().cancelled() => self.closed = Some(CloseReason::Stopping),
                reason = &mut self.closing => {
                    // The feed only ends without a word when the server stops.
                    self.closed = Some(reason.unwrap_or(CloseReason::Stopping));
                }
                gone = self.gone.recv() => self.closed = self.close_for(&gone),
                Some(update) = self.updates.recv() => return self.message(update),
            }
        }
    }

    async fn read_log(&mut self) {
        let page = async {
            let mut transaction = self.live.store().read().await?;
            transaction
                .events(
                    self.organisation,
                    self.session,
                    self.told_seq,
                    PageLimit::BIGGEST,
                )
                .await
        };
        match page.await {
            Ok(events) => {
                for event in events
                    .into_iter()
                    .filter(|event| event.seq <= self.snapshot_seq)
                {
                    self.told_seq = event.seq;
                    self.ready.push_back(LiveMessage::Event(event));
                }
            }
            Err(error) => {
                tracing::error!(
                    session = %self.session,
                    error = &error as &dyn std::error::Error,
                    "a session's log could not be read; its watcher has to come back"
                );
                self.closed = Some(CloseReason::Stopping);
            }
        }
    }

    fn close_for(&self, gone: &Result<Gone, broadcast::error::RecvError>) -> Option<CloseReason> {
        match *gone {
            Ok(Gone::User(user)) => (self.user == Some(user)).then_some(CloseReason::AccountOff),
            Ok(Gone::SignInsOf(user)) => {
                (self.user == Some(user)).then_some(CloseReason::SignedOut)
            }
            Ok(Gone::OtherSignInsOf(user, kept)) => {
                let is_over = self.user == Some(user) && self.sign_in != Some(kept);
                is_over.then_some(CloseReason::SignedOut)
            }
            Ok(Gone::SignIn(sign_in)) => {
                (self.sign_in == Some(sign_in)).then_some(CloseReason::SignedOut)
            }
            // It may have been this watcher: coming back, they are checked again.
            Err(broadcast::error::RecvError::Lagged(_)) => Some(CloseReason::TooSlow),
            Err(broadcast::error::RecvError::Closed) => Some(CloseReason::Stopping),
        }
    }

    fn message(&self, update: Update) -> LiveMessage {
        match update {
            Update::Session(details) => LiveMessage::Session(self.view(*details)),
            Update::Participant(participant) => LiveMessage::Participant(participant),
            Update::Event(event) => LiveMessage::Event(event),
        }
    }

    fn view(&self, details: SessionDetails) -> Box<SessionView> {
        let view = SessionView::of(details, self.viewer, self.live.edges().now());
        // Whoever watches has a place.
        Box::new(SessionView {
            is_mine: self.user.is_some(),
            ..view
        })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.updates.close();
        self.feed_changed.notify_one();
    }
}
