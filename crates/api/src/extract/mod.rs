//! What endpoints take from a request, with failures as problems.

mod idempotency_key;
mod json_body;
mod path_id;
mod query;

pub(crate) use idempotency_key::IdempotencyKey;
pub(crate) use json_body::JsonBody;
pub(crate) use path_id::{InnerPathId, PathId};
pub(crate) use query::Query;
