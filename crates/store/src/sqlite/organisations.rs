use async_trait::async_trait;
use domain::{Organisation, OrganisationId, OrganisationName};
use sqlx::sqlite::SqliteRow;

use super::{
    SqliteTransaction,
    columns::{Columns, to_ms},
};
use crate::{Organisations, StoreError};

#[async_trait]
impl Organisations for SqliteTransaction {
    async fn insert_organisation(&mut self, organisation: &Organisation) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO organisations (id, name, created_at) VALUES (?1, ?2, ?3)")
            .bind(organisation.id.to_string())
            .bind(organisation.name.as_str())
            .bind(to_ms(organisation.created_at))
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn organisation(
        &mut self,
        id: OrganisationId,
    ) -> Result<Option<Organisation>, StoreError> {
        sqlx::query("SELECT id, name, created_at FROM organisations WHERE id = ?1")
            .bind(id.to_string())
            .fetch_optional(&mut *self.inner)
            .await?
            .map(|row| read_organisation(&row))
            .transpose()
    }

    async fn first_organisation(&mut self) -> Result<Option<Organisation>, StoreError> {
        sqlx::query(
            "SELECT id, name, created_at FROM organisations ORDER BY created_at, id LIMIT 1",
        )
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| read_organisation(&row))
        .transpose()
    }
}

fn read_organisation(row: &SqliteRow) -> Result<Organisation, StoreError> {
    Ok(Organisation {
        id: row.parse("id")?,
        name: row.read("name", OrganisationName::parse)?,
        created_at: row.time("created_at")?,
    })
}
