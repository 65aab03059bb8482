//! What the organisation allows.

mod set;
mod show;

pub use set::{SetError, set};
pub use show::{PoliciesView, show};
