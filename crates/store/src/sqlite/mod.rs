//! SQLite behind the repository traits.
//!
//! One connection writes, several read; in write-ahead mode they do not wait for each other.
//! Writers queue in memory for the one connection, so that a busy database is only ever another
//! process (`helpsight admin` beside a running server).

mod columns;
mod event_data;
mod idempotency_keys;
mod invites;
mod organisations;
mod participants;
mod password_links;
mod policies;
mod seats;
mod session_events;
mod sessions;
mod setup_tokens;
mod sign_ins;
mod users;

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use sqlx::{
    Row, Sqlite, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{Store, StoreError, Transaction};

/// A SQLite file and its connections.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, makes it when there is none, and migrates it.
    ///
    /// # Errors
    /// When the file cannot be opened or was migrated by a newer program.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An event that was shown to people must survive a power cut: its number would
            // otherwise be given to another event, and who saw the first would never get it.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // What is deleted or overwritten is filled with zeros.
            .pragma("secure_delete", "ON")
            .pragma("temp_store", "MEMORY");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.clone())
            .await?;
        MIGRATIONS.run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self { writer, readers })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn read(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let inner = self.readers.begin().await?;
        Ok(Box::new(SqliteTransaction { inner }))
    }

    async fn write(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let inner = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Box::new(SqliteTransaction { inner }))
    }

    async fn erase_traces(&self) -> Result<(), StoreError> {
        // The file itself holds zeros where the data was, but the log still holds earlier pages.
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&self.writer)
            .await?;
        let is_busy: i64 = row.try_get(0)?;
        if is_busy == 0 {
            Ok(())
        } else {
            Err(StoreError::TracesRemain)
        }
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// An open transaction on one connection.
struct SqliteTransaction {
    inner: sqlx::Transaction<'static, Sqlite>,
}

#[async_trait]
impl Transaction for SqliteTransaction {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }
}

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

const READERS: u32 = 4;
/// How long to wait for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to queue for a connection before the request fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
