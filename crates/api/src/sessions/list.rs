use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    caller::SignedInUser,
    edge::Edge,
    extract::Query,
    problem::{Problem, problems},
    views::{
        Page, Session,
        page::{parse_cursor, parse_limit},
    },
};

/// Which sessions are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListSessions {
    /// Open ones, ended ones or both; both if left out.
    #[param(inline)]
    state: Option<StateFilter>,
    /// Those that the reader created or took part in, or all that the reader may see; all if left out.
    #[param(inline)]
    whose: Option<WhoseFilter>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateFilter {
    Open,
    Ended,
    All,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WhoseFilter {
    Mine,
    All,
}

problems!(Refusals: NotSignedIn, InvalidInput);

/// List sessions, newest first
#[utoipa::path(get, path = "/sessions", tag = "sessions", operation_id = "list_sessions",
    params(ListSessions), responses((status = 200, body = Page<Session>), Refusals))]
pub(super) async fn list(
    State(edge): State<Edge>,
    SignedInUser(signed_in): SignedInUser,
    Query(wanted): Query<ListSessions>,
) -> Result<Json<Page<Session>>, Problem> {
    let wanted = app::sessions::ListSessions {
        state: wanted.state.unwrap_or(StateFilter::All).into(),
        whose: wanted.whose.unwrap_or(WhoseFilter::All).into(),
        after: parse_cursor(wanted.cursor.as_deref())?,
        limit: parse_limit(wanted.limit)?,
    };
    let page = app::sessions::list(edge.app(), &signed_in, wanted).await;
    let page = page.map_err(|error| Problem::store(&error))?;
    let items = page.items.iter();
    Ok(Json(Page {
        items: items.map(|view| Session::new(view, edge.links())).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

impl From<StateFilter> for app::sessions::StateFilter {
    fn from(filter: StateFilter) -> Self {
        match filter {
            StateFilter::Open => Self::Open,
            StateFilter::Ended => Self::Ended,
            StateFilter::All => Self::All,
        }
    }
}

impl From<WhoseFilter> for app::sessions::Whose {
    fn from(filter: WhoseFilter) -> Self {
        match filter {
            WhoseFilter::Mine => Self::Mine,
            WhoseFilter::All => Self::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Installation;

    #[tokio::test]
    async fn the_filters_choose() {
        let (installation, mut owner) = Installation::set_up().await;
        let mut expert = installation
            .user(&mut owner, "uma@example.com", "expert")
            .await;
        let session = json!({ "role": "expert" });
        let first = owner.post("/api/v1/sessions", &session).await;
        installation.clock.advance(time::Duration::SECOND);
        let second = expert.post("/api/v1/sessions", &session).await;
        let end = format!("/api/v1/sessions/{}/end", first.text("/session/id"));
        owner.post(&end, &json!(null)).await;

        for (query, wanted) in [
            ("", vec![&second, &first]),
            ("?state=open", vec![&second]),
            ("?state=ended", vec![&first]),
            ("?whose=mine", vec![&first]),
            ("?whose=mine&state=open", vec![]),
        ] {
            let page = owner.get(&format!("/api/v1/sessions{query}")).await;
            let items = page.body["items"].as_array().expect("items");
            let ids: Vec<_> = items.iter().map(|it| it["id"].as_str()).collect();
            let wanted: Vec<_> = wanted
                .iter()
                .map(|it| Some(it.text("/session/id")))
                .collect();
            assert_eq!(ids, wanted, "{query}");
        }
        let refused = owner.get("/api/v1/sessions?state=closed").await;
        assert_eq!(refused.problem(), "invalid-input");
    }
}
