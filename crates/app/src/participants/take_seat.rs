use domain::{
    Participant, ParticipantId, ParticipantRole, Person, Presence, SessionId, SessionRights,
};
use store::{StoreError, Transaction};

use super::Placed;
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
    let runs_it = SessionRights::of_user(&details.session, caller.user.id, caller.user.role).remove;
    let place = transaction
        .participant_of_user(caller.organisation.id, session, caller.user.id)
        .await?;
    if place.is_some_and(|place| place.is_removed) && !runs_it {
        return Err(TakeSeatError::Removed);
    }
    let place = place_user(app, &mut *transaction, caller, session, role).await?;
    super::commit_place(app, transaction, caller.organisation.id, &place).await?;
    Ok(place.participant)
}

/// Gives a user a place, or the one that they had, with this role.
pub(crate) async fn place_user(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    session_id: SessionId,
    role: ParticipantRole,
) -> Result<Placed, StoreError> {
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
    super::set_role(app, transaction, organisation, place, role).await
}
