//! Invites, for whoever holds a join code or a link: signed in or not.

mod look_up;
mod redeem;

use app::invites::{InviteError, InviteKey};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    edge::Edge,
    problem::{FieldCode, Kind, Problem},
};

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(look_up::look_up))
        .routes(routes!(redeem::redeem))
}

/// What opens the session: the code or the token, whichever was sent.
fn invite_key(code: Option<&str>, token: Option<&str>) -> Result<InviteKey, Problem> {
    match (code, token) {
        (Some(code), None) => Ok(InviteKey::of_code(code)),
        (None, Some(token)) => Ok(InviteKey::of_token(token)),
        (None, None) => Err(Problem::field("code", FieldCode::Required)),
        (Some(_), Some(_)) => Err(Problem::field("token", FieldCode::NotAllowed)),
    }
}

impl From<InviteError> for Problem {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::NotFound => Kind::InviteNotFound.into(),
            InviteError::Expired => Kind::InviteExpired.into(),
            InviteError::SessionEnded => Kind::SessionEnded.into(),
            InviteError::GuestsNotAllowed => Kind::GuestsNotAllowed.into(),
            InviteError::TooManyAttempts { retry_after } => Self::too_many_attempts(retry_after),
            InviteError::Store(error) => Self::store(&error),
        }
    }
}
