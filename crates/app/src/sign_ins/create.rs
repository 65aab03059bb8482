use std::{net::IpAddr, time::Duration};

use domain::{EmailAddress, UserState};
use store::{StoreError, UserWithPassword};

use super::{NewSignIn, attempt::Attempt, start_sign_in};
use crate::{App, passwords::Overloaded, throttle::Throttled};

/// What somebody shows to sign in.
#[derive(Clone)]
pub struct Credentials {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
    /// Where the request comes from.
    pub address: IpAddr,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// No active user has this e-mail address and this password; which of it is not told.
    #[error("the e-mail address or the password is wrong")]
    WrongCredentials,
    /// Too many wrong ones, from this address or for this user.
    #[error("too many attempts to sign in")]
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

/// Signs a user in.
///
/// The answer to an unknown address takes as long as the one to a wrong password.
///
/// # Errors
/// [`CreateError`].
pub async fn create(app: &App, credentials: Credentials) -> Result<NewSignIn, CreateError> {
    let email = EmailAddress::parse(&credentials.email).ok();
    let attempt = Attempt::pay(app, credentials.address, email.clone())?;

    let found = match &email {
        Some(email) => find(app, email).await?,
        None => None,
    };
    let stored = found.as_ref().and_then(|found| found.password_hash.clone());
    let is_right = app.passwords().verify(credentials.password, stored).await?;
    let found = found
        .filter(|_| is_right)
        .ok_or(CreateError::WrongCredentials)?;

    let sign_in = start(app, &found).await?;
    attempt.give_back();
    Ok(sign_in)
}

async fn find(app: &App, email: &EmailAddress) -> Result<Option<UserWithPassword>, StoreError> {
    let mut transaction = app.read().await?;
    match transaction.first_organisation().await? {
        Some(organisation) => transaction.user_by_email(organisation.id, email).await,
        None => Ok(None),
    }
}

async fn start(app: &App, checked: &UserWithPassword) -> Result<NewSignIn, CreateError> {
    let organisation_id = checked.user.organisation_id;
    let mut transaction = app.write().await?;
    let found = transaction
        .user_by_email(organisation_id, &checked.user.email)
        .await?;
    let organisation = transaction.organisation(organisation_id).await?;
    let (Some(found), Some(organisation)) = (found, organisation) else {
        return Err(CreateError::WrongCredentials);
    };
    // Checking a password takes a while, in which the account may have been switched off or been
    // given another password.
    let is_unchanged = found.user.id == checked.user.id
        && found.user.state == UserState::Active
        && found.password_hash == checked.password_hash;
    if !is_unchanged {
        return Err(CreateError::WrongCredentials);
    }
    let sign_in = start_sign_in(app, &mut *transaction, found.user, organisation).await?;
    transaction.commit().await?;
    Ok(sign_in)
}

impl From<Throttled> for CreateError {
    fn from(throttled: Throttled) -> Self {
        Self::TooManyAttempts {
            retry_after: throttled.retry_after,
        }
    }
}

impl From<Overloaded> for CreateError {
    fn from(Overloaded: Overloaded) -> Self {
        Self::Overloaded
    }
}
