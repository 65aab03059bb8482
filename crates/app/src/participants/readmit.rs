use domain::{Participant, ParticipantId, SessionId};
use store::StoreError;

use crate::{App, Caller, SessionView, access};

/// Why somebody stays out.
#[derive(Debug, thiserror::Error)]
pub enum ReadmitError {
    /// There is no such participant that the caller can see.
    #[error("there is no such participant")]
    NotFound,
    /// The caller does not run the session, or it is their own place.
    #[error("not allowed to let this participant back in")]
    NotAllowed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives somebody the place back that was taken away from them. They come by themselves. Nobody
/// does it for themselves: who was removed was removed by another who runs the session.
///
/// # Errors
/// [`ReadmitError`].
pub async fn readmit(
    app: &App,
    caller: &Caller,
    session: SessionId,
    id: ParticipantId,
) -> Result<Participant, ReadmitError> {
    let organisation = caller.organisation_id();
    let mut transaction = app.write().await?;
    let details = access::visible_session(&mut *transaction, caller, session)
        .await?
        .ok_or(ReadmitError::NotFound)?;
    let runs_it = SessionView::of(details, caller, app.now()).rights.remove;
    let participant = transaction
        .participant(organisation, session, id)
        .await?
        .ok_or(ReadmitError::NotFound)?;
    let user = participant.person.user_id();
    if !runs_it || user.is_some_and(|user| caller.user_id() == Some(user)) {
        return Err(ReadmitError::NotAllowed);
    }
    transaction
        .set_removed(organisation, session, id, false)
        .await?;
    app.commit(transaction, session).await?;
    Ok(Participant {
        is_removed: false,
        ..participant
    })
}
