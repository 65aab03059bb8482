//! What Helpsight can do: one use-case a file.
//!
//! A use-case is a function: who asks ([`SignedIn`], [`Caller`]), what for, and an error enum of
//! its own. It checks the rules of `domain`, reads and writes in one transaction of `store`, and
//! gives orders to the media engine behind `rtc`. It knows no HTTP and no SQL.
//!
//! The flow of a change to a session:
//! 1. a write transaction changes the state and appends the event;
//! 2. [`App::commit`] commits and tells the session's live feed, even when the caller is gone;
//! 3. the feed reads what is new and sends it to everybody who watches ([`live`]).
//!
//! Invariants: every use-case looks only into the caller's organisation; time and randomness come
//! from the [`Clock`] and [`Random`] that the binary provides; nothing personal is logged.

mod access;
mod app;
mod callers;
pub mod demo;
mod edges;
mod housekeeping;
mod idempotency;
pub mod installation;
pub mod invites;
pub mod live;
pub mod participants;
pub mod password_links;
mod passwords;
pub mod policies;
pub mod recovery;
mod rtc_events;
mod rtc_orders;
pub mod seats;
mod secrets;
pub mod sessions;
pub mod setup;
pub mod sign_ins;
mod throttle;
pub mod users;
mod views;

pub use app::{App, Config, Parts};
pub use callers::{Caller, Seat, SignedIn};
pub use edges::{Clock, Random};
pub use passwords::HashingCost;
pub use sign_ins::NewSignIn;
pub use store::{Store, StoreError};
pub use views::{InviteView, Page, PasswordLink, SessionView};
