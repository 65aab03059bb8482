use async_trait::async_trait;
use domain::{OrganisationId, TokenHash, UserId};
use time::OffsetDateTime;

use crate::StoreError;

/// Browsers in which a user is signed in.
#[async_trait]
pub trait SignIns {
    /// Keeps a new sign-in.
    async fn insert_sign_in(&mut self, sign_in: &SignIn) -> Result<(), StoreError>;

    /// The sign-in that a token stands for.
    async fn sign_in(&mut self, token: TokenHash) -> Result<Option<SignIn>, StoreError>;

    /// Lets a sign-in last longer.
    async fn renew_sign_in(
        &mut self,
        token: TokenHash,
        expires_at: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Ends the sign-in that a token stands for.
    async fn delete_sign_in(&mut self, token: TokenHash) -> Result<(), StoreError>;

    /// Ends all sign-ins of a user.
    async fn delete_sign_ins_of(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
    ) -> Result<(), StoreError>;

    /// Ends all sign-ins of a user but one.
    async fn delete_other_sign_ins_of(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
        kept: TokenHash,
    ) -> Result<(), StoreError>;

    /// Forgets the sign-ins of all organisations whose time is over.
    async fn delete_expired_sign_ins(&mut self, now: OffsetDateTime) -> Result<(), StoreError>;
}

/// A browser in which a user is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// What the browser's token hashes to.
    pub token: TokenHash,
    /// Where the user belongs.
    pub organisation_id: OrganisationId,
    /// Who is signed in.
    pub user_id: UserId,
    /// Since when.
    pub created_at: OffsetDateTime,
    /// Until when, unless it is renewed.
    pub expires_at: OffsetDateTime,
}
