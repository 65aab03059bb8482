use domain::{UserId, UserState};
use store::StoreError;

use crate::{App, PasswordLink, SignedIn};

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The caller may not manage this user.
    #[error("not allowed to manage this user")]
    NotAllowed,
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// The account is switched off.
    #[error("the account is switched off")]
    Deactivated,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a link with which a user sets a password; their earlier link dies.
///
/// # Errors
/// [`CreateError`].
pub async fn create(
    app: &App,
    caller: &SignedIn,
    user: UserId,
) -> Result<PasswordLink, CreateError> {
    if !caller.user.role.may_administer() {
        return Err(CreateError::NotAllowed);
    }
    let mut transaction = app.write().await?;
    let user = transaction
        .user(caller.organisation.id, user)
        .await?
        .ok_or(CreateError::NotFound)?;
    if !caller.user.role.may_manage(user.role) {
        return Err(CreateError::NotAllowed);
    }
    if user.state == UserState::Deactivated {
        return Err(CreateError::Deactivated);
    }
    let link = super::issue(app.edges(), &mut *transaction, &user).await?;
    transaction.commit().await?;
    Ok(link)
}
