//! What the API shows: the wire form of users, sessions, participants and events.
//!
//! The product's own types never leave the process as they are; each view picks what its reader
//! may see. Invariant: a field that may be absent is sent as `null`, never left out.

pub(crate) mod event;
pub(crate) mod page;
pub(crate) mod participant;
pub(crate) mod policies;
pub(crate) mod session;
mod timestamp;
pub(crate) mod user;

pub(crate) use event::SessionEvent;
pub(crate) use page::Page;
pub(crate) use participant::{Participant, ParticipantRole};
pub(crate) use policies::PathMode;
pub(crate) use session::Session;
pub(crate) use timestamp::Timestamp;
pub(crate) use user::{PasswordLink, User};
