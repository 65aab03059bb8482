//! Orders to the media engine that must be carried out, even if it is too busy at first.

use std::time::Duration;

use domain::{OrganisationId, ParticipantId, SessionId};
use rtc::RtcError;
use store::StoreError;

use crate::{App, participants};

/// What the engine is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RtcOrder {
    /// Send everybody out of a session's room.
    CloseRoom(SessionId),
    /// Send one participant out.
    Remove(SessionId, ParticipantId),
    /// Let one participant do what their role allows, and nothing else.
    Permit(OrganisationId, SessionId, ParticipantId),
}

/// Why an order is not carried out yet.
#[derive(Debug, thiserror::Error)]
enum Delay {
    #[error(transparent)]
    Rtc(#[from] RtcError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Has an order carried out; nobody waits for it.
    pub(crate) fn order(&self, order: RtcOrder) {
        let app = self.clone();
        self.spawn(async move { carry_out(&app, order).await });
    }
}

async fn carry_out(app: &App, order: RtcOrder) {
    let mut pause = FIRST_PAUSE;
    loop {
        match try_to_carry_out(app, order).await {
            // With the engine everybody is out.
            Ok(()) | Err(Delay::Rtc(RtcError::Stopped)) => return,
            Err(delay) => {
                let delay = &delay as &dyn std::error::Error;
                tracing::warn!(?order, delay, "an order to the media engine has to wait");
            }
        }
        tokio::select! {
            () = app.stopping().cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn try_to_carry_out(app: &App, order: RtcOrder) -> Result<(), Delay> {
    match order {
        RtcOrder::CloseRoom(session) => app.rtc().close_room(&session.to_string()).await?,
        RtcOrder::Remove(session, participant) => {
            let (room, identity) = (session.to_string(), participant.to_string());
            app.rtc().remove_participant(&room, &identity).await?;
        }
        RtcOrder::Permit(organisation, session, participant) => {
            permit(app, organisation, session, participant).await?;
        }
    }
    Ok(())
}

/// Orders may overtake each other, so each looks up the role, and again after it was carried out:
/// whichever comes last leaves what the record says.
async fn permit(
    app: &App,
    organisation: OrganisationId,
    session: SessionId,
    participant: ParticipantId,
) -> Result<(), Delay> {
    let (room, identity) = (session.to_string(), participant.to_string());
    let mut ordered = None;
    loop {
        let found = app
            .read()
            .await?
            .participant(organisation, session, participant)
            .await?;
        let Some(role) = found.map(|found| found.role) else {
            return Ok(());
        };
        if ordered == Some(role) {
            return Ok(());
        }
        let permission = participants::permission_of(role);
        app.rtc()
            .set_permission(&room, &identity, permission)
            .await?;
        ordered = Some(role);
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
