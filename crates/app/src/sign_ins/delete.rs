use domain::SecretToken;
use store::StoreError;

use crate::{App, secrets::hash_token};

/// Signs a browser out; one that is not signed in stays so. What it watches is closed.
///
/// # Errors
/// When the database fails.
pub async fn delete(app: &App, token: &str) -> Result<(), StoreError> {
    let Some(token) = SecretToken::parse(token) else {
        return Ok(());
    };
    let token = hash_token(&token);
    let mut transaction = app.write().await?;
    transaction.delete_sign_in(token).await?;
    app.commit_and(transaction, move |app| app.live().end_sign_in(token))
        .await
}
