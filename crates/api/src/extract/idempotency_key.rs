use axum::{extract::FromRequestParts, http::request::Parts};

use crate::problem::{FieldCode, Problem};

/// The `Idempotency-Key` of a creation, if the client wants to be able to repeat it.
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl IdempotencyKey {
    /// The header.
    pub(crate) const NAME: &str = "idempotency-key";
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get(Self::NAME) else {
            return Ok(Self(None));
        };
        match key.to_str() {
            Ok(key) if (1..=KEY_BYTES_MAX).contains(&key.len()) => Ok(Self(Some(key.to_owned()))),
            Ok("") => Err(Problem::field(Self::NAME, FieldCode::TooShort)),
            Ok(_) => Err(Problem::field(Self::NAME, FieldCode::TooLong)),
            Err(_) => Err(Problem::field(Self::NAME, FieldCode::Invalid)),
        }
    }
}

/// Room for any id, no room for a body.
const KEY_BYTES_MAX: usize = 128;
