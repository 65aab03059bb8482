//! The API's description: collected from the endpoints, served, and committed for the web client.

use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    edge::Edge, installation, invites, live, participants, password_links, policies, sessions,
    setup, sign_ins, users,
};

/// Every endpoint under `/api/v1`, with its description.
pub(crate) fn endpoints() -> OpenApiRouter<Edge> {
    let endpoints = OpenApiRouter::new()
        .merge(installation::routes())
        .merge(setup::routes())
        .merge(sign_ins::routes())
        .merge(users::routes())
        .merge(password_links::routes())
        .merge(sessions::routes())
        .merge(live::routes())
        .merge(participants::routes())
        .merge(invites::routes())
        .merge(policies::routes());
    OpenApiRouter::with_openapi(Frame::openapi()).nest("/api/v1", endpoints)
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Helpsight",
        description = "The HTTP API of a Helpsight installation. Failures are `application/problem+json` (RFC 9457)."
    ),
    components(schemas(crate::problem::Problem))
)]
struct Frame;

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use axum::http::Method;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        generated::assert_fresh,
        testing::{Browser, Installation},
    };

    fn description() -> Value {
        let (_, description) = endpoints().split_for_parts();
        serde_json::to_value(description).expect("serialises")
    }

    /// Method, path and description of every operation.
    fn operations() -> Vec<(Method, String, Value)> {
        let description = description();
        let paths = description["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            let item = item.as_object().expect("operations");
            item.iter().map(move |(method, operation)| {
                let method = method.to_uppercase().parse().expect("a method");
                (method, path.clone(), operation.clone())
            })
        });
        operations.collect()
    }

    #[test]
    fn the_committed_description_is_fresh() {
        let (_, description) = endpoints().split_for_parts();
        let fresh = description.to_pretty_json().expect("serialises") + "\n";
        assert_fresh("docs/reference/openapi.json", &fresh);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let description = description();
        let text = description.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().expect("a pointer");
            assert!(description.pointer(pointer).is_some(), "{pointer}");
        }
    }

    /// Endpoints are added by `routes!`, which describes them; a plain route is not described.
    #[test]
    fn only_what_is_no_endpoint_of_the_api_is_added_beside_the_description() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if fs::read(&path).is_ok_and(|source| adds_a_plain_route(&source)) {
                    let path = path.strip_prefix(&root).expect("below the root");
                    found.push(path.display().to_string());
                }
            }
        }
        found.sort();
        // A test's router, the supervisors' questions, the description, LiveKit's own protocol.
        let known = ["guard/deadline.rs", "health.rs", "lib.rs", "livekit/mod.rs"];
        assert_eq!(found, known);
    }

    fn adds_a_plain_route(source: &[u8]) -> bool {
        let call = concat!(".rou", "te(").as_bytes();
        source.windows(call.len()).any(|window| window == call)
    }

    /// What to send, by operation, so that only the organisation can be the reason to refuse.
    fn body(operation: &str) -> Option<Value> {
        Some(match operation {
            "change_user" => json!({ "name": "Mallory" }),
            "change_session" => json!({ "title": "Mine" }),
            "take_seat" | "change_participant" => json!({ "role": "expert" }),
            _ => return None,
        })
    }

    struct Ids {
        user: String,
        session: String,
        participant: String,
    }

    async fn sweep(browser: &mut Browser, ids: &Ids, status: u16) {
        let mut swept = 0;
        for (method, path, operation) in operations() {
            if !path.contains("{id}") {
                continue;
            }
            let id = if path.contains("/users/") {
                &ids.user
            } else {
                &ids.session
            };
            let name = operation["operationId"].as_str().expect("a name");
            let body = body(name);
            let is_body_known = operation["requestBody"].is_null() || body.is_some();
            assert!(is_body_known, "add a body for {name} to this test");
            let path = path
                .replace("{id}", id)
                .replace("{participant_id}", &ids.participant);
            let answer = if name == "follow_session" {
                browser.upgrade(&path).await
            } else {
                browser.request(method, &path, body.as_ref()).await
            };
            assert_eq!(answer.status, status, "{name} {path}: {answer:?}");
            answer.problem();
            swept += 1;
        }
        assert!(
            swept >= 14,
            "only {swept} operations have an id in their path"
        );
    }

    async fn ids(installation: &Installation, owner: &mut Browser) -> Ids {
        let created = owner
            .post("/api/v1/sessions", &json!({ "role": "expert" }))
            .await;
        let mut user = installation.user(owner, "uma@example.com", "member").await;
        let user = user.get("/api/v1/sign-ins/current").await;
        Ids {
            user: user.text("/user/id").to_owned(),
            session: created.text("/session/id").to_owned(),
            participant: created.text("/participant/id").to_owned(),
        }
    }

    #[tokio::test]
    async fn another_organisation_finds_nothing_here() {
        let (installation, mut owner) = Installation::set_up().await;
        let ids = ids(&installation, &mut owner).await;
        let mut foreign = installation.foreign_owner().await;
        sweep(&mut foreign, &ids, 404).await;
        let path = format!("/api/v1/sessions/{}", ids.session);
        let untouched = owner.get(&path).await;
        assert_eq!(untouched.text("/state"), "open");
        assert!(untouched.body["title"].is_null());
    }

    #[tokio::test]
    async fn nobody_finds_anything_without_saying_who_they_are() {
        let (installation, mut owner) = Installation::set_up().await;
        let ids = ids(&installation, &mut owner).await;
        sweep(&mut installation.browser(), &ids, 401).await;
    }

    #[tokio::test]
    async fn a_request_that_another_site_makes_is_refused_everywhere() {
        let (installation, mut owner) = Installation::set_up().await;
        let ids = ids(&installation, &mut owner).await;
        for (method, path, operation) in operations() {
            if method == Method::GET {
                continue;
            }
            let path = path.replace("{id}", &ids.session);
            let answer = owner.lured(method, &path).await;
            assert_eq!(answer.problem(), "cross-origin-refused", "{operation}");
        }
    }

    #[tokio::test]
    async fn an_address_that_does_not_take_the_method_says_so() {
        let (_installation, mut owner) = Installation::set_up().await;
        let refused = owner.delete("/api/v1/sessions").await;
        assert_eq!(refused.problem(), "method-not-allowed");
        let unknown = owner.get("/api/v1/nothing").await;
        assert_eq!(unknown.problem(), "not-found");
    }
}
