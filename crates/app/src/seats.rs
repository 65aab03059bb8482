//! Guests' browsers and the places that they hold.

use domain::{OrganisationId, ParticipantId, SecretToken, SessionId};
use store::{StoreError, Transaction};
use time::{Duration, OffsetDateTime};

use crate::{App, Caller, Seat, SignedIn, access, secrets::hash_token};

/// A new seat, for the browser to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeat {
    /// What the browser shows to have its place.
    pub token: SecretToken,
    /// Until when it is good.
    pub expires_at: OffsetDateTime,
}

/// The seat in a session that a browser holds; `None` when it holds none there.
///
/// # Errors
/// When the database fails.
pub async fn authenticate(
    app: &App,
    session: SessionId,
    token: &str,
) -> Result<Option<Seat>, StoreError> {
    let mut transaction = app.read().await?;
    let held = held(app, &mut *transaction, session, token).await?;
    Ok(held.map(|(seat, _)| Seat {
        organisation_id: seat.organisation_id,
        session_id: seat.session_id,
        participant_id: seat.participant_id,
    }))
}

/// The seat in a session that a token stands for, if it is good, with the token.
pub(crate) async fn held(
    app: &App,
    transaction: &mut dyn Transaction,
    session: SessionId,
    token: &str,
) -> Result<Option<(store::Seat, SecretToken)>, StoreError> {
    let Some(token) = SecretToken::parse(token) else {
        return Ok(None);
    };
    let stored = transaction.seat(session, hash_token(&token)).await?;
    Ok(stored
        .filter(|seat| seat.expires_at > app.now())
        .map(|seat| (seat, token)))
}

/// Who a browser is to a session: the user who is signed in when they can see it, else whoever
/// holds the seat; `None` for nobody.
///
/// Who came as a guest and signs in later, with an account that has nothing to do with the session
/// or belongs to another organisation, keeps their seat.
///
/// # Errors
/// When the database fails.
pub async fn caller(
    app: &App,
    session: SessionId,
    user: Option<SignedIn>,
    seat: Option<&str>,
) -> Result<Option<Caller>, StoreError> {
    let Some(user) = user else {
        let seat = match seat {
            Some(token) => authenticate(app, session, token).await?,
            None => None,
        };
        return Ok(seat.map(Caller::Seat));
    };
    if let Some(token) = seat
        && let Some(seat) = authenticate(app, session, token).await?
        && !sees(app, &user, session).await?
    {
        return Ok(Some(Caller::Seat(seat)));
    }
    Ok(Some(Caller::User(user)))
}

async fn sees(app: &App, user: &SignedIn, session: SessionId) -> Result<bool, StoreError> {
    let mut transaction = app.read().await?;
    let found = access::session_of_user(&mut *transaction, user, session).await?;
    Ok(found.is_some())
}

/// Gives a guest's browser a seat.
pub(crate) async fn issue(
    app: &App,
    transaction: &mut dyn Transaction,
    organisation_id: OrganisationId,
    session_id: SessionId,
    participant_id: ParticipantId,
) -> Result<NewSeat, StoreError> {
    let token = SecretToken::from_random(app.random());
    let expires_at = app.now() + LIFETIME;
    let seat = store::Seat {
        token: hash_token(&token),
        organisation_id,
        session_id,
        participant_id,
        expires_at,
    };
    transaction.insert_seat(&seat).await?;
    Ok(NewSeat { token, expires_at })
}

const LIFETIME: Duration = Duration::days(7);
