use async_trait::async_trait;
use domain::{OrganisationId, ParticipantId, SessionId, TokenHash};
use time::OffsetDateTime;

use crate::StoreError;

/// Guests' browsers and the places that they hold.
#[async_trait]
pub trait Seats {
    /// Keeps a new seat.
    async fn insert_seat(&mut self, seat: &Seat) -> Result<(), StoreError>;

    /// The seat in a session that a token stands for, expired or not.
    async fn seat(
        &mut self,
        session: SessionId,
        token: TokenHash,
    ) -> Result<Option<Seat>, StoreError>;

    /// Takes a participant's seats away.
    async fn delete_seats_of(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        participant: ParticipantId,
    ) -> Result<(), StoreError>;

    /// Takes the seats of everybody away whose place in a session was taken away.
    async fn delete_seats_of_removed(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<(), StoreError>;

    /// Forgets the seats of all organisations whose time is over.
    async fn delete_expired_seats(&mut self, now: OffsetDateTime) -> Result<(), StoreError>;
}

/// A guest's browser and the place that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// What the browser's token hashes to.
    pub token: TokenHash,
    /// The session's organisation.
    pub organisation_id: OrganisationId,
    /// The session.
    pub session_id: SessionId,
    /// The place.
    pub participant_id: ParticipantId,
    /// Until when.
    pub expires_at: OffsetDateTime,
}
