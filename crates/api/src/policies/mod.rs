//! What the installation and the organisation allow.

mod read;
mod set;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::edge::Edge;

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(read::read))
        .routes(routes!(set::set))
}
