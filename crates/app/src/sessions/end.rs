use domain::{EventData, SessionId, SessionInput, SessionRights};
use store::StoreError;

use crate::{App, SessionView, SignedIn, access, rtc_orders::RtcOrder};

/// Why the session goes on.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// There is no such session that the caller can see.
    #[error("there is no such session")]
    NotFound,
    /// The caller does not run this session.
    #[error("not allowed to end this session")]
    NotAllowed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Ends a session for all; everybody keeps their place in case it is opened again. Ending one
/// that has ended changes nothing.
///
/// # Errors
/// [`EndError`].
pub async fn end(app: &App, caller: &SignedIn, id: SessionId) -> Result<SessionView, EndError> {
    let mut transaction = app.write().await?;
    let details = access::session_of_user(&mut *transaction, caller, id)
        .await?
        .ok_or(EndError::NotFound)?;
    let rights = SessionRights::of_user(&details.session, caller.user.id, caller.user.role);
    let Ok(state) = details
        .session
        .state
        .after(SessionInput::End { at: app.now() })
    else {
        return Ok(SessionView::of(details, caller, app.now()));
    };
    if !rights.end {
        return Err(EndError::NotAllowed);
    }
    transaction
        .set_session_state(caller.organisation.id, id, state)
        .await?;
    super::record(app, &mut *transaction, caller, id, EventData::SessionEnded).await?;
    let view = super::view_after(app, &mut *transaction, caller, id).await?;
    app.commit_and(transaction, move |app| {
        app.live().changed(id);
        app.order(RtcOrder::CloseRoom(id));
    })
    .await?;
    Ok(view)
}
