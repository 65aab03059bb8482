use domain::{EventData, SessionId, SessionInput, SessionRights};

use super::StateError;
use crate::{App, SessionView, SignedIn, access, rtc_orders::RtcOrder};

/// Ends a session for all; everybody keeps their place in case it is opened again. Ending one
/// that has ended changes nothing.
///
/// # Errors
/// [`StateError`].
pub async fn end(app: &App, caller: &SignedIn, id: SessionId) -> Result<SessionView, StateError> {
    let mut transaction = app.write().await?;
    let details = access::session_of_user(&mut *transaction, caller, id)
        .await?
        .ok_or(StateError::NotFound)?;
    let rights = SessionRights::of_user(&details.session, caller.user.id, caller.user.role);
    let Ok(state) = details
        .session
        .state
        .after(SessionInput::End { at: app.now() })
    else {
        return Ok(SessionView::of(details, caller, app.now()));
    };
    if !rights.end {
        return Err(StateError::NotAllowed);
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
