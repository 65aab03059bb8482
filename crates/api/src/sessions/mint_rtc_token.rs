use app::participants::MintError;
use axum::{Json, extract::State, http::StatusCode};
use domain::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    caller::SessionCaller,
    edge::Edge,
    extract::{PathId, Query},
    problem::{Kind, Problem, problems},
    views::{PathMode, Timestamp},
};

/// How the caller's media is to go.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MintRtcToken {
    /// Which ways through the network it may take, as far as the policies allow; all of these if
    /// left out.
    #[param(inline)]
    path_mode: Option<PathMode>,
}

/// What a LiveKit client needs to join the session's room.
#[derive(Serialize, ToSchema)]
pub(super) struct MintedRtcToken {
    /// The server to connect to; `null` means the page's own origin.
    #[schema(required = true)]
    url: Option<String>,
    token: String,
    expires_at: Timestamp,
}

problems!(Refusals: InvalidInput, SeatNeeded, CrossOriginRefused, GuestsNotAllowed, NotFound, SessionEnded, SessionFull);

/// Get a token for the session's audio and video, with the caller's place in it
#[utoipa::path(post, path = "/sessions/{id}/rtc-tokens", tag = "sessions", operation_id = "mint_rtc_token",
    params(("id" = String, Path), MintRtcToken), responses((status = 201, body = MintedRtcToken), Refusals))]
pub(super) async fn mint_rtc_token(
    State(edge): State<Edge>,
    SessionCaller(caller): SessionCaller,
    PathId(session): PathId<SessionId>,
    Query(wanted): Query<MintRtcToken>,
) -> Result<(StatusCode, Json<MintedRtcToken>), Problem> {
    let wish = wanted.path_mode.map(domain::PathMode::from);
    let wish = wish.unwrap_or_default();
    let access = app::participants::mint_rtc_token(edge.app(), &caller, session, wish).await?;
    let minted = MintedRtcToken {
        url: access.url,
        token: access.token,
        expires_at: access.expires_at.into(),
    };
    Ok((StatusCode::CREATED, Json(minted)))
}

impl From<MintError> for Problem {
    fn from(error: MintError) -> Self {
        match error {
            MintError::NotFound => Kind::NotFound.into(),
            MintError::SeatNeeded => Kind::SeatNeeded.into(),
            MintError::SessionEnded => Kind::SessionEnded.into(),
            MintError::SessionFull => Kind::SessionFull.into(),
            MintError::GuestsNotAllowed => Kind::GuestsNotAllowed.into(),
            MintError::Store(error) => Self::store(&error),
        }
    }
}
