use async_trait::async_trait;
use domain::{OrganisationId, TokenHash, UserId};

use super::{
    SqliteTransaction,
    columns::{Columns, to_ms},
};
use crate::{PasswordLink, PasswordLinks, StoreError};

#[async_trait]
impl PasswordLinks for SqliteTransaction {
    async fn replace_password_link(&mut self, link: &PasswordLink) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO password_links (organisation_id, user_id, token, expires_at)
             VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (organisation_id, user_id)
             DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at",
        )
        .bind(link.organisation_id.to_string())
        .bind(link.user_id.to_string())
        .bind(&link.token.0[..])
        .bind(to_ms(link.expires_at))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn password_link(
        &mut self,
        token: TokenHash,
    ) -> Result<Option<PasswordLink>, StoreError> {
        sqlx::query(
            "SELECT organisation_id, user_id, token, expires_at
             FROM password_links WHERE token = ?1",
        )
        .bind(&token.0[..])
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| {
            Ok(PasswordLink {
                token: row.token("token")?,
                organisation_id: row.parse("organisation_id")?,
                user_id: row.parse("user_id")?,
                expires_at: row.time("expires_at")?,
            })
        })
        .transpose()
    }

    async fn delete_password_link_of(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM password_links WHERE organisation_id = ?1 AND user_id = ?2")
            .bind(organisation.to_string())
            .bind(user.to_string())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}
