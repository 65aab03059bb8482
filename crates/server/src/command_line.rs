use clap::{Args, Parser, Subcommand};

use crate::settings::Flags;

/// Visual remote assistance that an organisation can run itself.
#[derive(Debug, Parser)]
#[command(name = "helpsight", version)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server until it is told to stop
    Serve(Serve),
    /// Show the settings in force, and where each comes from
    Config(Config),
    /// Help an organisation that has lost its owner
    Admin(Admin),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Let a simulated person who needs help join a session of its own, to try the expert's side
    #[arg(long)]
    pub(crate) demo: bool,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    /// Print a file with every setting, commented, instead
    #[arg(long, conflicts_with = "reference")]
    pub(crate) example: bool,
    /// Print the reference of all settings as Markdown instead
    #[arg(long)]
    pub(crate) reference: bool,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

#[derive(Debug, Args)]
pub(crate) struct Admin {
    #[command(subcommand)]
    pub(crate) subject: AdminSubject,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminSubject {
    /// The organisation's owners
    #[command(subcommand)]
    Owner(AdminOwner),
}

/// Works on the data directory, whether the server runs or not.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminOwner {
    /// List the owners
    List {
        #[command(flatten)]
        flags: Flags,
    },
    /// Make a one-time link with which an owner sets a new password
    Reset {
        /// The owner's e-mail address
        #[arg(long)]
        email: String,
        #[command(flatten)]
        flags: Flags,
    },
    /// Add an owner, who sets a password with a one-time link
    Add {
        /// What the others see
        #[arg(long)]
        name: String,
        /// What the new owner signs in with
        #[arg(long)]
        email: String,
        #[command(flatten)]
        flags: Flags,
    },
}
