use time::OffsetDateTime;

use crate::{OrganisationId, OrganisationName};

/// A tenant: the owner of users, sessions and everything that they leave behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// What it is called.
    pub name: OrganisationName,
    /// When it was set up.
    pub created_at: OffsetDateTime,
}
