use std::time::Duration;

use domain::{UserId, UserRuleError, check_deletion};
use store::StoreError;

use crate::{App, SignedIn};

/// Why nobody was deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The caller may not delete this user.
    #[error("not allowed to manage this user")]
    NotAllowed,
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// The organisation would lose its last active owner.
    #[error("the organisation would lose its last active owner")]
    LastOwner,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Deletes a user: they are signed out and sent out of sessions, and everything personal is
/// erased, from the files too. What they did stays, as done by a deleted user.
///
/// # Errors
/// [`DeleteError`].
pub async fn delete(app: &App, caller: &SignedIn, id: UserId) -> Result<(), DeleteError> {
    if !caller.user.role.may_administer() {
        return Err(DeleteError::NotAllowed);
    }
    let organisation = caller.organisation.id;
    let mut transaction = app.write().await?;
    let user = transaction
        .user(organisation, id)
        .await?
        .ok_or(DeleteError::NotFound)?;
    let owners = transaction.active_owner_count(organisation).await?;
    check_deletion(&caller.user, &user, owners)?;

    let places = super::places_to_leave(app, &mut *transaction, organisation, id).await?;
    transaction.delete_sign_ins_of(organisation, id).await?;
    transaction
        .delete_password_link_of(organisation, id)
        .await?;
    transaction.erase_user(organisation, id, app.now()).await?;
    app.commit_and(transaction, move |app| super::send_out(app, id, &places))
        .await?;
    erase_traces(app).await;
    Ok(())
}

/// Tries once while the caller waits, and then until it worked.
async fn erase_traces(app: &App) {
    let task = app.clone();
    let is_done = app
        .run(async move { try_to_erase_traces(&task).await })
        .await;
    if is_done {
        return;
    }
    let task = app.clone();
    app.spawn(async move {
        loop {
            tokio::select! {
                () = task.stopping().cancelled() => return,
                () = tokio::time::sleep(ERASE_AGAIN_AFTER) => {}
            }
            if try_to_erase_traces(&task).await {
                return;
            }
        }
    });
}

async fn try_to_erase_traces(app: &App) -> bool {
    app.store()
        .erase_traces()
        .await
        .inspect_err(|error| {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "traces of a deleted user are still in the database's files; trying again"
            );
        })
        .is_ok()
}

impl From<UserRuleError> for DeleteError {
    fn from(error: UserRuleError) -> Self {
        match error {
            UserRuleError::NotAllowed => Self::NotAllowed,
            UserRuleError::LastOwner => Self::LastOwner,
        }
    }
}

const ERASE_AGAIN_AFTER: Duration = Duration::from_secs(10);
