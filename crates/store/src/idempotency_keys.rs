use async_trait::async_trait;
use domain::{OrganisationId, ParticipantId, SessionId, TokenHash, UserId};
use time::OffsetDateTime;

use crate::StoreError;

/// What users already created under which `Idempotency-Key`.
#[async_trait]
pub trait IdempotencyKeys {
    /// Remembers what was created.
    async fn insert_kept_result(&mut self, result: &KeptResult) -> Result<(), StoreError>;

    /// What a user created under a key.
    async fn kept_result(
        &mut self,
        organisation: OrganisationId,
        user: UserId,
        operation: &str,
        key: &str,
    ) -> Result<Option<KeptResult>, StoreError>;

    /// Forgets what all organisations created before a time.
    async fn delete_kept_results_before(&mut self, at: OffsetDateTime) -> Result<(), StoreError>;

    /// Remembers what place a guest took.
    async fn insert_kept_redemption(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        redemption: &KeptRedemption,
    ) -> Result<(), StoreError>;

    /// What place a guest took under a key.
    async fn kept_redemption(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        key: TokenHash,
    ) -> Result<Option<KeptRedemption>, StoreError>;

    /// Forgets what guests of all organisations took before a time.
    async fn delete_kept_redemptions_before(
        &mut self,
        at: OffsetDateTime,
    ) -> Result<(), StoreError>;
}

/// What place a guest took under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRedemption {
    /// The SHA-256 of the key, which opens the place.
    pub key: TokenHash,
    /// The SHA-256 of the request: another request under the same key is a mistake.
    pub fingerprint: [u8; 32],
    /// The place.
    pub participant_id: ParticipantId,
    /// When.
    pub created_at: OffsetDateTime,
}

/// What a user created under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptResult {
    /// Where the user belongs.
    pub organisation_id: OrganisationId,
    /// Whose key it is.
    pub user_id: UserId,
    /// What was asked for; keys of different operations do not meet.
    pub operation: String,
    /// The key.
    pub key: String,
    /// The SHA-256 of the request: another request under the same key is a mistake.
    pub fingerprint: [u8; 32],
    /// The id of what was created.
    pub created_id: String,
    /// When.
    pub created_at: OffsetDateTime,
}
