use async_trait::async_trait;
use domain::{Cursor, EmailAddress, OrganisationId, PageLimit, User, UserId, UserState};
use time::OffsetDateTime;

use crate::StoreError;

/// The people who have an account. Deleted ones are never found.
#[async_trait]
pub trait Users {
    /// Keeps a new user; `false` when the organisation has one with that e-mail address.
    async fn insert_user(&mut self, user: &User) -> Result<bool, StoreError>;

    /// One user.
    async fn user(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
    ) -> Result<Option<User>, StoreError>;

    /// The user who signs in with this address, with what their password is checked against.
    async fn user_by_email(
        &mut self,
        organisation: OrganisationId,
        email: &EmailAddress,
    ) -> Result<Option<UserWithPassword>, StoreError>;

    /// A page of users in the order in which they were added.
    async fn users(
        &mut self,
        organisation: OrganisationId,
        after: Option<&Cursor<UserId>>,
        limit: PageLimit,
    ) -> Result<Vec<User>, StoreError>;

    /// All owners, whatever their state.
    async fn owners(&mut self, organisation: OrganisationId) -> Result<Vec<User>, StoreError>;

    /// How many owners are active.
    async fn active_owner_count(&mut self, organisation: OrganisationId)
    -> Result<u64, StoreError>;

    /// Whether the user ever set a password.
    async fn has_password(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
    ) -> Result<bool, StoreError>;

    /// Stores the user's name, role and state.
    async fn update_user(
        &mut self,
        organisation: OrganisationId,
        user: &User,
    ) -> Result<(), StoreError>;

    /// Stores the user's password hash (PHC string) and state.
    async fn set_password(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
        password_hash: &str,
        state: UserState,
    ) -> Result<(), StoreError>;

    /// Stores when the user last signed in.
    async fn set_last_sign_in(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
        at: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Erases everything personal; only the id stays, for what refers to it.
    async fn erase_user(
        &mut self,
        organisation: OrganisationId,
        id: UserId,
        at: OffsetDateTime,
    ) -> Result<(), StoreError>;
}

/// A user and what their password is checked against.
#[derive(Clone)]
pub struct UserWithPassword {
    /// The user.
    pub user: User,
    /// The PHC string; `None` before they set a password.
    pub password_hash: Option<String>,
}

impl std::fmt::Debug for UserWithPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserWithPassword")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
