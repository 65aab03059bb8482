use async_trait::async_trait;
use domain::{OrganisationId, PolicyLayer, PolicyName, PolicyValue, SessionId};

use crate::StoreError;

/// What organisations and sessions say about policies.
#[async_trait]
pub trait PolicyLayers {
    /// What an organisation says.
    async fn organisation_policies(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<PolicyLayer, StoreError>;

    /// Lets an organisation say something about a policy.
    async fn set_organisation_policy(
        &mut self,
        organisation: OrganisationId,
        name: PolicyName,
        value: PolicyValue,
    ) -> Result<(), StoreError>;

    /// Lets an organisation be silent about a policy.
    async fn delete_organisation_policy(
        &mut self,
        organisation: OrganisationId,
        name: PolicyName,
    ) -> Result<(), StoreError>;

    /// What a session says.
    async fn session_policies(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
    ) -> Result<PolicyLayer, StoreError>;

    /// Lets a new session say something about a policy.
    async fn insert_session_policy(
        &mut self,
        organisation: OrganisationId,
        session: SessionId,
        name: PolicyName,
        value: PolicyValue,
    ) -> Result<(), StoreError>;
}
