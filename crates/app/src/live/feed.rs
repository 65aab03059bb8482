//! One session's actor: reads what is new and puts it into every watcher's queue.

use std::{sync::Arc, time::Duration};

use domain::{OrganisationId, PageLimit, Participant, ParticipantId, SessionEvent, SessionId};
use store::{SessionDetails, StoreError};
use tokio::sync::{Notify, mpsc, oneshot};

use super::{CloseReason, Live, message::Update};

/// The actor.
pub(super) struct Feed {
    live: Live,
    organisation: OrganisationId,
    session: SessionId,
    inbox: mpsc::Receiver<Subscribe>,
    changed: Arc<Notify>,
    known: Option<State>,
    watchers: Vec<Watcher>,
}

/// Somebody wants to watch.
#[derive(Debug)]
pub(super) struct Subscribe {
    pub(super) participant: ParticipantId,
    pub(super) reply: oneshot::Sender<Result<Subscribed, Unanswered>>,
}

/// Why somebody cannot watch.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error("this participant watches with too many connections")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The present state, and where everything later comes from.
#[derive(Debug)]
pub(super) struct Subscribed {
    pub(super) state: State,
    pub(super) updates: mpsc::Receiver<Update>,
    pub(super) closing: oneshot::Receiver<CloseReason>,
    /// Tells the feed that a watcher went away.
    pub(super) changed: Arc<Notify>,
}

/// What the feed last told everybody.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) details: SessionDetails,
    pub(super) participants: Vec<Participant>,
    pub(super) last_seq: u64,
}

struct Watcher {
    participant: ParticipantId,
    updates: mpsc::Sender<Update>,
    closing: oneshot::Sender<CloseReason>,
}

impl Feed {
    pub(super) fn new(
        live: Live,
        organisation: OrganisationId,
        session: SessionId,
        inbox: mpsc::Receiver<Subscribe>,
        changed: Arc<Notify>,
    ) -> Self {
        Self {
            live,
            organisation,
            session,
            inbox,
            changed,
            known: None,
            watchers: Vec::new(),
        }
    }

    /// Runs until nobody watches.
    pub(super) async fn run(mut self) {
        loop {
            tokio::select! {
                () = self.live.stopping().cancelled() => return,
                Some(subscribe) = self.inbox.recv() => self.subscribe(subscribe).await,
                () = self.changed.notified() => self.catch_up().await,
            }
            self.watchers.retain(|watcher| !watcher.updates.is_closed());
            if self.watchers.is_empty() && self.live.forget_feed(self.session, &self.inbox) {
                return;
            }
        }
    }

    async fn subscribe(&mut self, subscribe: Subscribe) {
        if self.connections_of(subscribe.participant) >= CONNECTIONS_MAX {
            let _ = subscribe.reply.send(Err(Unanswered::TooMany));
            return;
        }
        let refreshed = self.refresh().await;
        let (updates, queue) = mpsc::channel(QUEUE_MAX);
        let (closing, closed) = oneshot::channel();
        let answer = refreshed
            .map(|state| Subscribed {
                state,
                updates: queue,
                closing: closed,
                changed: self.changed.clone(),
            })
            .map_err(Unanswered::from);
        let is_in = answer.is_ok();
        // Who went away while asking is noticed by their closed queue.
        let _ = subscribe.reply.send(answer);
        if is_in {
            self.watchers.push(Watcher {
                participant: subscribe.participant,
                updates,
                closing,
            });
            self.send_out();
        }
    }

    fn connections_of(&self, participant: ParticipantId) -> usize {
        self.watchers
            .iter()
            .filter(|watcher| watcher.participant == participant && !watcher.updates.is_closed())
            .count()
    }

    async fn catch_up(&mut self) {
        if let Err(error) = self.refresh().await {
            tracing::error!(
                session = %self.session,
                error = &error as &dyn std::error::Error,
                "a live session could not be read; trying again"
            );
            tokio::time::sleep(RETRY_AFTER).await;
            self.changed.notify_one();
        }
    }

    /// Reads what is new, tells it to all watchers, and returns the present state.
    async fn refresh(&mut self) -> Result<State, StoreError> {
        let after_seq = self.known.as_ref().map(|known| known.last_seq);
        let (new, events) = self.read(after_seq).await?;
        if let Some(old) = self.known.replace(new.clone()) {
            for update in differences(&old, &new, events) {
                self.tell(&update);
            }
        }
        self.send_out();
        Ok(new)
    }

    async fn read(&self, after_seq: Option<u64>) -> Result<(State, Vec<SessionEvent>), StoreError> {
        let (organisation, session) = (self.organisation, self.session);
        let mut transaction = self.live.store().read().await?;
        let details = transaction
            .session(organisation, session, None)
            .await?
            .expect("sessions are never deleted, and the subscriber's check found this one");
        let participants = transaction.participants(organisation, session).await?;
        let mut events = Vec::new();
        let mut last_seq = match after_seq {
            Some(seq) => seq,
            None => transaction.last_seq(organisation, session).await?,
        };
        loop {
            let page = transaction
                .events(organisation, session, last_seq, PAGE)
                .await?;
            let is_last = page.len() < PAGE.as_usize();
            last_seq = page.last().map_or(last_seq, |event| event.seq);
            events.extend(page);
            if is_last {
                break;
            }
        }
        Ok((
            State {
                details,
                participants,
                last_seq,
            },
            events,
        ))
    }

    fn tell(&mut self, update: &Update) {
        for watcher in std::mem::take(&mut self.watchers) {
            match watcher.updates.try_send(update.clone()) {
                Ok(()) => self.watchers.push(watcher),
                Err(mpsc::error::TrySendError::Full(_)) => watcher.close(CloseReason::TooSlow),
                Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        }
    }

    /// Lets those go whose place was taken away.
    fn send_out(&mut self) {
        let Some(state) = &self.known else {
            return;
        };
        let is_removed = |watcher: &mut Watcher| {
            state
                .participants
                .iter()
                .any(|participant| participant.id == watcher.participant && participant.is_removed)
        };
        for watcher in self.watchers.extract_if(.., is_removed) {
            watcher.close(CloseReason::Removed);
        }
    }
}

impl Watcher {
    fn close(self, reason: CloseReason) {
        // An error means that they went away by themselves.
        let _ = self.closing.send(reason);
    }
}

fn differences(old: &State, new: &State, events: Vec<SessionEvent>) -> Vec<Update> {
    let mut updates = Vec::new();
    if old.details != new.details {
        updates.push(Update::Session(Box::new(new.details.clone())));
    }
    // Participants are never deleted and keep their order: the old list is the new one's start.
    for (place, participant) in new.participants.iter().enumerate() {
        if old.participants.get(place) != Some(participant) {
            updates.push(Update::Participant(participant.clone()));
        }
    }
    updates.extend(events.into_iter().map(Update::Event));
    updates
}

/// How many updates a watcher may be behind.
const QUEUE_MAX: usize = 256;
/// With how many connections one participant may watch: more tabs than anybody has open, and those
/// that a phone lost on its way and the server has not missed yet.
const CONNECTIONS_MAX: usize = 16;
const PAGE: PageLimit = PageLimit::BIGGEST;
const RETRY_AFTER: Duration = Duration::from_secs(1);
