//! The cases of assistance.

mod create;
mod end;
mod events;
mod list;
mod rename;
mod renew_invite;
mod reopen;
mod show;

use domain::{EventData, EventId, NewEvent, OrganisationId, Policies, SessionId};
use store::{SessionDetails, StoreError, Transaction};

pub use create::{CreateError, CreateSession, CreatedSession, create};
pub use end::end;
pub use events::{EventsError, EventsPage, events};
pub use list::{ListSessions, Whose, list};
pub use rename::{RenameError, rename};
pub use renew_invite::{RenewInviteError, renew_invite};
pub use reopen::reopen;
pub use show::{ShowError, show};
pub use store::StateFilter;

use crate::{App, SessionView, SignedIn};

/// Why a session is neither ended nor opened again.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is no such session that the caller can see.
    #[error("there is no such session")]
    NotFound,
    /// The caller does not run this session.
    #[error("not allowed to end or re-open this session")]
    NotAllowed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is in force in a session.
pub(crate) async fn policies_of(
    app: &App,
    transaction: &mut dyn Transaction,
    organisation: OrganisationId,
    session: SessionId,
) -> Result<Policies, StoreError> {
    let of_organisation = transaction.organisation_policies(organisation).await?;
    let of_session = transaction.session_policies(organisation, session).await?;
    Ok(Policies::resolve([
        app.installation_policies(),
        &of_organisation,
        &of_session,
    ]))
}

/// Appends what a user did to the session's log; their place, if they have one, stands for them.
async fn record(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    session: SessionId,
    data: EventData,
) -> Result<(), StoreError> {
    let organisation = caller.organisation.id;
    let place = transaction
        .participant_of_user(organisation, session, caller.user.id)
        .await?;
    let event = NewEvent {
        id: EventId::from_random(app.random()),
        at: app.now(),
        participant_id: place.map(|participant| participant.id),
        data,
        idempotency_key: None,
    };
    transaction
        .append_event(organisation, session, &event)
        .await?;
    Ok(())
}

/// The session as the caller sees it after their change.
async fn view_after(
    app: &App,
    transaction: &mut dyn Transaction,
    caller: &SignedIn,
    session: SessionId,
) -> Result<SessionView, StoreError> {
    let details: SessionDetails = transaction
        .session(caller.organisation.id, session, Some(caller.user.id))
        .await?
        .expect("sessions are never deleted, and the same transaction has just read this one");
    Ok(SessionView::of(details, caller, app.now()))
}
