//! The organisation's people, for its owners and admins.

mod add;
mod add_password_link;
mod change;
mod delete;
mod list;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::edge::Edge;

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(list::list, add::add))
        .routes(routes!(change::change, delete::delete))
        .routes(routes!(add_password_link::add_password_link))
}
