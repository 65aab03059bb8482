use domain::{EventData, SessionId, SessionRights};
use store::StoreError;

use crate::{App, SessionView, SignedIn, access, invites};

/// Why the invite stays.
#[derive(Debug, thiserror::Error)]
pub enum RenewInviteError {
    /// There is no such session that the caller can see.
    #[error("there is no such session")]
    NotFound,
    /// The caller may not invite to this session.
    #[error("not allowed to invite to this session")]
    NotAllowed,
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a session a new code and link; the old ones open nothing from now on.
///
/// # Errors
/// [`RenewInviteError`].
pub async fn renew_invite(
    app: &App,
    caller: &SignedIn,
    id: SessionId,
) -> Result<SessionView, RenewInviteError> {
    let mut transaction = app.write().await?;
    let details = access::session_of_user(&mut *transaction, caller, id)
        .await?
        .ok_or(RenewInviteError::NotFound)?;
    if !details.session.state.is_open() {
        return Err(RenewInviteError::Ended);
    }
    if !SessionRights::of_user(&details.session, caller.user.id, caller.user.role).invite {
        return Err(RenewInviteError::NotAllowed);
    }
    invites::renew(app, &mut *transaction, caller, id).await?;
    super::record(app, &mut *transaction, caller, id, EventData::InviteRenewed).await?;
    let view = super::view_after(app, &mut *transaction, caller, id).await?;
    app.commit(transaction, id).await?;
    Ok(view)
}
