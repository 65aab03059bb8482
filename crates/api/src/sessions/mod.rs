//! Sessions: one assistance case each, from its creation to its record.

mod change;
mod create;
mod list;
mod list_events;
mod mint_rtc_token;
mod read;
mod renew_invite;
mod state;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::edge::Edge;

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(read::read, change::change))
        .routes(routes!(state::end))
        .routes(routes!(state::reopen))
        .routes(routes!(renew_invite::renew_invite))
        .routes(routes!(mint_rtc_token::mint_rtc_token))
        .routes(routes!(list_events::list_events))
}
