use async_trait::async_trait;
use domain::{OrganisationId, ParticipantId, SessionId, TokenHash};
use time::OffsetDateTime;

use super::{
    SqliteTransaction,
    columns::{Columns, to_ms},
};
use crate::{Seat, Seats, StoreError};

#[async_trait]
impl Seats for SqliteTransaction {
    async fn insert_seat(&mut self, seat: &Seat) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO seats (token, organisation_id, session_id, participant_id, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(&seat.token.0[..])
        .bind(seat.organisation_id.to_string())
        .bind(seat.session_id.to_string())
        .bind(seat.participant_id.to_string())
        .bind(to_ms(seat.expires_at))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn seat(
        &mut self,
        session: SessionId,
        token: TokenHash,
    ) -> Result<Option<Seat>, StoreError> {
        sqlx::query(
            "SELECT token, organisation_id, session_id, participant_id, expires_at
             FROM seats WHERE token = ?1 AND session_id = ?2",
        )
        .bind(&token.0[..])
        .bind(session.to_string())
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| {
            Ok(Seat {
                token: row.token("token")?,
                organisation_id: row.parse("organisation_id")?,
                session_id: row.parse("session_id")?,
                participant_id: row.parse("participant_id")?,
                expires_at: row.time("expires_at")?,
            })
        })
        .transpose()
    }

    async fn delete_seats_of(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        participant: ParticipantId,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM seats
             WHERE organisation_id = ?1 AND session_id = ?2 AND participant_id = ?3",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(participant.to_string())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn delete_seats_of_removed(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM seats
             WHERE organisation_id = ?1 AND session_id = ?2 AND participant_id IN (
                 SELECT id FROM participants
                 WHERE organisation_id = ?1 AND session_id = ?2 AND is_removed = 1)",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn delete_expired_seats(&mut self, now: OffsetDateTime) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM seats WHERE expires_at <= ?1")
            .bind(to_ms(now))
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}
