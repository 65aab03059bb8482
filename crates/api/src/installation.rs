//! What anybody may know about this installation, before signing in.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    edge::Edge,
    problem::{Problem, problems},
};

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new().routes(routes!(read))
}

/// What anybody may know about the installation.
#[derive(Debug, Serialize, ToSchema)]
struct Installation {
    version: &'static str,
    /// False until the first owner has opened the set-up link.
    is_set_up: bool,
    #[schema(required = true)]
    organisation_name: Option<String>,
    /// Whom to ask when nothing works: an e-mail address, a telephone number or a web address.
    #[schema(required = true)]
    support_contact: Option<String>,
    /// How many people one session takes.
    session_participants_max: u32,
}

problems!(Refusals: Internal);

/// Say what this installation is
#[utoipa::path(get, path = "/installation", tag = "installation", operation_id = "read_installation",
    responses((status = 200, body = Installation), Refusals))]
async fn read(State(edge): State<Edge>) -> Result<Json<Installation>, Problem> {
    let installation = app::installation::describe(edge.app()).await;
    let installation = installation.map_err(|error| Problem::store(&error))?;
    let organisation = installation.organisation;
    Ok(Json(Installation {
        version: edge.version(),
        is_set_up: organisation.is_some(),
        organisation_name: organisation.map(|it| it.name.as_str().to_owned()),
        support_contact: edge.support_contact().map(str::to_owned),
        session_participants_max: installation.participants_max,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Installation;

    #[tokio::test]
    async fn anybody_may_ask_what_this_is_before_and_after_the_set_up() {
        let fresh = Installation::fresh().await;
        let before = fresh.browser().get("/api/v1/installation").await;
        assert_eq!(before.status, 200);
        assert_eq!(before.headers["cache-control"], "no-store");
        assert_eq!(
            before.body,
            json!({
                "version": "0.0.0",
                "is_set_up": false,
                "organisation_name": null,
                "support_contact": "help@example.com",
                "session_participants_max": 3,
            })
        );
        let (installation, _) = Installation::set_up().await;
        let after = installation.browser().get("/api/v1/installation").await;
        assert_eq!(after.body["organisation_name"], "Acme");
    }
}
