//! One-time password links, for whoever holds one.

mod look_up;
mod redeem;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::edge::Edge;

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(look_up::look_up))
        .routes(routes!(redeem::redeem))
}
