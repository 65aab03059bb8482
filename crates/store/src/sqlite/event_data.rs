//! Session events as they are stored: the kind in a column, the rest as JSON in another.

use domain::EventData;
use serde_json::{Value, json};

/// The JSON beside the kind.
pub(super) fn to_json(data: &EventData) -> Value {
    match data {
        EventData::SessionCreated
        | EventData::SessionEnded
        | EventData::SessionReopened
        | EventData::InviteRenewed => json!({}),
        EventData::ParticipantJoined { role } => json!({ "role": role.as_str() }),
        EventData::ParticipantLeft { reason } => json!({ "reason": reason.as_str() }),
        EventData::RoleChanged { from, to } => {
            json!({ "from": from.as_str(), "to": to.as_str() })
        }
        EventData::PathChanged { path } => json!({ "path": path.as_str() }),
    }
}

/// The event of that kind with that JSON; `None` when there is no such event.
pub(super) fn from_json(kind: &str, json: &Value) -> Option<EventData> {
    let word = |field: &str| json.get(field).and_then(Value::as_str);
    Some(match kind {
        "session_created" => EventData::SessionCreated,
        "session_ended" => EventData::SessionEnded,
        "session_reopened" => EventData::SessionReopened,
        "invite_renewed" => EventData::InviteRenewed,
        "participant_joined" => EventData::ParticipantJoined {
            role: word("role")?.parse().ok()?,
        },
        "participant_left" => EventData::ParticipantLeft {
            reason: word("reason")?.parse().ok()?,
        },
        "role_changed" => EventData::RoleChanged {
            from: word("from")?.parse().ok()?,
            to: word("to")?.parse().ok()?,
        },
        "path_changed" => EventData::PathChanged {
            path: word("path")?.parse().ok()?,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use domain::{LeaveReason, NetworkPath, ParticipantRole};

    use super::*;

    #[test]
    fn every_kind_of_event_reads_back() {
        for data in [
            EventData::SessionCreated,
            EventData::SessionEnded,
            EventData::SessionReopened,
            EventData::InviteRenewed,
            EventData::ParticipantJoined {
                role: ParticipantRole::Observer,
            },
            EventData::ParticipantLeft {
                reason: LeaveReason::ConnectionLost,
            },
            EventData::RoleChanged {
                from: ParticipantRole::Expert,
                to: ParticipantRole::Assisted,
            },
            EventData::PathChanged {
                path: NetworkPath::Relay,
            },
        ] {
            assert_eq!(from_json(data.kind(), &to_json(&data)), Some(data));
        }
    }
}
