use async_trait::async_trait;
use domain::{NewEvent, OrganisationId, PageLimit, SessionEvent, SessionId};

use crate::StoreError;

/// The sessions' event logs. Nothing is ever changed or deleted here.
#[async_trait]
pub trait SessionEvents: Send {
    /// Appends an event, or yields the one that is stored under the same idempotency key.
    ///
    /// Within a write transaction nobody else appends, so the order of appending is the order of
    /// the log and the numbers have no gaps.
    async fn append_event(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        event: &NewEvent,
    ) -> Result<SessionEvent, StoreError> {
        if let Some(key) = &event.idempotency_key
            && let Some(stored) = self.event_by_key(organisation, session, key).await?
        {
            return Ok(stored);
        }
        let seq = self.insert_event(organisation, session, event).await?;
        Ok(SessionEvent {
            seq,
            id: event.id,
            at: event.at,
            participant_id: event.participant_id,
            data: event.data,
        })
    }

    /// Stores an event after the last one and says its place in the order.
    async fn insert_event(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        event: &NewEvent,
    ) -> Result<u64, StoreError>;

    /// The event that was appended with this key.
    async fn event_by_key(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        key: &str,
    ) -> Result<Option<SessionEvent>, StoreError>;

    /// A page of the log: the events after a place in the order.
    async fn events(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        after_seq: u64,
        limit: PageLimit,
    ) -> Result<Vec<SessionEvent>, StoreError>;

    /// The last event's place in the order; 0 when there is none.
    async fn last_seq(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<u64, StoreError>;
}
