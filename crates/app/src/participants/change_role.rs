use std::time::Duration;

use domain::{Participant, ParticipantId, ParticipantRole, SessionId};
use store::StoreError;

use super::{RoleChangeBy, SetRoleError};
use crate::{App, Caller, SessionView, access};

/// Why the role stays.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRoleError {
    /// There is no such participant that the caller can see.
    #[error("there is no such participant")]
    NotFound,
    /// They do not run the session, and it is not their own role, or they only observe.
    #[error("not allowed to change this participant's role")]
    NotAllowed,
    /// This participant's role was changed too often, by themselves or by this caller.
    #[error("this participant's role was changed too often")]
    TooOften {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a participant another role: who runs the session anybody's, everybody else their own
/// unless they only observe. Observers take no part, and letting them in is for others to decide.
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
    let is_free = is_own && participant.role != ParticipantRole::Observer;
    let stays_the_same = is_own && participant.role == role;
    if !runs_it && !is_free && !stays_the_same {
        return Err(ChangeRoleError::NotAllowed);
    }
    let by = match caller.user_id() {
        Some(host) if runs_it && !is_own => RoleChangeBy::Host(host),
        _ => RoleChangeBy::Themselves,
    };
    let change = (role, by);
    let place = super::set_role(app, &mut *transaction, organisation, participant, change).await?;
    super::commit_place(app, transaction, organisation, &place).await?;
    Ok(place.participant)
}

impl From<SetRoleError> for ChangeRoleError {
    fn from(error: SetRoleError) -> Self {
        match error {
            SetRoleError::TooOften(throttled) => Self::TooOften {
                retry_after: throttled.retry_after,
            },
            SetRoleError::Store(error) => Self::Store(error),
        }
    }
}
