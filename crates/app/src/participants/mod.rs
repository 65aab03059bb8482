//! People's places in sessions.

mod admit;
mod change_role;
mod me;
mod mint_rtc_token;
mod readmit;
mod remove;
pub(crate) mod room;
mod take_seat;

use domain::{
    EventData, EventId, NewEvent, OrganisationId, Participant, ParticipantId, ParticipantRole,
    SessionId, UserId,
};
use store::{StoreError, Transaction};

pub use admit::{AdmitError, admit};
pub use change_role::{ChangeRoleError, change_role};
pub use me::{Me, MeError, me};
pub(crate) use mint_rtc_token::OPENS_DOOR_AFTER_RESERVATION;
pub use mint_rtc_token::{MintError, RtcAccess, mint_rtc_token};
pub use readmit::{ReadmitError, readmit};
pub use remove::{RemoveError, remove};
pub(crate) use take_seat::{PlaceError, place_user};
pub use take_seat::{TakeSeatError, take_seat};

use crate::{App, rtc_orders::RtcOrder, throttle::Throttled};

/// What a participant with this role may do in the room.
pub(crate) fn permission_of(role: ParticipantRole) -> rtc::Permission {
    let takes_part = role != ParticipantRole::Observer;
    rtc::Permission {
        can_subscribe: true,
        can_publish: takes_part,
        can_publish_sources: Vec::new(),
        can_publish_data: takes_part,
        // What people are called is in the session's log, and only there.
        can_update_own_metadata: false,
    }
}

/// Commits the change of a place, and has the room follow when its role is another one.
pub(crate) async fn commit_place(
    app: &App,
    transaction: Box<dyn Transaction>,
    organisation: OrganisationId,
    place: &Placed,
) -> Result<(), StoreError> {
    let has_new_role = place.has_new_role;
    let (session, id) = (place.participant.session_id, place.participant.id);
    app.commit_and(transaction, move |app| {
        app.live().changed(session);
        if has_new_role {
            app.order(RtcOrder::Permit(organisation, session, id));
        }
    })
    .await
}

/// A place as it is after a change.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) participant: Participant,
    /// Whether it had another role before.
    pub(crate) has_new_role: bool,
}

impl Placed {
    pub(crate) fn unchanged(participant: Participant) -> Self {
        Self {
            participant,
            has_new_role: false,
        }
    }
}

/// Why a role was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetRoleError {
    #[error("this participant's role was changed too often")]
    TooOften(Throttled),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who changes a role, and whose budget of changes pays for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RoleChangeBy {
    /// The participant.
    Themselves,
    /// A user who runs the session. What the participant used up keeps nobody from it.
    Host(UserId),
}

impl RoleChangeBy {
    fn pay(self, app: &App, session: SessionId, id: ParticipantId) -> Result<(), Throttled> {
        let (throttles, now) = (app.throttles(), app.now());
        match self {
            Self::Themselves => throttles.role_of_participant.take(&session, &id, now),
            Self::Host(user) => throttles.role_by_host.take(&user, &(user, id), now),
        }
    }
}

/// Gives a participant another role and writes it into the log; the same role changes nothing.
async fn set_role(
    app: &App,
    transaction: &mut dyn Transaction,
    organisation: OrganisationId,
    participant: Participant,
    (role, by): (ParticipantRole, RoleChangeBy),
) -> Result<Placed, SetRoleError> {
    if participant.role == role {
        return Ok(Placed::unchanged(participant));
    }
    let (session, id) = (participant.session_id, participant.id);
    by.pay(app, session, id).map_err(SetRoleError::TooOften)?;
    transaction
        .set_participant_role(organisation, session, id, role)
        .await?;
    let event = NewEvent {
        id: EventId::from_random(app.random()),
        at: app.now(),
        participant_id: Some(id),
        data: EventData::RoleChanged {
            from: participant.role,
            to: role,
        },
        idempotency_key: None,
    };
    transaction
        .append_event(organisation, session, &event)
        .await?;
    Ok(Placed {
        participant: Participant {
            role,
            ..participant
        },
        has_new_role: true,
    })
}
