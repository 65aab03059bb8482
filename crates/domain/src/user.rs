use time::OffsetDateTime;

use crate::{EmailAddress, OrganisationId, PersonName, UserId, words::words};

/// A person with an account in an organisation.
///
/// A deleted user is none: nothing of the person is left, only the id that their deeds refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Where they belong.
    pub organisation_id: OrganisationId,
    /// What they are called.
    pub name: PersonName,
    /// With what they sign in; unique in the organisation.
    pub email: EmailAddress,
    /// What they may do.
    pub role: UserRole,
    /// Whether they can sign in.
    pub state: UserState,
    /// When they were added.
    pub created_at: OffsetDateTime,
    /// When they last signed in.
    pub last_sign_in_at: Option<OffsetDateTime>,
}

impl User {
    /// Whether the organisation counts on this user to stay reachable.
    pub fn is_active_owner(&self) -> bool {
        self.role == UserRole::Owner && self.state == UserState::Active
    }
}

/// What a user may do in the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserRole {
    /// Everything, and appoints the other owners.
    Owner,
    /// Manages people and policies, except owners.
    Admin,
    /// Gives assistance; sees and runs every session of the organisation.
    Expert,
    /// Asks for assistance; sees the sessions that they created or took part in.
    Member,
}

words!(UserRole {
    Owner = "owner",
    Admin = "admin",
    Expert = "expert",
    Member = "member",
});

impl UserRole {
    /// May see the organisation's people and set its policies.
    pub fn may_administer(self) -> bool {
        match self {
            Self::Owner | Self::Admin => true,
            Self::Expert | Self::Member => false,
        }
    }

    /// May add, change or delete a user who has the role `other`.
    pub fn may_manage(self, other: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => other != Self::Owner,
            Self::Expert | Self::Member => false,
        }
    }

    /// May see and run every session of the organisation.
    pub fn may_run_every_session(self) -> bool {
        match self {
            Self::Owner | Self::Admin | Self::Expert => true,
            Self::Member => false,
        }
    }
}

/// Whether a user can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserState {
    /// Not yet: they have no password.
    Invited,
    /// Yes.
    Active,
    /// No: an administrator switched the account off.
    Deactivated,
}

words!(UserState {
    Invited = "invited",
    Active = "active",
    Deactivated = "deactivated",
});
