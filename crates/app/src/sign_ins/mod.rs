//! Signing in with a password, and the browsers that stay signed in.

mod attempt;
mod authenticate;
mod change_password;
mod create;
mod delete;

use domain::{Organisation, SecretToken, User};
use store::{SignIn, StoreError, Transaction};
use time::{Duration, OffsetDateTime};

pub use authenticate::{Authenticated, authenticate};
pub use change_password::{ChangePasswordError, PasswordChange, change_password};
pub use create::{CreateError, Credentials, create};
pub use delete::delete;

use crate::{App, secrets::hash_token};

/// A user who has just signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSignIn {
    /// The user.
    pub user: User,
    /// Where they belong.
    pub organisation: Organisation,
    /// What the browser shows to stay signed in.
    pub token: SecretToken,
    /// Until when, unless it is renewed by use.
    pub expires_at: OffsetDateTime,
}

/// Signs a user in whose right to it has been checked.
pub(crate) async fn start_sign_in(
    app: &App,
    transaction: &mut dyn Transaction,
    mut user: User,
    organisation: Organisation,
) -> Result<NewSignIn, StoreError> {
    let now = app.now();
    let token = SecretToken::from_random(app.random());
    let sign_in = SignIn {
        token: hash_token(&token),
        organisation_id: organisation.id,
        user_id: user.id,
        created_at: now,
        expires_at: now + LIFETIME,
    };
    transaction.insert_sign_in(&sign_in).await?;
    transaction
        .set_last_sign_in(organisation.id, user.id, now)
        .await?;
    user.last_sign_in_at = Some(now);
    Ok(NewSignIn {
        user,
        organisation,
        token,
        expires_at: sign_in.expires_at,
    })
}

/// How long a browser stays signed in without being used.
const LIFETIME: Duration = Duration::days(30);
/// Using it renews it, at most this often.
const RENEWED_EVERY: Duration = Duration::days(1);
