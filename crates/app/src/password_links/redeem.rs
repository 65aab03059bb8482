use domain::{FieldErrors, Password, User, UserState};
use store::StoreError;

use crate::{App, NewSignIn, passwords::Overloaded, sign_ins::start_sign_in};

/// Why the password is not set.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// The link never was one, was used, or its time is over.
    #[error("the link does not work any more")]
    Expired,
    /// The password breaks the rules.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// Too many passwords wait to be hashed.
    #[error("too many passwords wait to be hashed")]
    Overloaded,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sets the user's password, uses the link up, ends all their sign-ins and starts a new one.
///
/// # Errors
/// [`RedeemError`].
pub async fn redeem(app: &App, token: &str, password: String) -> Result<NewSignIn, RedeemError> {
    // Hashing is slow: a link that does not work must not cost it.
    super::find(app.edges(), &mut *app.read().await?, token)
        .await?
        .ok_or(RedeemError::Expired)?;
    let password = Password::parse(password).map_err(|code| FieldErrors::one("password", code))?;
    let password_hash = app
        .passwords()
        .hash(password, app.random())
        .await
        .map_err(|Overloaded| RedeemError::Overloaded)?;

    let mut transaction = app.write().await?;
    let (user, organisation) = super::find(app.edges(), &mut *transaction, token)
        .await?
        .ok_or(RedeemError::Expired)?;
    let user = User {
        state: UserState::Active,
        ..user
    };
    transaction
        .set_password(organisation.id, user.id, &password_hash, user.state)
        .await?;
    transaction
        .delete_password_link_of(organisation.id, user.id)
        .await?;
    transaction
        .delete_sign_ins_of(organisation.id, user.id)
        .await?;
    let sign_in = start_sign_in(app, &mut *transaction, user, organisation).await?;
    let id = sign_in.user.id;
    app.commit_and(transaction, move |app| app.live().end_sign_ins_of(id))
        .await?;
    Ok(sign_in)
}
