use async_trait::async_trait;
use domain::{NewEvent, OrganisationId, PageLimit, SessionEvent, SessionId};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;

use super::{
    SqliteTransaction,
    columns::{Columns, to_i64, to_ms},
    event_data,
};
use crate::{SessionEvents, StoreError};

#[async_trait]
impl SessionEvents for SqliteTransaction {
    async fn insert_event(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        event: &NewEvent,
    ) -> Result<u64, StoreError> {
        sqlx::query(
            "INSERT INTO session_events
                 (organisation_id, session_id, seq, id, at, kind, participant_id, data,
                  idempotency_key)
             SELECT ?1, ?2, coalesce(max(seq), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8
             FROM session_events WHERE organisation_id = ?1 AND session_id = ?2
             RETURNING seq",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(event.id.to_string())
        .bind(to_ms(event.at))
        .bind(event.data.kind())
        .bind(event.participant_id.map(|id| id.to_string()))
        .bind(event_data::to_json(&event.data).to_string())
        .bind(event.idempotency_key.as_deref())
        .fetch_one(&mut *self.inner)
        .await?
        .count("seq")
    }

    async fn event_by_key(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        key: &str,
    ) -> Result<Option<SessionEvent>, StoreError> {
        sqlx::query(
            "SELECT seq, id, at, kind, participant_id, data FROM session_events
             WHERE organisation_id = ?1 AND session_id = ?2 AND idempotency_key = ?3",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(key)
        .fetch_optional(&mut *self.inner)
        .await?
        .map(|row| read_event(&row))
        .transpose()
    }

    async fn events(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        after_seq: u64,
        limit: PageLimit,
    ) -> Result<Vec<SessionEvent>, StoreError> {
        sqlx::query(
            "SELECT seq, id, at, kind, participant_id, data FROM session_events
             WHERE organisation_id = ?1 AND session_id = ?2 AND seq > ?3
             ORDER BY seq
             LIMIT ?4",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(to_i64(after_seq))
        .bind(limit.as_u32())
        .fetch_all(&mut *self.inner)
        .await?
        .iter()
        .map(read_event)
        .collect()
    }

    async fn last_seq(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<u64, StoreError> {
        sqlx::query(
            "SELECT coalesce(max(seq), 0) AS last_seq FROM session_events
             WHERE organisation_id = ?1 AND session_id = ?2",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .fetch_one(&mut *self.inner)
        .await?
        .count("last_seq")
    }
}

fn read_event(row: &SqliteRow) -> Result<SessionEvent, StoreError> {
    let json: Value = row.parse("data")?;
    Ok(SessionEvent {
        seq: row.count("seq")?,
        id: row.parse("id")?,
        at: row.time("at")?,
        participant_id: row.parse_optional("participant_id")?,
        data: row.read("kind", |kind| event_data::from_json(kind, &json).ok_or(()))?,
    })
}
