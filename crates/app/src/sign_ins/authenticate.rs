use domain::{SecretToken, TokenHash, UserState};
use store::StoreError;
use time::OffsetDateTime;

use super::{LIFETIME, RENEWED_EVERY};
use crate::{App, SignedIn, secrets::hash_token};

/// Who a browser is signed in as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The user.
    pub signed_in: SignedIn,
    /// The new end, when the sign-in was renewed: the browser must hear of it.
    pub renewed_until: Option<OffsetDateTime>,
}

/// Finds out who a browser is signed in as; `None` when it is not.
///
/// # Errors
/// When the database fails.
pub async fn authenticate(app: &App, token: &str) -> Result<Option<Authenticated>, StoreError> {
    let Some(token) = SecretToken::parse(token) else {
        return Ok(None);
    };
    let token = hash_token(&token);
    let Some((signed_in, expires_at)) = find(app, token).await? else {
        return Ok(None);
    };
    let renewed_until = renew(app, token, expires_at).await?;
    Ok(Some(Authenticated {
        signed_in,
        renewed_until,
    }))
}

async fn find(
    app: &App,
    token: TokenHash,
) -> Result<Option<(SignedIn, OffsetDateTime)>, StoreError> {
    let mut transaction = app.read().await?;
    let Some(sign_in) = transaction.sign_in(token).await? else {
        return Ok(None);
    };
    if sign_in.expires_at <= app.now() {
        return Ok(None);
    }
    let user = transaction
        .user(sign_in.organisation_id, sign_in.user_id)
        .await?;
    let organisation = transaction.organisation(sign_in.organisation_id).await?;
    Ok(match (user, organisation) {
        (Some(user), Some(organisation)) if user.state == UserState::Active => {
            let signed_in = SignedIn {
                user,
                organisation,
                sign_in: token,
            };
            Some((signed_in, sign_in.expires_at))
        }
        _ => None,
    })
}

async fn renew(
    app: &App,
    token: TokenHash,
    expires_at: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, StoreError> {
    let until = app.now() + LIFETIME;
    if until - expires_at < RENEWED_EVERY {
        return Ok(None);
    }
    let mut transaction = app.write().await?;
    transaction.renew_sign_in(token, until).await?;
    transaction.commit().await?;
    Ok(Some(until))
}
