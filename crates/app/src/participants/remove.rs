use domain::{ParticipantId, SessionId};
use store::StoreError;

use crate::{App, Caller, SessionView, access, rtc_orders::RtcOrder};

/// Why the participant stays.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no such participant that the caller can see.
    #[error("there is no such participant")]
    NotFound,
    /// The caller does not run the session, or it is their own place: people leave by themselves.
    #[error("not allowed to remove this participant from the session")]
    NotAllowed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a participant's place away and sends them out. Users come back when somebody lets them
/// ([`super::readmit`]). Guests are known by their seat only: who still has the invite can use it
/// again, and whoever removes a guest for good makes a new one.
///
/// # Errors
/// [`RemoveError`].
pub async fn remove(
    app: &App,
    caller: &Caller,
    session: SessionId,
    id: ParticipantId,
) -> Result<(), RemoveError> {
    let organisation = caller.organisation_id();
    let mut transaction = app.write().await?;
    let details = access::visible_session(&mut *transaction, caller, session)
        .await?
        .ok_or(RemoveError::NotFound)?;
    if !SessionView::of(details, caller, app.now()).rights.remove {
        return Err(RemoveError::NotAllowed);
    }
    let participant = transaction
        .participant(organisation, session, id)
        .await?
        .ok_or(RemoveError::NotFound)?;
    let user = participant.person.user_id();
    if user.is_some_and(|user| caller.user_id() == Some(user)) {
        return Err(RemoveError::NotAllowed);
    }
    transaction
        .set_removed(organisation, session, id, true)
        .await?;
    transaction
        .delete_seats_of(organisation, session, id)
        .await?;
    app.commit_and(transaction, move |app| {
        app.live().changed(session);
        app.order(RtcOrder::Remove(session, id));
    })
    .await?;
    Ok(())
}
