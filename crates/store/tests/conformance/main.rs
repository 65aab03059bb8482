//! What every database behind `store` must do. Each check gets a fresh database.

mod event_log;
mod foreign_organisation;
mod invites;
mod participants;
mod people;
mod sessions;
mod sqlite_files;
mod world;

use std::sync::Arc;

use store::{SqliteStore, Store};
use tempfile::TempDir;

/// A fresh SQLite database; its files go with the first half.
async fn sqlite() -> (TempDir, Arc<dyn Store>) {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let store = SqliteStore::open(&directory.path().join("test.sqlite"))
        .await
        .expect("a new file can be opened");
    (directory, Arc::new(store))
}

/// Makes a test of each check, for each database.
macro_rules! conformance {
    ($($check:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $check() {
                    let (_directory, store) = crate::sqlite().await;
                    super::$check(&*store).await;
                }
            )+
        }
    };
}
pub(crate) use conformance;
