//! People's places in sessions.

mod change_role;
mod me;
mod mint_rtc_token;
mod remove;
mod take_seat;

use domain::{EventData, EventId, NewEvent, OrganisationId, Participant, ParticipantRole};
use store::{StoreError, Transaction};

pub use change_role::{ChangeRoleError, change_role};
pub use me::{Me, MeError, me};
pub(crate) use mint_rtc_token::OPENS_DOOR_AFTER_RESERVATION;
pub use mint_rtc_token::{MintError, RtcAccess, mint_rtc_token};
pub use remove::{RemoveError, remove};
pub(crate) use take_seat::place_user;
pub use take_seat::{TakeSeatError, take_seat};

use crate::App;

/// Gives a participant another role and writes it into the log; the same role changes nothing.
async fn set_role(
    app: &App,
    transaction: &mut dyn Transaction,
    organisation: OrganisationId,
    participant: Participant,
    role: ParticipantRole,
) -> Result<Participant, StoreError> {
    if participant.role == role {
        return Ok(participant);
    }
    let (session, id) = (participant.session_id, participant.id);
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
    Ok(Participant {
        role,
        ..participant
    })
}
