use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Timestamp;
use crate::links::Links;

/// Somebody with an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: UserRole,
    pub(crate) state: UserState,
    pub(crate) created_at: Timestamp,
    #[schema(required = true)]
    pub(crate) last_sign_in_at: Option<Timestamp>,
}

/// What a user may do in the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserRole {
    Owner,
    Admin,
    Expert,
    Member,
}

/// Whether a user can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserState {
    /// Has not set a password yet.
    Invited,
    Active,
    Deactivated,
}

/// A one-time link with which a user sets a password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordLink {
    pub(crate) url: String,
    pub(crate) expires_at: Timestamp,
}

impl From<&domain::User> for User {
    fn from(user: &domain::User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            role: user.role.into(),
            state: user.state.into(),
            created_at: user.created_at.into(),
            last_sign_in_at: user.last_sign_in_at.map(Timestamp::from),
        }
    }
}

impl From<domain::UserRole> for UserRole {
    fn from(role: domain::UserRole) -> Self {
        match role {
            domain::UserRole::Owner => Self::Owner,
            domain::UserRole::Admin => Self::Admin,
            domain::UserRole::Expert => Self::Expert,
            domain::UserRole::Member => Self::Member,
        }
    }
}

impl From<UserRole> for domain::UserRole {
    fn from(role: UserRole) -> Self {
        match role {
            UserRole::Owner => Self::Owner,
            UserRole::Admin => Self::Admin,
            UserRole::Expert => Self::Expert,
            UserRole::Member => Self::Member,
        }
    }
}

impl From<domain::UserState> for UserState {
    fn from(state: domain::UserState) -> Self {
        match state {
            domain::UserState::Invited => Self::Invited,
            domain::UserState::Active => Self::Active,
            domain::UserState::Deactivated => Self::Deactivated,
        }
    }
}

impl PasswordLink {
    pub(crate) fn new(link: &app::PasswordLink, links: &Links) -> Self {
        Self {
            url: links.password(&link.token),
            expires_at: link.expires_at.into(),
        }
    }
}
