use domain::SessionId;
use store::StoreError;

use crate::{App, Caller, SessionView, access};

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// There is no such session that the caller can see.
    #[error("there is no such session")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One session.
///
/// # Errors
/// [`ShowError`].
pub async fn show(app: &App, caller: &Caller, id: SessionId) -> Result<SessionView, ShowError> {
    let details = access::visible_session(&mut *app.read().await?, caller, id)
        .await?
        .ok_or(ShowError::NotFound)?;
    Ok(SessionView::of(details, caller, app.now()))
}
