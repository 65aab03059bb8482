//! Writes what happens in the rooms into the sessions' records.
//!
//! One task takes the engine's news in order. Each is written with an idempotency key made of the
//! stay that it is about, so that hearing it twice changes nothing.
//!
//! Nobody is let back into a session that ended, from which they were removed, or that others have
//! filled, and nobody whose account was switched off or deleted: a token that was minted before
//! opens the engine's door for some minutes more, and here they are sent out again.

use domain::{
    EventData, EventId, LeaveReason, NetworkPath, NewEvent, OrganisationId, Participant,
    ParticipantId, ParticipantRole, Presence, SessionId,
};
use rtc::RtcEvent;
use store::{StoreError, Transaction};
use tokio::sync::mpsc;

use crate::{
    App,
    participants::room::{self, Bar, Counted},
    rtc_orders::RtcOrder,
};

/// Records until the engine closes the channel.
pub(crate) async fn follow(app: &App, mut events: mpsc::Receiver<RtcEvent>) {
    while let Some(event) = events.recv().await {
        let app = app.clone();
        let recorded = app
            .clone()
            .run(async move { record(&app, event).await })
            .await;
        if let Err(error) = recorded {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a participant's coming or going could not be recorded"
            );
        }
    }
}

/// Everybody who was present when the last run stopped has left.
pub(crate) async fn settle_presence(app: &App) -> Result<(), StoreError> {
    let mut transaction = app.write().await?;
    for place in transaction.present_places().await? {
        let (organisation, session) = (place.organisation_id, place.session_id);
        let found = transaction
            .participant(organisation, session, place.participant_id)
            .await?;
        let participant = found.expect("the same transaction has just listed it");
        if let Presence::Present { stay, .. } = &participant.presence {
            let room = Room {
                organisation,
                session,
            };
            let stay = stay.clone();
            leave(
                app,
                &mut *transaction,
                room,
                &participant,
                &stay,
                LeaveReason::ServerRestarted,
            )
            .await?;
        }
    }
    transaction.commit().await
}

#[derive(Debug, Clone, Copy)]
struct Room {
    organisation: OrganisationId,
    session: SessionId,
}

async fn record(app: &App, event: RtcEvent) -> Result<(), StoreError> {
    let (room, identity) = names(&event);
    let (Ok(session), Ok(id)) = (room.parse(), identity.parse()) else {
        tracing::debug!(room, "the media engine reports a room that is no session");
        return Ok(());
    };
    let mut transaction = app.write().await?;
    let Some(organisation) = transaction.organisation_of_session(session).await? else {
        tracing::debug!(%session, "the media engine reports a session that is unknown");
        return Ok(());
    };
    let room = Room {
        organisation,
        session,
    };
    let Some(participant) = transaction.participant(organisation, session, id).await? else {
        tracing::debug!(%session, participant = %id, "the media engine reports an unknown participant");
        app.order(RtcOrder::Remove(session, id));
        return Ok(());
    };
    let transaction_ref = &mut *transaction;
    match event {
        RtcEvent::Joined { stay, .. } => {
            if is_refused(app, transaction_ref, room, &participant).await? {
                return Ok(());
            }
            if !join(app, transaction_ref, room, &participant, stay).await? {
                return Ok(());
            }
            // The token may be from before they became an observer.
            if participant.role == ParticipantRole::Observer {
                app.order(RtcOrder::Permit(organisation, session, id));
            }
        }
        RtcEvent::Left { stay, reason, .. } => {
            leave(
                app,
                transaction_ref,
                room,
                &participant,
                &stay,
                leave_reason(reason),
            )
            .await?;
        }
        RtcEvent::PathChanged { stay, path, .. } => {
            // Their coming may be among the news that a busy engine dropped.
            if is_refused(app, transaction_ref, room, &participant).await? {
                return Ok(());
            }
            change_path(
                app,
                transaction_ref,
                room,
                &participant,
                &stay,
                network_path(path),
            )
            .await?;
        }
    }
    app.commit(transaction, session).await
}

/// Whether somebody must not be in; they are sent out, and the record says nothing of it.
async fn is_refused(
    app: &App,
    transaction: &mut dyn Transaction,
    room: Room,
    participant: &Participant,
) -> Result<bool, StoreError> {
    let refusal = refusal(app, transaction, room, participant).await?;
    if let Some(order) = refusal {
        app.order(order);
    }
    Ok(refusal.is_some())
}

/// What to do with somebody who must not be in.
async fn refusal(
    app: &App,
    transaction: &mut dyn Transaction,
    room: Room,
    participant: &Participant,
) -> Result<Option<RtcOrder>, StoreError> {
    let organisation = room.organisation;
    Ok(
        match room::bar(transaction, organisation, participant).await? {
            Some(Bar::SessionEnded) => Some(RtcOrder::CloseRoom(room.session)),
            Some(Bar::Removed | Bar::AccountOff) => {
                Some(RtcOrder::Remove(room.session, participant.id))
            }
            None => {
                let counted = Counted::Present;
                let has_room =
                    room::has_room_for(app, transaction, organisation, participant, counted)
                        .await?;
                (!has_room).then_some(RtcOrder::Remove(room.session, participant.id))
            }
        },
    )
}

/// Whether they are in. Somebody who comes and goes without end is sent out instead, so that they
/// do not fill the record.
async fn join(
    app: &App,
    transaction: &mut dyn Transaction,
    room: Room,
    participant: &Participant,
    stay: String,
) -> Result<bool, StoreError> {
    let key = joined_key(&stay);
    if is_recorded(transaction, room, &key).await? {
        return Ok(true);
    }
    let throttle = &app.throttles().stays_of_participant;
    let paid = throttle.take(&room.session, &participant.id, app.now());
    if paid.is_err() {
        tracing::warn!(session = %room.session, participant = %participant.id, "comes and goes too often; sent out");
        app.order(RtcOrder::Remove(room.session, participant.id));
        return Ok(false);
    }
    let data = EventData::ParticipantJoined {
        role: participant.role,
    };
    let event = new_event(app, participant.id, data, Some(key));
    let presence = Presence::Present {
        joined_at: event.at,
        stay,
        path: None,
    };
    transaction
        .set_presence(room.organisation, room.session, participant.id, &presence)
        .await?;
    transaction
        .append_event(room.organisation, room.session, &event)
        .await?;
    Ok(true)
}

fn joined_key(stay: &str) -> String {
    format!("joined:{stay}")
}

async fn is_recorded(
    transaction: &mut dyn Transaction,
    room: Room,
    key: &str,
) -> Result<bool, StoreError> {
    let (organisation, session) = (room.organisation, room.session);
    let event = transaction.event_by_key(organisation, session, key).await?;
    Ok(event.is_some())
}

/// The end of a stay of which the record knows nothing is no news: they were refused.
async fn leave(
    app: &App,
    transaction: &mut dyn Transaction,
    room: Room,
    participant: &Participant,
    stay: &str,
    reason: LeaveReason,
) -> Result<(), StoreError> {
    if !is_recorded(transaction, room, &joined_key(stay)).await? {
        return Ok(());
    }
    let event = new_event(
        app,
        participant.id,
        EventData::ParticipantLeft { reason },
        Some(format!("left:{stay}")),
    );
    // The news that an earlier stay is over may come after a later stay has begun.
    if let Presence::Present {
        joined_at,
        stay: current,
        ..
    } = &participant.presence
        && current == stay
    {
        let presence = Presence::Gone {
            joined_at: *joined_at,
            left_at: event.at,
        };
        transaction
            .set_presence(room.organisation, room.session, participant.id, &presence)
            .await?;
        if !may_be_back_at_once(reason) {
            transaction
                .set_reservation(room.organisation, room.session, participant.id, None)
                .await?;
        }
    }
    transaction
        .append_event(room.organisation, room.session, &event)
        .await?;
    Ok(())
}

/// Whether their place is worth keeping for as long as it was reserved.
fn may_be_back_at_once(reason: LeaveReason) -> bool {
    match reason {
        LeaveReason::ConnectionLost | LeaveReason::Replaced | LeaveReason::ServerRestarted => true,
        LeaveReason::Left | LeaveReason::Removed | LeaveReason::SessionEnded => false,
    }
}

async fn change_path(
    app: &App,
    transaction: &mut dyn Transaction,
    room: Room,
    participant: &Participant,
    stay: &str,
    new_path: NetworkPath,
) -> Result<(), StoreError> {
    let Presence::Present {
        joined_at,
        stay: current,
        path,
    } = &participant.presence
    else {
        return Ok(());
    };
    if current != stay || *path == Some(new_path) {
        return Ok(());
    }
    let presence = Presence::Present {
        joined_at: *joined_at,
        stay: current.clone(),
        path: Some(new_path),
    };
    transaction
        .set_presence(room.organisation, room.session, participant.id, &presence)
        .await?;
    let data = EventData::PathChanged { path: new_path };
    let event = new_event(app, participant.id, data, None);
    transaction
        .append_event(room.organisation, room.session, &event)
        .await?;
    Ok(())
}

fn new_event(
    app: &App,
    participant: ParticipantId,
    data: EventData,
    idempotency_key: Option<String>,
) -> NewEvent {
    NewEvent {
        id: EventId::from_random(app.random()),
        at: app.now(),
        participant_id: Some(participant),
        data,
        idempotency_key,
    }
}

fn names(event: &RtcEvent) -> (&str, &str) {
    match event {
        RtcEvent::Joined { room, identity, .. }
        | RtcEvent::Left { room, identity, .. }
        | RtcEvent::PathChanged { room, identity, .. } => (room, identity),
    }
}

fn leave_reason(reason: rtc::LeaveReason) -> LeaveReason {
    match reason {
        rtc::LeaveReason::Left => LeaveReason::Left,
        rtc::LeaveReason::ConnectionLost => LeaveReason::ConnectionLost,
        rtc::LeaveReason::Removed => LeaveReason::Removed,
        rtc::LeaveReason::RoomClosed => LeaveReason::SessionEnded,
        rtc::LeaveReason::Replaced => LeaveReason::Replaced,
        rtc::LeaveReason::ServerStopped => LeaveReason::ServerRestarted,
    }
}

fn network_path(path: rtc::Path) -> NetworkPath {
    match path {
        rtc::Path::Udp => NetworkPath::Udp,
        rtc::Path::Tcp => NetworkPath::Tcp,
        rtc::Path::Relay => NetworkPath::Relay,
    }
}
