use async_trait::async_trait;
use domain::{OrganisationId, TokenHash, UserId};
use time::OffsetDateTime;

use crate::StoreError;

/// One-time links with which users set their password; a user has at most one.
#[async_trait]
pub trait PasswordLinks {
    /// Keeps a new link in the place of the user's earlier one.
    async fn replace_password_link(&mut self, link: &PasswordLink) -> Result<(), StoreError>;

    /// The link that a token stands for, expired or not.
    async fn password_link(&mut self, token: TokenHash)
    -> Result<Option<PasswordLink>, StoreError>;

    /// Forgets the user's link.
    async fn delete_password_link_of(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
    ) -> Result<(), StoreError>;
}

/// A one-time link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLink {
    /// What the link's token hashes to.
    pub token: TokenHash,
    /// Where the user belongs.
    pub organisation_id: OrganisationId,
    /// Whose password it sets.
    pub user_id: UserId,
    /// Until when it works.
    pub expires_at: OffsetDateTime,
}
