//! Forgets, once an hour, what has expired.

use std::time::Duration;

use store::StoreError;

use crate::{App, idempotency};

/// Runs until the application stops.
pub(crate) async fn run(app: App) {
    let mut hours = tokio::time::interval(Duration::from_secs(3600));
    hours.tick().await;
    loop {
        tokio::select! {
            () = app.stopping().cancelled() => return,
            _ = hours.tick() => {}
        }
        if let Err(error) = forget_expired(&app).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "expired sign-ins and seats could not be deleted; trying again in an hour"
            );
        }
    }
}

/// Deletes expired sign-ins, seats and idempotency keys.
pub(crate) async fn forget_expired(app: &App) -> Result<(), StoreError> {
    let now = app.now();
    let mut transaction = app.write().await?;
    transaction.delete_expired_sign_ins(now).await?;
    transaction.delete_expired_seats(now).await?;
    transaction
        .delete_kept_results_before(now - idempotency::KEPT_FOR)
        .await?;
    transaction
        .delete_kept_redemptions_before(now - idempotency::KEPT_FOR)
        .await?;
    transaction.commit().await
}
