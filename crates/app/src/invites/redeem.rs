use std::net::IpAddr;

use domain::{FieldErrors, Participant, ParticipantRole, SessionId};
use store::StoreError;

use super::{
    InviteError, InviteKey,
    find::{Attempt, find},
    take_guest_in::take_guest_in,
};
use crate::{
    App, SignedIn,
    participants::{self, PlaceError, Placed, SetRoleError},
    seats::NewSeat,
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
    /// The client's key: a guest's same request with the same key takes no second place. Whoever
    /// shows it gets a seat, so it must be as hard to guess as one. Users have one place anyhow.
    pub idempotency_key: Option<String>,
    /// The tokens of the seats that the browser holds, of whichever session.
    pub seats: Vec<String>,
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
    /// More guests than can be wanted have taken a place with it; a new invite lets others in.
    #[error("the invite is used up")]
    UsedUp,
    /// Somebody took the place of this user away.
    #[error("they were removed from the session")]
    Removed,
    /// The idempotency key belongs to another request.
    #[error("the idempotency key belongs to another request")]
    IdempotencyKeyReused,
    /// The name breaks the rules.
    #[error(transparent)]
    InvalidInput(#[from] FieldErrors),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PlaceError> for RedeemError {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Removed => Self::Removed,
            PlaceError::Role(SetRoleError::TooOften(throttled)) => {
                InviteError::from(throttled).into()
            }
            PlaceError::Role(SetRoleError::Store(error)) | PlaceError::Store(error) => error.into(),
        }
    }
}

/// Gives somebody with a code or a link a place in the session. A guest's browser that holds a
/// seat there keeps that place, in the role that it has: an observer does not become more by coming
/// again.
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
    let (place, seat) = match colleague {
        Some(caller) => {
            let session = &opened.details.session;
            let place =
                participants::place_user(app, &mut *transaction, caller, session, request.role);
            (place.await?, None)
        }
        None => {
            let (participant, seat) =
                take_guest_in(app, &mut *transaction, &opened, &request).await?;
            (Placed::unchanged(participant), Some(seat))
        }
    };
    participants::commit_place(app, transaction, opened.organisation.id, &place).await?;
    Ok(Redeemed {
        session_id,
        participant: place.participant,
        seat,
    })
}
