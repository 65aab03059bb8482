use domain::{Policies, PolicyLayer};
use store::{StoreError, Transaction};

use crate::{App, SignedIn};

/// What each level says, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoliciesView {
    /// What the operator says.
    pub installation: PolicyLayer,
    /// What the organisation says.
    pub organisation: PolicyLayer,
    /// What is in force in the organisation.
    pub effective: Policies,
}

/// The caller's organisation's policies.
///
/// # Errors
/// When the database fails.
pub async fn show(app: &App, caller: &SignedIn) -> Result<PoliciesView, StoreError> {
    view(app, &mut *app.read().await?, caller).await
}

pub(super) async fn view(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
) -> Result<PoliciesView, StoreError> {
    let installation = app.installation_policies().clone();
    let organisation = transaction
        .organisation_policies(caller.organisation.id)
        .await?;
    let effective = Policies::resolve([&installation, &organisation]);
    Ok(PoliciesView {
        installation,
        organisation,
        effective,
    })
}
