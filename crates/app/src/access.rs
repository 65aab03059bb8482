//! Who can see which session.
//!
//! Owners, admins and experts see every session of their organisation; members those that they
//! created or have a place in; guests the one that their seat is in.

use domain::{Participant, SessionId};
use store::{SessionDetails, StoreError, Transaction};

use crate::{Caller, SignedIn};

/// A session as the caller sees it; `None` when they cannot.
pub(crate) async fn visible_session(
    transaction: &mut dyn Transaction,
    caller: &Caller,
    id: SessionId,
) -> Result<Option<SessionDetails>, StoreError> {
    match caller {
        Caller::User(signed_in) => session_of_user(transaction, signed_in, id).await,
        Caller::Seat(seat) if seat.session_id == id => {
            transaction.session(seat.organisation_id, id, None).await
        }
        Caller::Seat(_) => Ok(None),
    }
}

/// A session as a user sees it; `None` when they cannot.
pub(crate) async fn session_of_user(
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    id: SessionId,
) -> Result<Option<SessionDetails>, StoreError> {
    let user = &caller.user;
    let found = transaction
        .session(caller.organisation.id, id, Some(user.id))
        .await?;
    Ok(found.filter(|details| {
        user.role.may_run_every_session()
            || details.session.created_by == user.id
            || details.has_viewers_place
    }))
}

/// The caller's place in a session that they can see; `None` when they have none or lost it.
pub(crate) async fn own_place(
    transaction: &mut dyn Transaction,
    caller: &Caller,
    session: SessionId,
) -> Result<Option<Participant>, StoreError> {
    let organisation = caller.organisation_id();
    let place = match caller {
        Caller::User(signed_in) => {
            transaction
                .participant_of_user(organisation, session, signed_in.user.id)
                .await?
        }
        Caller::Seat(seat) => {
            transaction
                .participant(organisation, session, seat.participant_id)
                .await?
        }
    };
    Ok(place.filter(|participant| !participant.is_removed))
}
