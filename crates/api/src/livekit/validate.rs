use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use rtc::{SignalOpen, SignalRoute};

use super::{admission, bearer, refuse};
use crate::{edge::Edge, guard::client::ClientAddress};

/// The same checks as an upgrade, without any effect.
pub(super) async fn validate(
    route: SignalRoute,
    State(edge): State<Edge>,
    ClientAddress(client): ClientAddress,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let request = SignalOpen {
        route,
        query: uri.query().unwrap_or_default().to_owned(),
        bearer: bearer(&headers),
        client,
    };
    match admission::check(&edge, &request).await {
        Ok(()) => "success".into_response(),
        Err(rejection) => refuse(rejection),
    }
}
