use domain::{FieldErrors, SessionId, SessionRights};
use store::StoreError;

use super::create::parse_title;
use crate::{App, SessionView, SignedIn, access};

/// Why the title stays.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// There is no such session that the caller can see.
    #[error("there is no such session")]
    NotFound,
    /// The caller does not run this session.
    #[error("not allowed to change this session")]
    NotAllowed,
    /// The title breaks the rules.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a session another title, or none.
///
/// # Errors
/// [`RenameError`].
pub async fn rename(
    app: &App,
    caller: &SignedIn,
    id: SessionId,
    title: Option<String>,
) -> Result<SessionView, RenameError> {
    let title = parse_title(title.as_deref())?;
    let mut transaction = app.write().await?;
    let details = access::session_of_user(&mut *transaction, caller, id)
        .await?
        .ok_or(RenameError::NotFound)?;
    if !SessionRights::of_user(&details.session, caller.user.id, caller.user.role).remove {
        return Err(RenameError::NotAllowed);
    }
    transaction
        .set_session_title(caller.organisation.id, id, title.as_ref())
        .await?;
    let view = super::view_after(app, &mut *transaction, caller, id).await?;
    app.commit(transaction, id).await?;
    Ok(view)
}
