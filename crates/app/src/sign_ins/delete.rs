use domain::SecretToken;
use store::StoreError;

use crate::{App, secrets::hash_token};

/// Signs a browser out; one that is not signed in stays so.
///
/// # Errors
/// When the database fails.
pub async fn delete(app: &App, token: &str) -> Result<(), StoreError> {
    let Some(token) = SecretToken::parse(token) else {
        return Ok(());
    };
    let mut transaction = app.write().await?;
    transaction.delete_sign_in(hash_token(&token)).await?;
    transaction.commit().await
}
