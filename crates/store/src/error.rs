/// Why the database did not answer. Callers cannot do more about it than report it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The database cannot be brought to the form that this program works with.
    #[error("the database could not be migrated")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Something stored is not what this program stores.
    #[error("column {column} holds something that was never stored there")]
    Corrupt {
        /// Where.
        column: &'static str,
    },
    /// Readers kept the log of writes in use for too long.
    #[error("traces of erased data are still in the database's log")]
    TracesRemain,
}
