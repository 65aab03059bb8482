use domain::{Policies, PolicyError, PolicyLayer, PolicyLevel, PolicyName, PolicyValue};
use store::StoreError;

use super::{PoliciesView, show::view};
use crate::{App, SignedIn};

/// Why the policy stays.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// The caller may not set the organisation's policies.
    #[error("not allowed to set the organisation's policies")]
    NotAllowed,
    /// It cannot be said like this.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Lets the organisation say something about a policy, or be silent about it (`None`).
///
/// # Errors
/// [`SetError`].
pub async fn set(
    app: &App,
    caller: &SignedIn,
    name: PolicyName,
    value: Option<PolicyValue>,
) -> Result<PoliciesView, SetError> {
    if !caller.user.role.may_administer() {
        return Err(SetError::NotAllowed);
    }
    let organisation = caller.organisation.id;
    let mut transaction = app.write().await?;
    match value {
        Some(value) => {
            PolicyLayer::default().set(PolicyLevel::Organisation, name, value)?;
            let above = Policies::resolve([app.installation_policies()]);
            above.check_below(PolicyLevel::Organisation, name, value)?;
            transaction
                .set_organisation_policy(organisation, name, value)
                .await?;
        }
        None => {
            transaction
                .delete_organisation_policy(organisation, name)
                .await?;
        }
    }
    let view = view(app, &mut *transaction, caller).await?;
    transaction.commit().await?;
    Ok(view)
}
