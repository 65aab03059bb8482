use async_trait::async_trait;
use domain::{Invite, JoinCode, OrganisationId, SessionId, TokenHash};

use crate::StoreError;

/// The codes and links that let people into sessions; a session has at most one.
#[async_trait]
pub trait Invites {
    /// Keeps a session's invite; `false` when another session's has the same code.
    async fn insert_invite(
        &mut self,
        organisation: OrganisationId,
        invite: &Invite,
        token: TokenHash,
    ) -> Result<bool, StoreError>;

    /// Counts one more guest who takes a place with a session's invite; `false` when `max` have.
    async fn count_guest_of_invite(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        max: u32,
    ) -> Result<bool, StoreError>;

    /// Forgets a session's invite.
    async fn delete_invite(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<(), StoreError>;

    /// The invite with this code, expired or not.
    async fn invite_by_code(&mut self, code: JoinCode) -> Result<Option<FoundInvite>, StoreError>;

    /// The invite whose link carries a token with this hash, expired or not.
    async fn invite_by_token(
        &mut self,
        token: TokenHash,
    ) -> Result<Option<FoundInvite>, StoreError>;
}

/// An invite and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInvite {
    /// The session's organisation.
    pub organisation_id: OrganisationId,
    /// The invite.
    pub invite: Invite,
}
