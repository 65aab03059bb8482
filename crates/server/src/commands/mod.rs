//! What the binary can be told to do.

pub(crate) mod admin;
pub(crate) mod config;
pub(crate) mod serve;

use anyhow::Context as _;

use crate::settings::{Flags, Resolved, resolve};

/// The settings in force for a command with these flags.
fn settings(flags: &Flags) -> anyhow::Result<Resolved> {
    // A variable that is not text has no name of ours, or no value that we could take.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(resolve(flags, variables)?)
}

/// What the commands run on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the system gives no threads")
}
