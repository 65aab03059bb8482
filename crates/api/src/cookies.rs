//! The two cookies: a sign-in, and a guest's seat in one session.
//!
//! Both are out of reach of scripts, and other sites can't make a browser send them except by a
//! plain navigation (`Lax`). The seat's path is its session, so that one browser can hold seats
//! in many. Where invites are redeemed each seat is shown once more, under a name that has the
//! session's id, so that coming again takes no second place.

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

/// The seats in any session that a browser shows where invites are redeemed.
pub(crate) fn held_seats(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    pairs(headers)
        .filter(|(name, _)| name.starts_with(HELD_SEAT))
        .map(|(_, value)| value)
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
pub(crate) fn keep_seat(
    session: SessionId,
    token: &SecretToken,
    is_secure: bool,
) -> [HeaderValue; 2] {
    let token = token.expose();
    let path = format!("/api/v1/sessions/{session}");
    let held = format!("{HELD_SEAT}{session}");
    [
        written(SEAT, &token, &path, SEAT_KEPT_S, is_secure),
        written(&held, &token, REDEMPTIONS, SEAT_KEPT_S, is_secure),
    ]
}

fn written(name: &str, value: &str, path: &str, max_age_s: u32, is_secure: bool) -> HeaderValue {
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; Path={path}; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).expect("tokens and ids are ASCII")
}

fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    pairs(headers)
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

const SIGN_IN: &str = "helpsight_sign_in";
const SEAT: &str = "helpsight_seat";
const HELD_SEAT: &str = "helpsight_seat_";
const REDEMPTIONS: &str = "/api/v1/invites/redemptions";
const SIGN_IN_KEPT_S: u32 = 30 * 24 * 3600;
const SEAT_KEPT_S: u32 = 7 * 24 * 3600;
