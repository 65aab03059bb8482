use std::time::Duration;

use domain::{
    Participant, ParticipantId, ParticipantRole, Person, Presence, Session, SessionId,
    SessionRights,
};
use store::{StoreError, Transaction};

use super::{Placed, RoleChangeBy, SetRoleError};
use crate::{App, SignedIn, access};

/// Why a user gets no place.
#[derive(Debug, thiserror::Error)]
pub enum TakeSeatError {
    /// There is no such session that they can see.
    #[error("there is no such session")]
    NotFound,
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// Somebody took their place away.
    #[error("they were removed from the session")]
    Removed,
    /// They took it with another role too often.
    #[error("their role was changed too often")]
    TooOften {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a user a place in a session that they can see, or another role in the one they have.
///
/// # Errors
/// [`TakeSeatError`].
pub async fn take_seat(
    app: &App,
    caller: &SignedIn,
    session: SessionId,
    role: ParticipantRole,
) -> Result<Participant, TakeSeatError> {
    let mut transaction = app.write().await?;
    let details = access::session_of_user(&mut *transaction, caller, session)
        .await?
        .ok_or(TakeSeatError::NotFound)?;
    if !details.session.state.is_open() {
        return Err(TakeSeatError::SessionEnded);
    }
    let runs_it = runs(caller, &details.session);
    let place = transaction
        .participant_of_user(caller.organisation.id, session, caller.user.id)
        .await?;
    if place.is_some_and(|place| place.is_removed) && !runs_it {
        return Err(TakeSeatError::Removed);
    }
    let place = place_user(app, &mut *transaction, caller, &details.session, role).await?;
    super::commit_place(app, transaction, caller.organisation.id, &place).await?;
    Ok(place.participant)
}

/// Gives a user a place, or the one that they had, with this role. Who observes without running
/// the session goes on observing.
pub(crate) async fn place_user(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    session: &Session,
    role: ParticipantRole,
) -> Result<Placed, SetRoleError> {
    let session_id = session.id;
    let organisation = caller.organisation.id;
    let user = &caller.user;
    let Some(place) = transaction
        .participant_of_user(organisation, session_id, user.id)
        .await?
    else {
        let participant = Participant {
            id: ParticipantId::from_random(app.random()),
            session_id,
            role,
            person: Person::User {
                id: user.id,
                name: Some(user.name.clone()),
            },
            presence: Presence::Expected,
            is_removed: false,
        };
        transaction
            .insert_participant(organisation, &participant)
            .await?;
        return Ok(Placed::unchanged(participant));
    };
    if place.is_removed {
        transaction
            .set_removed(organisation, session_id, place.id, false)
            .await?;
    }
    let place = Participant {
        is_removed: false,
        ..place
    };
    if place.role == ParticipantRole::Observer && !runs(caller, session) {
        return Ok(Placed::unchanged(place));
    }
    let change = (role, RoleChangeBy::Themselves);
    let changed = super::set_role(app, transaction, organisation, place, change);
    Ok(changed.await?)
}

fn runs(caller: &SignedIn, session: &Session) -> bool {
    SessionRights::of_user(session, caller.user.id, caller.user.role).remove
}

impl From<SetRoleError> for TakeSeatError {
    fn from(error: SetRoleError) -> Self {
        match error {
            SetRoleError::TooOften(throttled) => Self::TooOften {
                retry_after: throttled.retry_after,
            },
            SetRoleError::Store(error) => Self::Store(error),
        }
    }
}
