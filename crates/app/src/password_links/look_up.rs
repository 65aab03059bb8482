use domain::{EmailAddress, OrganisationName, PersonName};
use store::StoreError;

use crate::App;

/// Whose password a link sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedUser {
    /// What they are called.
    pub name: PersonName,
    /// With what they sign in.
    pub email: EmailAddress,
    /// Where they belong.
    pub organisation_name: OrganisationName,
}

/// Why a link says nothing.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// It never was one, was used, or its time is over.
    #[error("the link does not work any more")]
    Expired,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says whose password a link sets, without using it up.
///
/// # Errors
/// [`LookUpError`].
pub async fn look_up(app: &App, token: &str) -> Result<LinkedUser, LookUpError> {
    let mut transaction = app.read().await?;
    let (user, organisation) = super::find(app.edges(), &mut *transaction, token)
        .await?
        .ok_or(LookUpError::Expired)?;
    Ok(LinkedUser {
        name: user.name,
        email: user.email,
        organisation_name: organisation.name,
    })
}
