//! One-time links with which users set their password: the first one, or another.

mod create;
mod look_up;
mod redeem;

use domain::{Organisation, SecretToken, User, UserState};
use store::{StoreError, Transaction};
use time::Duration;

pub use create::{CreateError, create};
pub use look_up::{LinkedUser, LookUpError, look_up};
pub use redeem::{RedeemError, redeem};

use crate::{PasswordLink, edges::Edges, secrets::hash_token};

/// Makes a link for a user in the place of their earlier one.
pub(crate) async fn issue(
    edges: &Edges,
    transaction: &mut dyn Transaction,
    user: &User,
) -> Result<PasswordLink, StoreError> {
    let token = SecretToken::from_random(edges.random());
    let lifetime = match user.state {
        UserState::Invited => LIFETIME_OF_FIRST,
        UserState::Active | UserState::Deactivated => LIFETIME,
    };
    let expires_at = edges.now() + lifetime;
    let link = store::PasswordLink {
        token: hash_token(&token),
        organisation_id: user.organisation_id,
        user_id: user.id,
        expires_at,
    };
    transaction.replace_password_link(&link).await?;
    Ok(PasswordLink { token, expires_at })
}

/// Whose link this is; `None` when it never was one, was used, or its time is over.
async fn find(
    edges: &Edges,
    transaction: &mut dyn Transaction,
    token: &str,
) -> Result<Option<(User, Organisation)>, StoreError> {
    let Some(token) = SecretToken::parse(token) else {
        return Ok(None);
    };
    let Some(link) = transaction.password_link(hash_token(&token)).await? else {
        return Ok(None);
    };
    if link.expires_at <= edges.now() {
        return Ok(None);
    }
    let user = transaction.user(link.organisation_id, link.user_id).await?;
    let organisation = transaction.organisation(link.organisation_id).await?;
    Ok(user
        .filter(|user| user.state != UserState::Deactivated)
        .zip(organisation))
}

/// A new colleague may be on holiday.
const LIFETIME_OF_FIRST: Duration = Duration::days(7);
/// Somebody who lost their password asked for it just now.
const LIFETIME: Duration = Duration::days(1);
