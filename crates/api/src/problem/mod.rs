//! Failures as `application/problem+json` (RFC 9457).
//!
//! An endpoint returns `Result<_, Problem>`. The kind decides status and title; the endpoint adds
//! what this one case needs (fields, seconds to wait). Invariant: a problem never repeats a value
//! that the client sent, so that no secret comes back in an answer or lands in a log.

mod documented;
mod kind;

use std::{fmt, time::Duration};

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{FieldErrors, PolicyError};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use documented::{describe, problems};
pub(crate) use kind::Kind;

/// What every failing request is answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Which kind of failure; stable, to be compared by programs.
    #[serde(rename = "type")]
    kind: Kind,
    /// The kind in words, for people.
    title: &'static str,
    /// The HTTP status again.
    status: u16,
    /// More about this one case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    detail: Option<String>,
    /// How long to wait before the next attempt, in seconds; also in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retry_after_s: Option<u64>,
    /// Which fields of the body can't be accepted, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fields: Vec<FieldProblem>,
}

/// One value that can't be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// The field's name; inner ones with dots.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) code: FieldCode,
}

/// What can be wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldCode {
    /// It is missing or blank.
    Required,
    /// It is shorter than allowed.
    TooShort,
    /// It is longer than allowed.
    TooLong,
    /// It is outside the allowed range.
    OutOfRange,
    /// It is not what this field takes.
    Invalid,
    /// A higher level (the installation) does not allow it.
    NotAllowed,
}

impl Problem {
    /// A problem with nothing to add to its kind.
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            title: kind.title(),
            status: kind.status().as_u16(),
            detail: None,
            retry_after_s: None,
            fields: Vec::new(),
        }
    }

    /// One field of the request can't be accepted.
    pub(crate) fn field(field: impl Into<String>, code: FieldCode) -> Self {
        let field = field.into();
        Self {
            fields: vec![FieldProblem { field, code }],
            ..Self::new(Kind::InvalidInput)
        }
    }

    /// The database failed: logged here, and nothing about it goes to the client.
    pub(crate) fn store(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %Chain(error), "the database failed");
        Self::new(Kind::Unavailable)
    }

    /// Some queue is full: worth another try soon.
    pub(crate) fn overloaded() -> Self {
        Self::new(Kind::Unavailable).with_retry_after_s(OVERLOADED_RETRY_AFTER_S)
    }

    /// Somebody tried too often.
    pub(crate) fn too_many_attempts(retry_after: Duration) -> Self {
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        Self::new(Kind::TooManyAttempts).with_retry_after_s(seconds)
    }

    /// Adds a sentence about this one case; it must not repeat what the client sent.
    #[must_use]
    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says how long to wait.
    #[must_use]
    pub(crate) fn with_retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl From<&FieldErrors> for Problem {
    fn from(errors: &FieldErrors) -> Self {
        let fields = errors.as_slice().iter().map(|error| FieldProblem {
            field: error.field.to_owned(),
            code: error.code.into(),
        });
        Self {
            fields: fields.collect(),
            ..Self::new(Kind::InvalidInput)
        }
    }
}

impl From<domain::FieldCode> for FieldCode {
    fn from(code: domain::FieldCode) -> Self {
        match code {
            domain::FieldCode::Required => Self::Required,
            domain::FieldCode::TooShort => Self::TooShort,
            domain::FieldCode::TooLong => Self::TooLong,
            domain::FieldCode::Invalid => Self::Invalid,
        }
    }
}

/// A policy of the request's body, or the one that the path names.
impl From<&PolicyError> for Problem {
    fn from(error: &PolicyError) -> Self {
        let (name, code) = match error {
            PolicyError::Unknown { .. } => return Self::new(Kind::UnknownPolicy),
            PolicyError::InvalidValue { name } | PolicyError::MoreThanAbove { name } => {
                (name, FieldCode::OutOfRange)
            }
            PolicyError::NotAtThisLevel { name } | PolicyError::ForbiddenAbove { name } => {
                (name, FieldCode::NotAllowed)
            }
        };
        Self::field(name.as_str(), code)
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).expect("strings and numbers always serialise");
        let mut response = (self.kind.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// An error with its sources, in one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

const OVERLOADED_RETRY_AFTER_S: u64 = 2;
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_the_kinds_in_kebab_case() {
        assert_eq!(Kind::InvalidJson.slug(), "invalid-json");
        assert_eq!(Kind::TooManyAttempts.slug(), "too-many-attempts");
    }

    #[test]
    fn waiting_time_is_in_the_body_and_in_the_header() {
        let problem = Problem::new(Kind::TooManyAttempts).with_retry_after_s(7);
        let body = serde_json::to_value(&problem).expect("serialises");
        assert_eq!(body["retry_after_s"], 7);
        let response = problem.into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "7");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
    }
}
