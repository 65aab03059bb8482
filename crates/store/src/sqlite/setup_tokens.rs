use async_trait::async_trait;
use domain::SecretToken;

use super::{SqliteTransaction, columns::Columns};
use crate::{SetupTokens, StoreError};

#[async_trait]
impl SetupTokens for SqliteTransaction {
    async fn setup_token(&mut self) -> Result<Option<SecretToken>, StoreError> {
        sqlx::query("SELECT token FROM setup_tokens")
            .fetch_optional(&mut *self.inner)
            .await?
            .map(|row| row.read("token", |text| SecretToken::parse(text).ok_or(())))
            .transpose()
    }

    async fn insert_setup_token(&mut self, token: SecretToken) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO setup_tokens (only_one, token) VALUES (1, ?1)")
            .bind(token.expose())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn delete_setup_token(&mut self) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM setup_tokens")
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}
