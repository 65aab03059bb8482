use app::sessions::EventsError;
use axum::{Json, extract::State};
use domain::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    caller::SessionCaller,
    edge::Edge,
    extract::{PathId, Query},
    problem::{Kind, Problem, problems},
    views::{SessionEvent, page::parse_limit},
};

/// Which part of the log is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListEvents {
    /// The last `seq` that the reader has; the log's beginning if left out.
    after: Option<u64>,
    /// How many events at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// A part of the log, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventPage {
    items: Vec<SessionEvent>,
    /// Pass it as `after` to go on; `null` at the log's end.
    #[schema(required = true)]
    next_after: Option<u64>,
}

problems!(Refusals: InvalidInput, SeatNeeded, NotFound);

/// Read the session's event log
#[utoipa::path(get, path = "/sessions/{id}/events", tag = "sessions", operation_id = "list_session_events",
    params(("id" = String, Path), ListEvents), responses((status = 200, body = EventPage), Refusals))]
pub(super) async fn list_events(
    State(edge): State<Edge>,
    SessionCaller(caller): SessionCaller,
    PathId(session): PathId<SessionId>,
    Query(wanted): Query<ListEvents>,
) -> Result<Json<EventPage>, Problem> {
    let after = wanted.after.unwrap_or(0);
    let limit = parse_limit(wanted.limit)?;
    let page = app::sessions::events(edge.app(), &caller, session, after, limit).await?;
    Ok(Json(EventPage {
        items: page.items.iter().map(SessionEvent::from).collect(),
        next_after: page.next_after,
    }))
}

impl From<EventsError> for Problem {
    fn from(error: EventsError) -> Self {
        match error {
            EventsError::NotFound => Kind::NotFound.into(),
            EventsError::Store(error) => Self::store(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Installation;

    #[tokio::test]
    async fn the_log_is_read_in_parts_and_has_no_names() {
        let (installation, mut owner) = Installation::set_up().await;
        let session = json!({ "role": "expert" });
        let created = owner.post("/api/v1/sessions", &session).await;
        let path = format!("/api/v1/sessions/{}", created.text("/session/id"));
        owner
            .post(&format!("{path}/invite/renewals"), &json!(null))
            .await;
        let renewed = owner.get(&path).await;
        let mut guest = installation
            .guest(&json!({ "session": renewed.body }))
            .await;

        let first = guest.get(&format!("{path}/events?limit=1")).await;
        assert_eq!(first.text("/items/0/kind"), "session_created");
        assert_eq!(first.body["items"][0]["seq"], 1);
        assert_eq!(first.body["items"][0]["data"], json!({}));
        let next = first.body["next_after"].as_u64().expect("there is more");
        let second = guest.get(&format!("{path}/events?after={next}")).await;
        assert_eq!(second.text("/items/0/kind"), "invite_renewed");
        assert!(second.body["next_after"].is_null());
        for name in ["Olga", "Gus"] {
            assert!(!second.body.to_string().contains(name));
        }
    }
}
