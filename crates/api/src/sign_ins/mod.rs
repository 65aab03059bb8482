//! Signing in and out. A *sign-in* is one browser of one user, held by a cookie.

mod change_password;
mod create;
mod delete;
mod read_current;

use app::NewSignIn;
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponseParts, ResponseParts},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{cookies, edge::Edge, views::User};

pub(crate) fn routes() -> OpenApiRouter<Edge> {
    OpenApiRouter::new()
        .routes(routes!(create::create))
        .routes(routes!(change_password::change_password))
        .routes(routes!(read_current::read_current, delete::delete))
}

/// Who has signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedIn {
    pub(crate) user: User,
}

impl From<&NewSignIn> for SignedIn {
    fn from(signed_in: &NewSignIn) -> Self {
        Self {
            user: User::from(&signed_in.user),
        }
    }
}

/// Gives the browser its sign-in, or takes it.
pub(crate) struct SignInCookie(HeaderValue);

impl SignInCookie {
    pub(crate) fn keep(signed_in: &NewSignIn, edge: &Edge) -> Self {
        let token = signed_in.token.expose();
        Self(cookies::keep_sign_in(&token, edge.is_https()))
    }

    fn forget(edge: &Edge) -> Self {
        Self(cookies::forget_sign_in(edge.is_https()))
    }
}

impl IntoResponseParts for SignInCookie {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.headers_mut().append(header::SET_COOKIE, self.0);
        Ok(parts)
    }
}
