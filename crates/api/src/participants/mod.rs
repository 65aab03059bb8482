//! The people of a session and their places in it.

mod change;
mod read_me;
mod readmit;
mod remove;
mod take_seat;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::edge::Edge;

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(take_seat::take_seat))
        .routes(routes!(read_me::read_me))
        .routes(routes!(change::change, remove::remove))
        .routes(routes!(readmit::readmit))
}
