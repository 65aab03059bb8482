//! Helps an organisation that has lost its owner, or the owner's password.
//!
//! Works on the database beside a running server: SQLite lets both in, and the server keeps
//! nothing of it in memory that could grow stale.

use std::{fmt::Write as _, sync::Arc};

use anyhow::Context as _;
use api::Links;
use app::recovery::Recovery;
use domain::EmailAddress;
use store::Store;

use super::{open_database, runtime, settings};
use crate::{
    announcement,
    command_line::{Admin, AdminOwner, AdminSubject},
    data_dir::DataDir,
    edges::{SystemClock, SystemRandom},
    settings::Flags,
};

/// `helpsight admin`
pub(crate) fn run(admin: &Admin) -> anyhow::Result<()> {
    let AdminSubject::Owner(owner) = &admin.subject;
    let flags = match owner {
        AdminOwner::List { flags }
        | AdminOwner::Reset { flags, .. }
        | AdminOwner::Add { flags, .. } => flags,
    };
    runtime()?.block_on(with_recovery(flags, owner))
}

async fn with_recovery(flags: &Flags, owner: &AdminOwner) -> anyhow::Result<()> {
    let settings = settings(flags)?.settings;
    let dir = DataDir::existing(&settings.data_dir)?;
    let store: Arc<dyn Store> = Arc::new(open_database(&dir).await?);
    let recovery = Recovery::new(
        Arc::clone(&store),
        Arc::new(SystemClock),
        Arc::new(SystemRandom),
    );
    let links = Links::new(&settings.public_url());
    let text = carry_out(&recovery, &links, owner).await;
    store.close().await;
    announcement::print(&text?);
    Ok(())
}

async fn carry_out(
    recovery: &Recovery,
    links: &Links,
    owner: &AdminOwner,
) -> anyhow::Result<String> {
    match owner {
        AdminOwner::List { .. } => {
            let mut text = String::new();
            for owner in recovery.owners().await? {
                let (name, email) = (owner.name.as_str(), owner.email.as_str());
                let _ = writeln!(text, "{email}\t{name}\t{}", owner.state);
            }
            Ok(text)
        }
        AdminOwner::Reset { email, .. } => {
            let wanted = EmailAddress::parse(email).ok();
            let owners = recovery.owners().await?;
            let owner = owners
                .iter()
                .find(|owner| Some(&owner.email) == wanted.as_ref())
                .context("no owner has this e-mail: see helpsight admin owner list")?;
            let link = recovery.create_password_link(owner.id).await?;
            Ok(link_text(&links.password(&link.token)))
        }
        AdminOwner::Add { name, email, .. } => {
            let added = recovery.create_owner(name, email).await?;
            Ok(link_text(&links.password(&added.password_link.token)))
        }
    }
}

fn link_text(link: &str) -> String {
    format!("Open this link once to set the password:\n{link}\n")
}
