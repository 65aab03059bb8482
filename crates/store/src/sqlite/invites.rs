use async_trait::async_trait;
use domain::{Invite, InviteToken, JoinCode, OrganisationId, SessionId, TokenHash};
use sqlx::sqlite::SqliteRow;

use super::{
    SqliteTransaction,
    columns::{Columns, to_ms},
};
use crate::{FoundInvite, Invites, StoreError};

#[async_trait]
impl Invites for SqliteTransaction {
    async fn insert_invite(
        &mut self,
        organisation: OrganisationId,
        invite: &Invite,
        token: TokenHash,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO invites
                 (organisation_id, session_id, code, token, token_hash, created_by, created_at,
                  expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (code) DO NOTHING",
        )
        .bind(organisation.to_string())
        .bind(invite.session_id.to_string())
        .bind(invite.code.to_string())
        .bind(invite.token.expose())
        .bind(&token.0[..])
        .bind(invite.created_by.to_string())
        .bind(to_ms(invite.created_at))
        .bind(to_ms(invite.expires_at))
        .execute(&mut *self.inner)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn count_guest_of_invite(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        max: u32,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE invites SET guests = guests + 1
             WHERE organisation_id = ?1 AND session_id = ?2 AND guests < ?3",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(max)
        .execute(&mut *self.inner)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn delete_invite(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM invites WHERE organisation_id = ?1 AND session_id = ?2")
            .bind(organisation.to_string())
            .bind(session.to_string())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn invite_by_code(&mut self, code: JoinCode) -> Result<Option<FoundInvite>, StoreError> {
        sqlx::query(
            "SELECT organisation_id, session_id, code, token, created_by, created_at, expires_at
             FROM invites WHERE code = ?1",
        )
        .bind(code.to_string())
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| read_found_invite(&row))
        .transpose()
    }

    async fn invite_by_token(
        &mut self,
        token: TokenHash,
    ) -> Result<Option<FoundInvite>, StoreError> {
        sqlx::query(
            "SELECT organisation_id, session_id, code, token, created_by, created_at, expires_at
             FROM invites WHERE token_hash = ?1",
        )
        .bind(&token.0[..])
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| read_found_invite(&row))
        .transpose()
    }
}

fn read_found_invite(row: &SqliteRow) -> Result<FoundInvite, StoreError> {
    Ok(FoundInvite {
        organisation_id: row.parse("organisation_id")?,
        invite: Invite {
            session_id: row.parse("session_id")?,
            code: row.parse("code")?,
            token: row.read("token", |text| InviteToken::parse(text).ok_or(()))?,
            created_by: row.parse("created_by")?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
        },
    })
}
