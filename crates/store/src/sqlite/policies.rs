use async_trait::async_trait;
use domain::{OrganisationId, PolicyLayer, PolicyLevel, PolicyName, PolicyValue, SessionId};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;

use super::{SqliteTransaction, columns::Columns};
use crate::{PolicyLayers, StoreError};

#[async_trait]
impl PolicyLayers for SqliteTransaction {
    async fn organisation_policies(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<PolicyLayer, StoreError> {
        let rows =
            sqlx::query("SELECT name, value FROM organisation_policies WHERE organisation_id = ?1")
                .bind(organisation.to_string())
                .fetch_all(&mut *self.inner)
                .await?;
        read_layer(PolicyLevel::Organisation, &rows)
    }

    async fn set_organisation_policy(
        &mut self,
        organisation: OrganisationId,
        name: PolicyName,
        value: PolicyValue,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO organisation_policies (organisation_id, name, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (organisation_id, name) DO UPDATE SET value = excluded.value",
        )
        .bind(organisation.to_string())
        .bind(name.as_str())
        .bind(to_json(value).to_string())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }

    async fn delete_organisation_policy(
        &mut self,
        organisation: OrganisationId,
        name: PolicyName,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM organisation_policies WHERE organisation_id = ?1 AND name = ?2")
            .bind(organisation.to_string())
            .bind(name.as_str())
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    async fn session_policies(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<PolicyLayer, StoreError> {
        let rows = sqlx::query(
            "SELECT name, value FROM session_policies
             WHERE organisation_id = ?1 AND session_id = ?2",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .fetch_all(&mut *self.inner)
        .await?;
        read_layer(PolicyLevel::Session, &rows)
    }

    async fn insert_session_policy(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        name: PolicyName,
        value: PolicyValue,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO session_policies (organisation_id, session_id, name, value)
             VALUES (?1, ?2, ?3, ?4)",
        )
        .bind(organisation.to_string())
        .bind(session.to_string())
        .bind(name.as_str())
        .bind(to_json(value).to_string())
        .execute(&mut *self.inner)
        .await?;
        Ok(())
    }
}

fn read_layer(level: PolicyLevel, rows: &[SqliteRow]) -> Result<PolicyLayer, StoreError> {
    let mut layer = PolicyLayer::default();
    for row in rows {
        let value =
            from_json(&row.parse("value")?).ok_or(StoreError::Corrupt { column: "value" })?;
        layer
            .set(level, row.parse("name")?, value)
            .map_err(|_| StoreError::Corrupt { column: "value" })?;
    }
    Ok(layer)
}

fn to_json(value: PolicyValue) -> Value {
    match value {
        PolicyValue::Switch(on) => on.into(),
        PolicyValue::Seconds(seconds) => seconds.into(),
        PolicyValue::PathMode(mode) => mode.as_str().into(),
    }
}

fn from_json(value: &Value) -> Option<PolicyValue> {
    match value {
        Value::Bool(on) => Some(PolicyValue::Switch(*on)),
        Value::Number(seconds) => seconds.as_u64().map(PolicyValue::Seconds),
        Value::String(mode) => mode.parse().ok().map(PolicyValue::PathMode),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
