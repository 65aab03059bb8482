use axum::{
    extract::{FromRequestParts, Query as AxumQuery, rejection::QueryRejection},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::problem::{FieldCode, Problem};

/// The query string, in which a parameter that is not known is refused like a field of a body.
pub(crate) struct Query<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match AxumQuery::from_request_parts(parts, state).await {
            Ok(AxumQuery(query)) => Ok(Self(query)),
            Err(rejection) => Err(Problem::field(
                parameter_name(&rejection),
                FieldCode::Invalid,
            )),
        }
    }
}

/// The parameter that nobody knows; only serde's text has its name.
fn parameter_name(rejection: &QueryRejection) -> String {
    let text = rejection.body_text();
    let unknown = text
        .split_once("unknown field `")
        .and_then(|(_, rest)| rest.split_once('`'))
        .map(|(name, _)| name);
    unknown.unwrap_or("query").to_owned()
}

#[cfg(test)]
mod tests {
    use crate::testing::Installation;

    #[tokio::test]
    async fn a_parameter_that_is_not_known_is_refused_by_name() {
        let (_installation, mut owner) = Installation::set_up().await;
        let sessions = "/api/v1/sessions";
        assert_eq!(
            owner.get(&format!("{sessions}?state=open")).await.status,
            200
        );
        for (query, field) in [
            ("state=open&stat=ended", "stat"),
            ("limit=many", "query"),
            ("state=open&state=ended", "query"),
        ] {
            let refused = owner.get(&format!("{sessions}?{query}")).await;
            assert_eq!(refused.problem(), "invalid-input", "{query}");
            assert_eq!(refused.status, 422);
            assert_eq!(refused.text("/fields/0/field"), field);
        }
        let refused = owner.get("/api/v1/users?page=2").await;
        assert_eq!(refused.text("/fields/0/field"), "page");
    }
}
