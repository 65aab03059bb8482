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
    let place = place_user(app, &mut *transaction, caller, &details.session, role).await?;
    super::commit_place(app, transaction, caller.organisation.id, &place).await?;
    Ok(place.participant)
}

/// Why a user gets no place, wherever they come from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("they were removed from the session")]
    Removed,
    #[error(transparent)]
    Role(#[from] SetRoleError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a user a place, or the one that they had, with this role. Who observes without running
/// the session goes on observing, and who was removed stays out until somebody lets them back in,
/// whatever they may do in other sessions.
pub(crate) async fn place_user(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    session: &Session,
    role: ParticipantRole,
) -> Result<Placed, PlaceError> {
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
        return Err(PlaceError::Removed);
    }
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

impl From<PlaceError> for TakeSeatError {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Removed => Self::Removed,
            PlaceError::Role(SetRoleError::TooOften(throttled)) => Self::TooOften {
                retry_after: throttled.retry_after,
            },
            PlaceError::Role(SetRoleError::Store(error)) | PlaceError::Store(error) => {
                Self::Store(error)
            }
        }
    }
}
