use domain::{Participant, SessionId};
use store::StoreError;

use crate::{App, Caller, SessionView, access};

/// The caller's place and the session as they see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The place.
    pub participant: Participant,
    /// The session.
    pub session: SessionView,
}

/// Why the caller has no place to show.
#[derive(Debug, thiserror::Error)]
pub enum MeError {
    /// There is no such session that they can see.
    #[error("there is no such session")]
    NotFound,
    /// They have no place in it, or lost it.
    #[error("they have no place in the session")]
    SeatNeeded,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The caller's own place in a session.
///
/// # Errors
/// [`MeError`].
pub async fn me(app: &App, caller: &Caller, session: SessionId) -> Result<Me, MeError> {
    let mut transaction = app.read().await?;
    let details = access::visible_session(&mut *transaction, caller, session)
        .await?
        .ok_or(MeError::NotFound)?;
    let participant = access::own_place(&mut *transaction, caller, session)
        .await?
        .ok_or(MeError::SeatNeeded)?;
    Ok(Me {
        participant,
        session: SessionView::of(details, caller, app.now()),
    })
}
