use async_trait::async_trait;
use domain::{OrganisationId, TokenHash, UserId};
use time::OffsetDateTime;

use super::{
    SqliteTransaction,
    columns::{Columns, to_ms},
};
use crate::{SignIn, SignIns, StoreError};

#[async_trait]
impl SignIns for SqliteTransaction {
    async fn insert_sign_in(&mut self, sign_in: &SignIn) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sign_ins (token, organisation_id, user_id, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(&sign_in.token.0[..])
        .bind(sign_in.organisation_id.to_string())
        .bind(sign_in.user_id.to_string())
        .bind(to_ms(sign_in.created_at))
        .bind(to_ms(sign_in.expires_at))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn sign_in(&mut self, token: TokenHash) -> Result<Option<SignIn>, StoreError> {
        sqlx::query(
            "SELECT token, organisation_id, user_id, created_at, expires_at
             FROM sign_ins WHERE token = ?1",
        )
        .bind(&token.0[..])
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| {
            Ok(SignIn {
                token: row.token("token")?,
                organisation_id: row.parse("organisation_id")?,
                user_id: row.parse("user_id")?,
                created_at: row.time("created_at")?,
                expires_at: row.time("expires_at")?,
            })
        })
        .transpose()
    }

    async fn renew_sign_in(
        &mut self,
        token: TokenHash,
        expires_at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE sign_ins SET expires_at = ?2 WHERE token = ?1")
            .bind(&token.0[..])
            .bind(to_ms(expires_at))
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn delete_sign_in(&mut self, token: TokenHash) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sign_ins WHERE token = ?1")
            .bind(&token.0[..])
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn delete_sign_ins_of(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sign_ins WHERE organisation_id = ?1 AND user_id = ?2")
            .bind(organisation.to_string())
            .bind(user.to_string())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn delete_other_sign_ins_of(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
        kept: TokenHash,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM sign_ins WHERE organisation_id = ?1 AND user_id = ?2 AND token <> ?3",
        )
        .bind(organisation.to_string())
        .bind(user.to_string())
        .bind(&kept.0[..])
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn delete_expired_sign_ins(&mut self, now: OffsetDateTime) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sign_ins WHERE expires_at <= ?1")
            .bind(to_ms(now))
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}
