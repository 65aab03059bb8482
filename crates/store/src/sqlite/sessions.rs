use async_trait::async_trait;
use domain::{
    Invite, InviteToken, OrganisationId, PersonName, Session, SessionId, SessionState,
    SessionTitle, UserId,
};
use sqlx::sqlite::SqliteRow;

use super::{
    SqliteTransaction,
    columns::{Columns, to_ms},
};
use crate::{SessionDetails, SessionFilter, Sessions, StateFilter, StoreError};

#[async_trait]
impl Sessions for SqliteTransaction {
    async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sessions (organisation_id, id, title, ended_at, created_at, created_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .bind(session.organisation_id.to_string())
        .bind(session.id.to_string())
        .bind(session.title.as_ref().map(SessionTitle::as_str))
        .bind(session.state.ended_at().map(to_ms))
        .bind(to_ms(session.created_at))
        .bind(session.created_by.to_string())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn session(
        &mut self,
        organisation: OrganisationId,
        id: SessionId,
        viewer: Option<UserId>,
    ) -> Result<Option<SessionDetails>, StoreError> {
        sqlx::query(concat!(
            select_details!(),
            "WHERE s.organisation_id = ?1 AND s.id = ?3"
        ))
        .bind(organisation.to_string())
        .bind(viewer.map(|user| user.to_string()))
        .bind(id.to_string())
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| read_details(&row))
        .transpose()
    }

    async fn sessions(
        &mut self,
        organisation: OrganisationId,
        viewer: UserId,
        filter: &SessionFilter,
    ) -> Result<Vec<SessionDetails>, StoreError> {
        let wants_ended = match filter.state {
            StateFilter::All => None,
            StateFilter::Open => Some(false),
            StateFilter::Ended => Some(true),
        };
        sqlx::query(concat!(
            select_details!(),
            "WHERE s.organisation_id = ?1
               AND (?3 IS NULL OR (s.ended_at IS NOT NULL) = ?3)
               AND (NOT ?4 OR s.created_by = ?2 OR has_viewers_place)
               AND (?5 IS NULL OR (s.created_at, s.id) < (?5, ?6))
             ORDER BY s.created_at DESC, s.id DESC
             LIMIT ?7"
        ))
        .bind(organisation.to_string())
        .bind(viewer.to_string())
        .bind(wants_ended)
        .bind(filter.is_viewers_only)
        .bind(filter.after.as_ref().map(|cursor| to_ms(cursor.at)))
        .bind(filter.after.as_ref().map(|cursor| cursor.id.to_string()))
        .bind(filter.limit.as_u32())
        .fetch_all(&mut *self.inner)
        .await?
        .iter()
        .map(read_details)
        .collect()
    }

    async fn organisation_of_session(
        &mut self,
        id: SessionId,
    ) -> Result<Option<OrganisationId>, StoreError> {
        sqlx::query("SELECT organisation_id FROM sessions WHERE id = ?1")
            .bind(id.to_string())
            .fetch_optional(&mut *self.inner)
            .await?
            .map(|row| row.parse("organisation_id"))
            .transpose()
    }

    async fn set_session_state(
        &mut self,
        organisation: OrganisationId,
        id: SessionId,
        state: SessionState,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET ended_at = ?3 WHERE organisation_id = ?1 AND id = ?2")
            .bind(organisation.to_string())
            .bind(id.to_string())
            .bind(state.ended_at().map(to_ms))
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn set_session_title(
        &mut self,
        organisation: OrganisationId,
        id: SessionId,
        title: Option<&SessionTitle>,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET title = ?3 WHERE organisation_id = ?1 AND id = ?2")
            .bind(organisation.to_string())
            .bind(id.to_string())
            .bind(title.map(SessionTitle::as_str))
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }
}

/// What is told about sessions to the viewer `?2` in the organisation `?1`.
macro_rules! select_details {
    () => {
        "SELECT s.organisation_id, s.id, s.title, s.ended_at, s.created_at, s.created_by,
                u.name AS creator_name,
                (SELECT count(*) FROM participants p
                 WHERE p.organisation_id = s.organisation_id AND p.session_id = s.id
                   AND p.is_present = 1) AS participants_present,
                EXISTS (SELECT 1 FROM participants p
                 WHERE p.organisation_id = s.organisation_id AND p.user_id = ?2
                   AND p.session_id = s.id) AS has_viewers_place,
                i.code AS invite_code, i.token AS invite_token,
                i.created_by AS invite_created_by, i.created_at AS invite_created_at,
                i.expires_at AS invite_expires_at
         FROM sessions s
         JOIN users u ON u.organisation_id = s.organisation_id AND u.id = s.created_by
         LEFT JOIN invites i ON i.organisation_id = s.organisation_id AND i.session_id = s.id
         "
    };
}
use select_details;

fn read_details(row: &SqliteRow) -> Result<SessionDetails, StoreError> {
    let session = read_session(row)?;
    Ok(SessionDetails {
        creator_name: row.read_optional("creator_name", PersonName::parse)?,
        participants_present: row.count("participants_present")?,
        invite: read_invite(row, session.id)?,
        has_viewers_place: row.flag("has_viewers_place")?,
        session,
    })
}

fn read_session(row: &SqliteRow) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.parse("id")?,
        organisation_id: row.parse("organisation_id")?,
        title: row.read_optional("title", SessionTitle::parse)?,
        state: row
            .time_optional("ended_at")?
            .map_or(SessionState::Open, |at| SessionState::Ended { at }),
        created_at: row.time("created_at")?,
        created_by: row.parse("created_by")?,
    })
}

fn read_invite(row: &SqliteRow, session_id: SessionId) -> Result<Option<Invite>, StoreError> {
    let Some(code) = row.parse_optional("invite_code")? else {
        return Ok(None);
    };
    Ok(Some(Invite {
        session_id,
        code,
        token: row.read("invite_token", |text| InviteToken::parse(text).ok_or(()))?,
        created_by: row.parse("invite_created_by")?,
        created_at: row.time("invite_created_at")?,
        expires_at: row.time("invite_expires_at")?,
    }))
}
