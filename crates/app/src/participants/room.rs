//! Who may be in a session's room.
//!
//! A token opens the engine's door for some minutes, in which much may change: whoever comes with
//! one is asked for again, when their signalling opens and when their media is up.

use domain::{
    OrganisationId, Participant, ParticipantId, Session, SessionId, SessionRights, UserId,
    UserState,
};
use store::{StoreError, Transaction};
use time::OffsetDateTime;

use crate::App;

/// Why somebody with a token may not come into the room any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Bar {
    #[error("the session has ended")]
    SessionEnded,
    #[error("they were removed from the session")]
    Removed,
    #[error("the account is switched off or deleted")]
    AccountOff,
}

/// What keeps somebody out, however much room there is.
pub(crate) async fn bar(
    transaction: &mut dyn Transaction,
    organisation: OrganisationId,
    participant: &Participant,
) -> Result<Option<Bar>, StoreError> {
    let session = session_of(transaction, organisation, participant).await?;
    Ok(if !session.is_some_and(|session| session.state.is_open()) {
        Some(Bar::SessionEnded)
    } else if participant.is_removed {
        Some(Bar::Removed)
    } else if !has_account_in_use(transaction, organisation, participant).await? {
        Some(Bar::AccountOff)
    } else {
        None
    })
}

/// Guests need none.
async fn has_account_in_use(
    transaction: &mut dyn Transaction,
    organisation: OrganisationId,
    participant: &Participant,
) -> Result<bool, StoreError> {
    let Some(id) = participant.person.user_id() else {
        return Ok(true);
    };
    let user = transaction.user(organisation, id).await?;
    Ok(user.is_some_and(|user| user.state == UserState::Active))
}

/// Who counts when it is asked whether there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Who is in, and whose place is reserved at this time.
    Taken(OffsetDateTime),
    /// Who is in.
    Present,
}

/// Whether there is room for one more participant. The last place is kept for somebody who runs
/// the session, until one of them is in: a crowd of guests cannot keep them out.
pub(crate) async fn has_room_for(
    app: &App,
    transaction: &mut dyn Transaction,
    organisation: OrganisationId,
    participant: &Participant,
    counted: Counted,
) -> Result<bool, StoreError> {
    let (session, id) = (participant.session_id, participant.id);
    let others = counted
        .others(transaction, organisation, session, id)
        .await?;
    if others + 1 < app.participants_max() {
        return Ok(true);
    }
    if others >= app.participants_max() {
        return Ok(false);
    }
    let Some(session) = session_of(transaction, organisation, participant).await? else {
        return Ok(false);
    };
    let mut users = counted
        .other_users(transaction, organisation, session.id, id)
        .await?;
    users.extend(participant.person.user_id());
    for user in users {
        if runs(transaction, &session, user).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Counted {
    async fn others(
        self,
        transaction: &mut dyn Transaction,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
    ) -> Result<u32, StoreError> {
        match self {
            Self::Taken(now) => {
                transaction
                    .taken_count_without(organisation, session, id, now)
                    .await
            }
            Self::Present => {
                transaction
                    .present_count_without(organisation, session, id)
                    .await
            }
        }
    }

    async fn other_users(
        self,
        transaction: &mut dyn Transaction,
        organisation: OrganisationId,
        session: SessionId,
        id: ParticipantId,
    ) -> Result<Vec<UserId>, StoreError> {
        match self {
            Self::Taken(now) => {
                transaction
                    .taken_users_without(organisation, session, id, now)
                    .await
            }
            Self::Present => {
                transaction
                    .present_users_without(organisation, session, id)
                    .await
            }
        }
    }
}

async fn runs(
    transaction: &mut dyn Transaction,
    session: &Session,
    user: UserId,
) -> Result<bool, StoreError> {
    let user = transaction.user(session.organisation_id, user).await?;
    Ok(user.is_some_and(|user| SessionRights::of_user(session, user.id, user.role).remove))
}

async fn session_of(
    transaction: &mut dyn Transaction,
    organisation: OrganisationId,
    participant: &Participant,
) -> Result<Option<Session>, StoreError> {
    let details = transaction
        .session(organisation, participant.session_id, None)
        .await?;
    Ok(details.map(|details| details.session))
}
