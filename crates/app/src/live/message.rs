use domain::{Participant, ParticipantId, SessionEvent};
use store::SessionDetails;

use crate::SessionView;

/// What a watcher is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveMessage {
    /// First: the present state. The log follows, from where it was asked for.
    Snapshot {
        /// The session.
        session: Box<SessionView>,
        /// Everybody who ever had a place.
        participants: Vec<Participant>,
        /// The watcher's own place.
        you: ParticipantId,
        /// The log is told from the event after this one.
        after_seq: u64,
        /// The last event that the snapshot includes.
        last_seq: u64,
    },
    /// The next entry of the log.
    Event(SessionEvent),
    /// A participant is new or has changed; comes before the event that says why.
    Participant(Participant),
    /// The session has changed.
    Session(Box<SessionView>),
    /// Last: nothing more comes.
    Closed(CloseReason),
}

/// Why nothing more comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The server is going down; come back soon.
    Stopping,
    /// Somebody took the watcher's place away.
    Removed,
    /// The watcher's account was switched off or deleted.
    AccountOff,
    /// The watcher's browser was signed out.
    SignedOut,
    /// The watcher did not keep up; come back and go on from the last event.
    TooSlow,
    /// The session is no more.
    Gone,
}

/// What a feed puts into all queues.
#[derive(Debug, Clone)]
pub(super) enum Update {
    Session(Box<SessionDetails>),
    Participant(Participant),
    Event(SessionEvent),
}
