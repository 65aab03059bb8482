use async_trait::async_trait;
use domain::{
    Cursor, EmailAddress, OrganisationId, PageLimit, PersonName, User, UserId, UserState,
};
use sqlx::sqlite::SqliteRow;
use time::OffsetDateTime;

use super::{
    SqliteTransaction,
    columns::{Columns, to_ms},
};
use crate::{StoreError, UserWithPassword, Users};

#[async_trait]
impl Users for SqliteTransaction {
    async fn insert_user(&mut self, user: &User) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO users
                 (organisation_id, id, name, email, role, state, created_at, last_sign_in_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (organisation_id, email) DO NOTHING",
        )
        .bind(user.organisation_id.to_string())
        .bind(user.id.to_string())
        .bind(user.name.as_str())
        .bind(user.email.as_str())
        .bind(user.role.as_str())
        .bind(user.state.as_str())
        .bind(to_ms(user.created_at))
        .bind(user.last_sign_in_at.map(to_ms))
        .execute(&mut *self.inner)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn user(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
    ) -> Result<Option<User>, StoreError> {
        sqlx::query(
            "SELECT organisation_id, id, name, email, role, state, created_at, last_sign_in_at
             FROM users
             WHERE organisation_id = ?1 AND id = ?2 AND deleted_at IS NULL",
        )
        .bind(organisation.to_string())
        .bind(id.to_string())
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| read_user(&row))
        .transpose()
    }

    async fn user_by_email(
        &mut self,
        organisation: OrganisationId,
        email: &EmailAddress,
    ) -> Result<Option<UserWithPassword>, StoreError> {
        sqlx::query(
            "SELECT organisation_id, id, name, email, role, state, created_at, last_sign_in_at,
                    password_hash
             FROM users
             WHERE organisation_id = ?1 AND email = ?2",
        )
        .bind(organisation.to_string())
        .bind(email.as_str())
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| {
            Ok(UserWithPassword {
                user: read_user(&row)?,
                password_hash: row.text("password_hash")?,
            })
        })
        .transpose()
    }

    async fn users(
        &mut self,
        organisation: OrganisationId,
        after: Option<&Cursor<UserId>>,
        limit: PageLimit,
    ) -> Result<Vec<User>, StoreError> {
        sqlx::query(
            "SELECT organisation_id, id, name, email, role, state, created_at, last_sign_in_at
             FROM users
             WHERE organisation_id = ?1 AND deleted_at IS NULL
               AND (?2 IS NULL OR (created_at, id) > (?2, ?3))
             ORDER BY created_at, id
             LIMIT ?4",
        )
        .bind(organisation.to_string())
        .bind(after.map(|cursor| to_ms(cursor.at)))
        .bind(after.map(|cursor| cursor.id.to_string()))
        .bind(limit.as_u32())
        .fetch_all(&mut *self.inner)
        .await?
        .iter()
        .map(read_user)
        .collect()
    }

    async fn owners(&mut self, organisation: OrganisationId) -> Result<Vec<User>, StoreError> {
        sqlx::query(
            "SELECT organisation_id, id, name, email, role, state, created_at, last_sign_in_at
             FROM users
             WHERE organisation_id = ?1 AND role = 'owner' AND deleted_at IS NULL
             ORDER BY created_at, id",
        )
        .bind(organisation.to_string())
        .fetch_all(&mut *self.inner)
        .await?
        .iter()
        .map(read_user)
        .collect()
    }

    async fn active_owner_count(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<u64, StoreError> {
        sqlx::query(
            "SELECT count(*) AS owners FROM users
             WHERE organisation_id = ?1 AND role = 'owner' AND state = 'active'
               AND deleted_at IS NULL",
        )
        .bind(organisation.to_string())
        .fetch_one(&mut *self.inner)
        .await?
        .count("owners")
    }

    async fn has_password(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
    ) -> Result<bool, StoreError> {
        sqlx::query(
            "SELECT EXISTS (
                 SELECT 1 FROM users
                 WHERE organisation_id = ?1 AND id = ?2 AND password_hash IS NOT NULL
             ) AS has_password",
        )
        .bind(organisation.to_string())
        .bind(id.to_string())
        .fetch_one(&mut *self.inner)
        .await?
        .flag("has_password")
    }

    async fn update_user(
        &mut self,
        organisation: OrganisationId,
        user: &User,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE users SET name = ?3, role = ?4, state = ?5
             WHERE organisation_id = ?1 AND id = ?2 AND deleted_at IS NULL",
        )
        .bind(organisation.to_string())
        .bind(user.id.to_string())
        .bind(user.name.as_str())
        .bind(user.role.as_str())
        .bind(user.state.as_str())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn set_password(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
        password_hash: &str,
        state: UserState,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE users SET password_hash = ?3, state = ?4
             WHERE organisation_id = ?1 AND id = ?2 AND deleted_at IS NULL",
        )
        .bind(organisation.to_string())
        .bind(id.to_string())
        .bind(password_hash)
        .bind(state.as_str())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn set_last_sign_in(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE users SET last_sign_in_at = ?3
             WHERE organisation_id = ?1 AND id = ?2 AND deleted_at IS NULL",
        )
        .bind(organisation.to_string())
        .bind(id.to_string())
        .bind(to_ms(at))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn erase_user(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE users
             SET name = NULL, email = NULL, password_hash = NULL, last_sign_in_at = NULL,
                 deleted_at = ?3
             WHERE organisation_id = ?1 AND id = ?2 AND deleted_at IS NULL",
        )
        .bind(organisation.to_string())
        .bind(id.to_string())
        .bind(to_ms(at))
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}

fn read_user(row: &SqliteRow) -> Result<User, StoreError> {
    Ok(User {
        id: row.parse("id")?,
        organisation_id: row.parse("organisation_id")?,
        name: row.read("name", PersonName::parse)?,
        email: row.read("email", EmailAddress::parse)?,
        role: row.parse("role")?,
        state: row.parse("state")?,
        created_at: row.time("created_at")?,
        last_sign_in_at: row.time_optional("last_sign_in_at")?,
    })
}
