//! What the binary can be told to do.

pub(crate) mod admin;
pub(crate) mod config;
pub(crate) mod serve;

use anyhow::Context as _;
use store::SqliteStore;

use crate::{
    data_dir::DataDir,
    settings::{Flags, PREFIX, Resolved, resolve},
};

/// The settings in force for a command with these flags.
fn settings(flags: &Flags) -> anyhow::Result<Resolved> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let shown = name.to_string_lossy().into_owned();
        if !shown.starts_with(PREFIX) {
            continue;
        }
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => variables.push((name, value)),
            (Ok(_), Err(_)) | (Err(_), _) => {
                anyhow::bail!("environment variable {shown}: it is not text in UTF-8")
            }
        }
    }
    Ok(resolve(flags, variables)?)
}

/// What the commands run on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the system gives no threads")
}

/// Opens the database of a data folder.
async fn open_database(dir: &DataDir) -> anyhow::Result<SqliteStore> {
    let file = dir.database();
    SqliteStore::open(&file).await.with_context(|| {
        format!(
            "the database {} cannot be opened; if it is damaged, put a backup in its place",
            file.display()
        )
    })
}
