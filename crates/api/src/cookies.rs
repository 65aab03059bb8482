//! The two cookies: a sign-in, and a guest's seat in one session.
//!
//! Both are out of reach of scripts, and other sites can't make a browser send them except by a
//! plain navigation (`Lax`). The seat's path is its session, so that one browser can hold seats
//! in many.

use axum::http::{HeaderMap, HeaderValue, header};
use domain::{SecretToken, SessionId};

/// The sign-in that a browser shows.
pub(crate) fn sign_in(headers: &HeaderMap) -> Option<&str> {
    read(headers, SIGN_IN)
}

/// The seat that a browser shows.
pub(crate) fn seat(headers: &HeaderMap) -> Option<&str> {
    read(headers, SEAT)
}

/// Makes a browser keep its sign-in.
pub(crate) fn keep_sign_in(token: &str, is_secure: bool) -> HeaderValue {
    written(SIGN_IN, token, "/", SIGN_IN_KEPT_S, is_secure)
}

/// Makes a browser forget its sign-in.
pub(crate) fn forget_sign_in(is_secure: bool) -> HeaderValue {
    written(SIGN_IN, "", "/", 0, is_secure)
}

/// Makes a browser keep its seat in a session.
pub(crate) fn keep_seat(session: SessionId, token: &SecretToken, is_secure: bool) -> HeaderValue {
    let path = format!("/api/v1/sessions/{session}");
    written(SEAT, &token.expose(), &path, SEAT_KEPT_S, is_secure)
}

fn written(name: &str, value: &str, path: &str, max_age_s: u32, is_secure: bool) -> HeaderValue {
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; Path={path}; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).expect("tokens and ids are ASCII")
}

fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

const SIGN_IN: &str = "helpsight_sign_in";
const SEAT: &str = "helpsight_seat";
const SIGN_IN_KEPT_S: u32 = 30 * 24 * 3600;
const SEAT_KEPT_S: u32 = 7 * 24 * 3600;
