//! Asks the application whether somebody may still come in.
//!
//! A token is good for some minutes, in which its holder may be removed or the session end. The
//! engine judges the token itself; only then is it believed here what it says.

use std::borrow::Cow;

use app::participants::AdmitError;
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use rtc::{SignalOpen, SignalRejection};
use serde::Deserialize;
use url::form_urlencoded;

use crate::{edge::Edge, problem::Problem};

/// Checks a request as the engine and as the application see it, without any effect.
pub(super) async fn check(edge: &Edge, request: &SignalOpen) -> Result<(), SignalRejection> {
    edge.signal().validate(request.clone()).await?;
    let claims =
        Claims::of(request).ok_or_else(|| refusal(StatusCode::UNAUTHORIZED, UNREADABLE))?;
    let admitted = app::participants::admit(edge.app(), &claims.video.room, &claims.sub).await;
    admitted.map_err(|error| rejection(&error))
}

/// What a token is for.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Claims {
    sub: String,
    video: VideoGrant,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct VideoGrant {
    room: String,
}

impl Claims {
    /// Reads the token that the engine has found good: the header's before the query's, of which
    /// the last one counts.
    fn of(request: &SignalOpen) -> Option<Self> {
        let in_query = || {
            let parameters = form_urlencoded::parse(request.query.as_bytes());
            parameters
                .filter(|(name, _)| name == "access_token")
                .last()
                .map(|(_, value)| value)
        };
        let token = request.bearer.as_deref().map(Cow::Borrowed);
        let token = token.or_else(in_query)?;
        let payload = token.split('.').nth(1)?;
        serde_json::from_slice(&BASE64.decode(payload).ok()?).ok()
    }
}

fn rejection(error: &AdmitError) -> SignalRejection {
    let (status, message) = match error {
        AdmitError::SessionEnded => (StatusCode::FORBIDDEN, "the session has ended"),
        AdmitError::Removed => (
            StatusCode::FORBIDDEN,
            "the participant was removed from the session",
        ),
        AdmitError::AccountOff => (
            StatusCode::FORBIDDEN,
            "the participant's account is switched off",
        ),
        AdmitError::Store(error) => {
            // It logs what happened.
            let _ = Problem::store(error);
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the server cannot look the session up",
            )
        }
    };
    refusal(status, message)
}

fn refusal(status: StatusCode, message: &str) -> SignalRejection {
    SignalRejection {
        status: status.as_u16(),
        message: message.to_owned(),
    }
}

const UNREADABLE: &str = "invalid token";

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use rtc::SignalRoute;

    use super::*;
    use crate::testing::rtc_token;

    fn open(query: &str, bearer: Option<&str>) -> SignalOpen {
        SignalOpen {
            route: SignalRoute::V1,
            query: query.to_owned(),
            bearer: bearer.map(str::to_owned),
            client: Ipv4Addr::LOCALHOST.into(),
        }
    }

    #[test]
    fn the_token_is_found_where_the_engine_finds_it() {
        let (first, last) = (rtc_token("room 1", "ann"), rtc_token("room 2", "ben"));
        let query = format!("access_token={first}&a=b&access_token={last}");
        let room = |request| Claims::of(&request).map(|claims| claims.video.room);
        assert_eq!(room(open(&query, None)).as_deref(), Some("room 2"));
        assert_eq!(room(open(&query, Some(&first))).as_deref(), Some("room 1"));
        for unreadable in ["", "access_token=", "access_token=a.b.c", "access_token=%%"] {
            assert_eq!(room(open(unreadable, None)), None, "{unreadable}");
        }
    }
}
