use std::net::IpAddr;

use domain::{
    FieldErrors, Participant, ParticipantId, ParticipantRole, Person, PersonName, Presence,
    SessionId,
};
use store::StoreError;

use super::{
    InviteError, InviteKey,
    find::{Attempt, Opened, find},
};
use crate::{
    App, SignedIn, participants,
    seats::{self, NewSeat},
};

/// How somebody wants to join.
#[derive(Clone)]
pub struct Redeem {
    /// What they show.
    pub key: InviteKey,
    /// What they are called; users need not say.
    pub name: Option<String>,
    /// What they are in the session for.
    pub role: ParticipantRole,
    /// Where the request comes from.
    pub address: IpAddr,
}

impl std::fmt::Debug for Redeem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redeem")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Somebody's place in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// The session.
    pub session_id: SessionId,
    /// The place.
    pub participant: Participant,
    /// What a guest's browser holds it by; a user has their sign-in.
    pub seat: Option<NewSeat>,
}

/// Why somebody did not get in.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// The invite opens nothing.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// The name breaks the rules.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives somebody with a code or a link a place in the session.
///
/// # Errors
/// [`RedeemError`].
pub async fn redeem(
    app: &App,
    caller: Option<&SignedIn>,
    request: Redeem,
) -> Result<Redeemed, RedeemError> {
    let attempt = Attempt::pay(app, request.key, request.address)?;
    let mut transaction = app.write().await?;
    let opened = attempt.settle(find(app, &mut *transaction, caller, request.key).await)?;

    let session_id = opened.invite.session_id;
    let colleague = caller.filter(|caller| caller.organisation.id == opened.organisation.id);
    let (participant, seat) = match colleague {
        Some(caller) => {
            let place =
                participants::place_user(app, &mut *transaction, caller, session_id, request.role);
            (place.await?, None)
        }
        None => {
            let participant = guest(app, &opened, &request)?;
            let organisation = opened.organisation.id;
            transaction
                .insert_participant(organisation, &participant)
                .await?;
            let seat = seats::issue(
                app,
                &mut *transaction,
                organisation,
                session_id,
                participant.id,
            )
            .await?;
            (participant, Some(seat))
        }
    };
    app.commit(transaction, session_id).await?;
    Ok(Redeemed {
        session_id,
        participant,
        seat,
    })
}

fn guest(app: &App, opened: &Opened, request: &Redeem) -> Result<Participant, FieldErrors> {
    let name = PersonName::parse(request.name.as_deref().unwrap_or_default())
        .map_err(|code| FieldErrors::one("name", code))?;
    Ok(Participant {
        id: ParticipantId::from_random(app.random()),
        session_id: opened.invite.session_id,
        role: request.role,
        person: Person::Guest { name },
        presence: Presence::Expected,
        is_removed: false,
    })
}
