use app::live::CloseReason;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::views::{Participant, Session, SessionEvent};

/// What the server says.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage {
    /// The first message: how things stand.
    Snapshot {
        session: Session,
        participants: Vec<Participant>,
        /// The reader's own participant id.
        you: String,
        /// The log follows from the event after this one: the one that the client has, or a later
        /// one when only the latest events were asked for.
        after_seq: u64,
        /// The last event that has happened; all up to it follow.
        last_seq: u64,
    },
    /// The next entry of the log.
    Event { event: SessionEvent },
    /// Somebody is new or has changed; comes before an event that is about them.
    Participant { participant: Participant },
    /// The session has changed.
    Session { session: Session },
    /// The answer to a ping.
    Pong,
    /// The server is going down: connect again, after a pause that grows.
    Stopping,
}

/// What clients say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ClientMessage {
    /// Every 20 seconds; the server hangs up after 60 seconds of silence.
    Ping {},
}

/// Why the server closes: a WebSocket close code and a reason for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Goodbye {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

impl Goodbye {
    pub(super) const STOPPING: Self = Self::new(1001, "the server is stopping");
    pub(super) const SILENT: Self = Self::new(1001, "nothing was heard for too long");
    pub(super) const NO_MESSAGE: Self = Self::new(1003, "this is no message of the schema");
    pub(super) const TOO_LARGE: Self = Self::new(1009, "the message is too large");
    pub(super) const TOO_SLOW: Self = Self::new(4008, "the client reads too slowly");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

impl From<CloseReason> for Goodbye {
    fn from(reason: CloseReason) -> Self {
        match reason {
            CloseReason::Stopping => Self::STOPPING,
            CloseReason::Removed => Self::new(4001, "removed from the session"),
            CloseReason::SignedOut => Self::new(4002, "signed out"),
            CloseReason::AccountOff => Self::new(4003, "the account was switched off or deleted"),
            CloseReason::TooSlow => Self::TOO_SLOW,
            CloseReason::Gone => Self::new(4009, "the session is gone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::assert_fresh;

    /// Both directions in one document.
    #[derive(JsonSchema)]
    #[schemars(
        title = "Session live feed",
        description = "The messages of the WebSocket at /api/v1/sessions/{id}/live, one JSON text each."
    )]
    struct Messages {
        #[expect(dead_code, reason = "only its schema is of interest")]
        from_server: ServerMessage,
        #[expect(dead_code, reason = "only its schema is of interest")]
        from_client: ClientMessage,
    }

    #[test]
    fn the_committed_schema_is_fresh() {
        let schema = schemars::SchemaGenerator::from(
            schemars::generate::SchemaSettings::draft2020_12().for_serialize(),
        )
        .into_root_schema_for::<Messages>();
        let fresh = serde_json::to_string_pretty(&schema).expect("serialises") + "\n";
        assert_fresh("docs/reference/session-live.schema.json", &fresh);
    }

    #[test]
    fn messages_are_told_apart_by_their_type() {
        let stopping = serde_json::to_string(&ServerMessage::Stopping).expect("serialises");
        assert_eq!(stopping, r#"{"type":"stopping"}"#);
        for bad in [r#"{"type":"pong"}"#, r#"{"type":"ping","x":1}"#, "[]", ""] {
            assert!(serde_json::from_str::<ClientMessage>(bad).is_err(), "{bad}");
        }
        serde_json::from_str::<ClientMessage>(r#"{"type":"ping"}"#).expect("a ping");
    }
}
