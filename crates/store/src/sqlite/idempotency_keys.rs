use async_trait::async_trait;
use domain::{OrganisationId, SessionId, TokenHash, UserId};
use time::OffsetDateTime;

use super::{
    SqliteTransaction,
    columns::{Columns, to_ms},
};
use crate::{IdempotencyKeys, KeptRedemption, KeptResult, StoreError};

#[async_trait]
impl IdempotencyKeys for SqliteTransaction {
    async fn insert_kept_result(&mut self, result: &KeptResult) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO kept_results
                 (organisation_id, user_id, operation, key, fingerprint, created_id, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .bind(result.organisation_id.to_string())
        .bind(result.user_id.to_string())
        .bind(&result.operation)
        .bind(&result.key)
        .bind(&result.fingerprint[..])
        .bind(&result.created_id)
        .bind(to_ms(result.created_at))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn kept_result(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
        operation: &str,
        key: &str,
    ) -> Result<Option<KeptResult>, StoreError> {
        sqlx::query(
            "SELECT organisation_id, user_id, operation, key, fingerprint, created_id, created_at
             FROM kept_results
             WHERE organisation_id = ?1 AND user_id = ?2 AND operation = ?3 AND key = ?4",
        )
        .bind(organisation.to_string())
        .bind(user.to_string())
        .bind(operation)
        .bind(key)
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| {
            Ok(KeptResult {
                organisation_id: row.parse("organisation_id")?,
                user_id: row.parse("user_id")?,
                operation: row.parse("operation")?,
                key: row.parse("key")?,
                fingerprint: row.hash("fingerprint")?,
                created_id: row.parse("created_id")?,
                created_at: row.time("created_at")?,
            })
        })
        .transpose()
    }

    async fn delete_kept_results_before(&mut self, at: OffsetDateTime) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM kept_results WHERE created_at < ?1")
            .bind(to_ms(at))
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn insert_kept_redemption(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        redemption: &KeptRedemption,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO kept_redemptions
                 (organisation_id, session_id, key, fingerprint, participant_id, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(&redemption.key.0[..])
        .bind(&redemption.fingerprint[..])
        .bind(redemption.participant_id.to_string())
        .bind(to_ms(redemption.created_at))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn kept_redemption(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        key: TokenHash,
    ) -> Result<Option<KeptRedemption>, StoreError> {
        sqlx::query(
            "SELECT key, fingerprint, participant_id, created_at FROM kept_redemptions
             WHERE organisation_id = ?1 AND session_id = ?2 AND key = ?3",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(&key.0[..])
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| {
            Ok(KeptRedemption {
                key: row.token("key")?,
                fingerprint: row.hash("fingerprint")?,
                participant_id: row.parse("participant_id")?,
                created_at: row.time("created_at")?,
            })
        })
        .transpose()
    }

    async fn delete_kept_redemptions_before(
        &mut self,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM kept_redemptions WHERE created_at < ?1")
            .bind(to_ms(at))
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}
