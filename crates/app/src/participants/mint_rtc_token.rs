use domain::{OrganisationId, Participant, PathMode, Policies, SessionId};
use rtc::Grant;
use store::{StoreError, Transaction};
use time::{Duration, OffsetDateTime};

use super::room::{self, Counted};
use crate::{App, Caller, access, sessions};

/// How a client gets into a session's room.
#[derive(Clone, PartialEq, Eq)]
pub struct RtcAccess {
    /// Where; `None` means the origin that served the page.
    pub url: Option<String>,
    /// With what.
    pub token: String,
    /// Until when.
    pub expires_at: OffsetDateTime,
}

impl std::fmt::Debug for RtcAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RtcAccess")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Why a client does not get in.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// There is no such session that the caller can see.
    #[error("there is no such session")]
    NotFound,
    /// The caller has no place in it, or lost it.
    #[error("they have no place in the session")]
    SeatNeeded,
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// As many others are in as may be, but for the place that is kept for who runs the session.
    #[error("the session is full")]
    SessionFull,
    /// People without an account may not join this session.
    #[error("guests may not join this session")]
    GuestsNotAllowed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Lets the caller's client into the room of a session in which they have a place.
///
/// The limit counts who is in and who is on their way: a token keeps a place for as long as people
/// need to come in. Writers take turns, so that of two who ask for the last place one gets it.
/// Their media takes the ways that the policies allow and they wish for.
///
/// # Errors
/// [`MintError`].
pub async fn mint_rtc_token(
    app: &App,
    caller: &Caller,
    session: SessionId,
    wish: PathMode,
) -> Result<RtcAccess, MintError> {
    let mut transaction = app.write().await?;
    let details = access::visible_session(&mut *transaction, caller, session)
        .await?
        .ok_or(MintError::NotFound)?;
    let participant = access::own_place(&mut *transaction, caller, session)
        .await?
        .ok_or(MintError::SeatNeeded)?;
    if !details.session.state.is_open() {
        return Err(MintError::SessionEnded);
    }
    let policies = check_room(
        app,
        &mut *transaction,
        caller.organisation_id(),
        &participant,
    )
    .await?;
    transaction
        .set_reservation(
            caller.organisation_id(),
            session,
            participant.id,
            Some(app.now() + KEPT_FOR),
        )
        .await?;
    transaction.commit().await?;
    let grant = grant(&participant, policies.path_mode.narrowed_by(wish));
    let token = app.rtc().mint_token(&grant, app.now().into());
    Ok(RtcAccess {
        url: app.rtc().client_url(),
        token: token.token,
        expires_at: token.expires_at.into(),
    })
}

async fn check_room(
    app: &App,
    transaction: &mut dyn Transaction,
    organisation: OrganisationId,
    participant: &Participant,
) -> Result<Policies, MintError> {
    let session = participant.session_id;
    let policies = sessions::policies_of(app, transaction, organisation, session).await?;
    if participant.person.user_id().is_none() && !policies.guests {
        return Err(MintError::GuestsNotAllowed);
    }
    let counted = Counted::Taken(app.now());
    let has_room = room::has_room_for(app, transaction, organisation, participant, counted);
    if !has_room.await? {
        return Err(MintError::SessionFull);
    }
    Ok(policies)
}

fn grant(participant: &Participant, path_mode: PathMode) -> Grant {
    let permission = super::permission_of(participant.role);
    Grant {
        room: participant.session_id.to_string(),
        identity: participant.id.to_string(),
        // The token stands in the address of a WebSocket, and proxies log addresses. Who needs a
        // name finds it in the session's log by the identity.
        name: String::new(),
        can_publish: permission.can_publish,
        can_publish_data: permission.can_publish_data,
        path_mode,
        lifetime: LIFETIME,
    }
}

const LIFETIME: std::time::Duration = std::time::Duration::from_secs(600);
/// Longer than coming in takes on a poor network; who is later than that may find the room full.
const KEPT_FOR: Duration = Duration::seconds(30);
/// How long a token opens the door after the place that it reserved is free for others.
pub(crate) const OPENS_DOOR_AFTER_RESERVATION: Duration =
    Duration::seconds(LIFETIME.as_secs().cast_signed() - KEPT_FOR.whole_seconds());
