use domain::{ParticipantId, SessionId};
use store::StoreError;

use super::room::{self, Bar};
use crate::App;

/// Why somebody with a token may not come into the room any more.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// Somebody took their place away, or there never was one.
    #[error("they have no place in the session")]
    Removed,
    /// Their account is switched off or deleted.
    #[error("the account is switched off or deleted")]
    AccountOff,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says whether somebody may still come in whose token the engine finds good. Rooms that are no
/// sessions, and those in a session's room who are no participants, are the operator's: they have
/// the key that signs tokens.
///
/// # Errors
/// [`AdmitError`].
pub async fn admit(app: &App, room: &str, identity: &str) -> Result<(), AdmitError> {
    let (Ok(session), Ok(id)) = (room.parse::<SessionId>(), identity.parse::<ParticipantId>())
    else {
        return Ok(());
    };
    let mut transaction = app.read().await?;
    let Some(organisation) = transaction.organisation_of_session(session).await? else {
        return Ok(());
    };
    let participant = transaction
        .participant(organisation, session, id)
        .await?
        .ok_or(AdmitError::Removed)?;
    match room::bar(&mut *transaction, organisation, &participant).await? {
        None => Ok(()),
        Some(Bar::SessionEnded) => Err(AdmitError::SessionEnded),
        Some(Bar::Removed) => Err(AdmitError::Removed),
        Some(Bar::AccountOff) => Err(AdmitError::AccountOff),
    }
}
