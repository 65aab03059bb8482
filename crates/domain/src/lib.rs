//! The product's nouns and their rules.
//!
//! Types that cannot hold nonsense (a parsed e-mail address, a validated id), state machines, and
//! who may do what to whom. Everything here is a pure function of its arguments.
//!
//! Invariant: no I/O, no clock, no randomness. Times and random bytes come in as parameters.

mod base32;
mod email;
mod event;
mod field;
mod id;
mod invite;
mod join_code;
mod organisation;
mod page;
mod participant;
mod password;
mod path_mode;
mod policies;
mod session;
mod session_rights;
mod text;
mod token;
mod user;
mod user_rules;
mod words;

pub use email::EmailAddress;
pub use event::{EventData, LeaveReason, NewEvent, SessionEvent};
pub use field::{FieldCode, FieldError, FieldErrors};
pub use id::{EventId, IdError, OrganisationId, ParticipantId, SessionId, UserId};
pub use invite::{Invite, InviteToken};
pub use join_code::{JoinCode, JoinCodeError};
pub use organisation::Organisation;
pub use page::{Cursor, CursorError, PageLimit};
pub use participant::{NetworkPath, Participant, ParticipantRole, Person, Presence};
pub use password::Password;
pub use path_mode::PathMode;
pub use policies::{
    Policies, PolicyError, PolicyKind, PolicyLayer, PolicyLevel, PolicyName, PolicyValue,
};
pub use session::{NoTransition, Session, SessionInput, SessionState};
pub use session_rights::SessionRights;
pub use text::{OrganisationName, PersonName, SessionTitle};
pub use token::{SecretToken, TokenHash};
pub use user::{User, UserRole, UserState};
pub use user_rules::{
    Activation, UserChange, UserRuleError, check_addition, check_change, check_deletion,
};
pub use words::UnknownWord;
