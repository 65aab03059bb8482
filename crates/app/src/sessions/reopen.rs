use domain::{EventData, SessionId, SessionInput, SessionRights};

use super::StateError;
use crate::{App, SessionView, SignedIn, access, invites};

/// Opens an ended session again; its record goes on. The invite is the one that it had, unless
/// that has expired. Opening one that is open changes nothing.
///
/// # Errors
/// [`StateError`].
pub async fn reopen(
    app: &App,
    caller: &SignedIn,
    id: SessionId,
) -> Result<SessionView, StateError> {
    let mut transaction = app.write().await?;
    let details = access::session_of_user(&mut *transaction, caller, id)
        .await?
        .ok_or(StateError::NotFound)?;
    let rights = SessionRights::of_user(&details.session, caller.user.id, caller.user.role);
    let Ok(state) = details.session.state.after(SessionInput::Reopen) else {
        return Ok(SessionView::of(details, caller, app.now()));
    };
    if !rights.reopen {
        return Err(StateError::NotAllowed);
    }
    transaction
        .set_session_state(caller.organisation.id, id, state)
        .await?;
    super::record(
        app,
        &mut *transaction,
        caller,
        id,
        EventData::SessionReopened,
    )
    .await?;
    if details
        .invite
        .is_none_or(|invite| invite.is_expired(app.now()))
    {
        invites::renew(app, &mut *transaction, caller, id).await?;
        super::record(app, &mut *transaction, caller, id, EventData::InviteRenewed).await?;
    }
    let view = super::view_after(app, &mut *transaction, caller, id).await?;
    app.commit(transaction, id).await?;
    Ok(view)
}
