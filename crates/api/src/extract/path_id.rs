use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use crate::problem::{Kind, Problem};

/// The first id of a path. What is no id names nothing, so it is answered like an unknown one.
pub(crate) struct PathId<T>(pub(crate) T);

/// The second id of a path, below the first.
pub(crate) struct InnerPathId<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for PathId<T>
where
    S: Send + Sync,
    T: FromStr,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        parse(parts, state, 0).await.map(Self)
    }
}

impl<S, T> FromRequestParts<S> for InnerPathId<T>
where
    S: Send + Sync,
    T: FromStr,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        parse(parts, state, 1).await.map(Self)
    }
}

async fn parse<S, T>(parts: &mut Parts, state: &S, place: usize) -> Result<T, Problem>
where
    S: Send + Sync,
    T: FromStr,
{
    let path = RawPathParams::from_request_parts(parts, state).await;
    path.ok()
        .and_then(|path| path.iter().nth(place)?.1.parse().ok())
        .ok_or_else(|| Kind::NotFound.into())
}
