use domain::{PageLimit, SessionEvent, SessionId};
use store::StoreError;

use crate::{App, Caller, access};

/// A page of a session's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsPage {
    /// The events in order.
    pub items: Vec<SessionEvent>,
    /// After which event the next page begins; `None` on the last one.
    pub next_after: Option<u64>,
}

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// There is no such session that the caller can see.
    #[error("there is no such session")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A page of a session's log, beginning after the event `after_seq`.
///
/// # Errors
/// [`EventsError`].
pub async fn events(
    app: &App,
    caller: &Caller,
    id: SessionId,
    after_seq: u64,
    limit: PageLimit,
) -> Result<EventsPage, EventsError> {
    let mut transaction = app.read().await?;
    access::visible_session(&mut *transaction, caller, id)
        .await?
        .ok_or(EventsError::NotFound)?;
    let mut items = transaction
        .events(caller.organisation_id(), id, after_seq, limit.and_one())
        .await?;
    let has_more = items.len() > limit.as_usize();
    items.truncate(limit.as_usize());
    let next_after = items.last().filter(|_| has_more).map(|event| event.seq);
    Ok(EventsPage { items, next_after })
}
