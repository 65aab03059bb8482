//! Orders to the media engine that must be carried out, even if it is too busy at first.

use std::time::Duration;

use domain::{ParticipantId, SessionId};
use rtc::RtcError;

use crate::App;

/// What the engine is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RtcOrder {
    /// Send everybody out of a session's room.
    CloseRoom(SessionId),
    /// Send one participant out.
    Remove(SessionId, ParticipantId),
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
        let result = match order {
            RtcOrder::CloseRoom(session) => app.rtc().close_room(&session.to_string()).await,
            RtcOrder::Remove(session, participant) => {
                let (room, identity) = (session.to_string(), participant.to_string());
                app.rtc().remove_participant(&room, &identity).await
            }
        };
        match result {
            // With the engine everybody is out.
            Ok(()) | Err(RtcError::Stopped) => return,
            Err(RtcError::Overloaded) => {
                tracing::warn!(?order, "the media engine is overloaded; trying again");
            }
        }
        tokio::select! {
            () = app.stopping().cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
