//! What is kept: one trait of queries per noun, and SQLite behind them.
//!
//! A use-case opens a [`Transaction`], asks and orders through the nouns' traits, and commits;
//! dropping it rolls back. Each function is one query; what must happen together is decided by the
//! use-case, which knows why.
//!
//! Invariants: every function about something that an organisation owns takes the organisation's
//! id first and touches nothing of another (the conformance suite tries each). Functions without
//! that id are the few ways *in*: by a secret, or by an id that comes from the media engine.

mod error;
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
mod sqlite;
mod users;

use std::fmt;

use async_trait::async_trait;

pub use error::StoreError;
pub use idempotency_keys::{IdempotencyKeys, KeptRedemption, KeptResult};
pub use invites::{FoundInvite, Invites};
pub use organisations::Organisations;
pub use participants::{Participants, Place};
pub use password_links::{PasswordLink, PasswordLinks};
pub use policies::PolicyLayers;
pub use seats::{Seat, Seats};
pub use session_events::SessionEvents;
pub use sessions::{SessionDetails, SessionFilter, Sessions, StateFilter};
pub use setup_tokens::SetupTokens;
pub use sign_ins::{SignIn, SignIns};
pub use sqlite::SqliteStore;
pub use users::{UserWithPassword, Users};

/// A database.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Begins a transaction that only reads, from one moment's state.
    async fn read(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// Begins a transaction that may write. Writers take turns, so what it reads stays true until
    /// it commits.
    async fn write(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// Makes sure that what was deleted or overwritten can no longer be found in the files.
    async fn erase_traces(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and lets go of the files.
    async fn close(&self);
}

/// Queries that succeed or fail together.
#[async_trait]
pub trait Transaction:
    Organisations
    + SetupTokens
    + Users
    + SignIns
    + PasswordLinks
    + Sessions
    + Invites
    + Participants
    + Seats
    + SessionEvents
    + PolicyLayers
    + IdempotencyKeys
    + Send
{
    /// Makes it last; without this everything is undone.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
