use std::collections::{BTreeMap, btree_map::Entry};

use utoipa::openapi::{
    ContentBuilder, Ref, RefOr, Response, ResponseBuilder, response::ResponsesBuilder,
};

use super::Kind;

/// Names the problems of an endpoint for its OpenAPI entry: `problems!(Refusals: NotFound, …)`.
macro_rules! problems {
    ($name:ident: $($kind:ident),+ $(,)?) => {
        struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::Response>,
            > {
                $crate::problem::describe(&[$($crate::problem::Kind::$kind),+])
            }
        }
    };
}
pub(crate) use problems;

/// One OpenAPI response per status, which lists the kinds behind it.
///
/// Every endpoint may also fail with what is nobody's choice, so those need not be named.
pub(crate) fn describe(kinds: &[Kind]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, String> = BTreeMap::new();
    for kind in kinds.iter().chain(&[Kind::Internal, Kind::Unavailable]) {
        let slug = format!("`{}`", kind.slug());
        match by_status.entry(kind.status().as_u16()) {
            Entry::Vacant(entry) => {
                entry.insert(slug);
            }
            Entry::Occupied(mut entry) => {
                entry.get_mut().push_str(", ");
                entry.get_mut().push_str(&slug);
            }
        }
    }
    let responses = by_status.into_iter().map(|(status, slugs)| {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(slugs)
            .content("application/problem+json", content)
            .build();
        (status.to_string(), response)
    });
    ResponsesBuilder::new()
        .responses_from_iter(responses)
        .build()
        .responses
}
