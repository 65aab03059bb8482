use domain::{Participant, ParticipantId, ParticipantRole, SessionId};
use store::StoreError;

use crate::{App, Caller, SessionView, access};

/// Why the role stays.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRoleError {
    /// There is no such participant that the caller can see.
    #[error("there is no such participant")]
    NotFound,
    /// It is not their own role, and they do not run the session.
    #[error("not allowed to change this participant's role")]
    NotAllowed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a participant another role: everybody their own, who runs the session anybody's.
///
/// # Errors
/// [`ChangeRoleError`].
pub async fn change_role(
    app: &App,
    caller: &Caller,
    session: SessionId,
    id: ParticipantId,
    role: ParticipantRole,
) -> Result<Participant, ChangeRoleError> {
    let organisation = caller.organisation_id();
    let mut transaction = app.write().await?;
    let details = access::visible_session(&mut *transaction, caller, session)
        .await?
        .ok_or(ChangeRoleError::NotFound)?;
    let runs_it = SessionView::of(details, caller, app.now()).rights.remove;
    let own = access::own_place(&mut *transaction, caller, session).await?;
    let is_own = own.is_some_and(|participant| participant.id == id);
    let participant = transaction
        .participant(organisation, session, id)
        .await?
        .ok_or(ChangeRoleError::NotFound)?;
    if !is_own && !runs_it {
        return Err(ChangeRoleError::NotAllowed);
    }
    let place = super::set_role(app, &mut *transaction, organisation, participant, role).await?;
    super::commit_place(app, transaction, organisation, &place).await?;
    Ok(place.participant)
}
