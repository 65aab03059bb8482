use async_trait::async_trait;
use domain::{Organisation, OrganisationId};

use crate::StoreError;

/// The tenants.
#[async_trait]
pub trait Organisations {
    /// Keeps a new organisation.
    async fn insert_organisation(&mut self, organisation: &Organisation) -> Result<(), StoreError>;

    /// One organisation.
    async fn organisation(
        &mut self,
        id: OrganisationId,
    ) -> Result<Option<Organisation>, StoreError>;

    /// The organisation that was set up first; `None` before the set-up.
    async fn first_organisation(&mut self) -> Result<Option<Organisation>, StoreError>;
}
