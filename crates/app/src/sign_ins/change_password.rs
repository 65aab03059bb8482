use std::{net::IpAddr, time::Duration};

use domain::{FieldErrors, Password, UserState};
use store::StoreError;

use super::attempt::Attempt;
use crate::{App, SignedIn, passwords::Overloaded, throttle::Throttled};

/// A user's old and new password.
#[derive(Clone)]
pub struct PasswordChange {
    /// What they sign in with so far.
    pub current: String,
    /// What they want to sign in with.
    pub new: String,
    /// Where the request comes from.
    pub address: IpAddr,
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordChange").finish_non_exhaustive()
    }
}

/// Why the password stays.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password is another one.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The new one breaks the rules.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// Too many wrong ones, from this address or for this user.
    #[error("too many attempts")]
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Too many passwords wait to be checked.
    #[error("too many passwords wait to be checked")]
    Overloaded,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a user who knows their password another one. This browser stays signed in, all others are
/// signed out. Guessing costs what it costs when signing in: a browser that was left open is not
/// enough to take an account over.
///
/// # Errors
/// [`ChangePasswordError`].
pub async fn change_password(
    app: &App,
    caller: &SignedIn,
    change: PasswordChange,
) -> Result<(), ChangePasswordError> {
    let (organisation, user) = (caller.organisation.id, &caller.user);
    let new = Password::parse(change.new).map_err(|code| FieldErrors::one("password", code))?;
    let attempt = Attempt::pay(app, change.address, Some(user.email.clone()))?;
    let found = app
        .read()
        .await?
        .user_by_email(organisation, &user.email)
        .await?;
    let stored = found.and_then(|found| found.password_hash);
    let is_right = app
        .passwords()
        .verify(change.current, stored.clone())
        .await?;
    if !is_right {
        return Err(ChangePasswordError::WrongPassword);
    }
    attempt.give_back();
    let password_hash = app.passwords().hash(new, app.random()).await?;

    let mut transaction = app.write().await?;
    let found = transaction.user_by_email(organisation, &user.email).await?;
    // Meanwhile the account may have been switched off or been given another password.
    let is_unchanged = found.is_some_and(|found| {
        found.user.id == user.id
            && found.user.state == UserState::Active
            && found.password_hash == stored
    });
    if !is_unchanged {
        return Err(ChangePasswordError::WrongPassword);
    }
    let (id, kept) = (user.id, caller.sign_in);
    transaction
        .set_password(organisation, id, &password_hash, UserState::Active)
        .await?;
    transaction
        .delete_password_link_of(organisation, id)
        .await?;
    transaction
        .delete_other_sign_ins_of(organisation, id, kept)
        .await?;
    app.commit_and(transaction, move |app| {
        app.live().end_other_sign_ins_of(id, kept);
    })
    .await?;
    Ok(())
}

impl From<Throttled> for ChangePasswordError {
    fn from(throttled: Throttled) -> Self {
        Self::TooManyAttempts {
            retry_after: throttled.retry_after,
        }
    }
}

impl From<Overloaded> for ChangePasswordError {
    fn from(Overloaded: Overloaded) -> Self {
        Self::Overloaded
    }
}
