use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::problem::{FieldCode, Kind, Problem};

/// A JSON body of up to [`BODY_BYTES_MAX`].
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "send the header content-type: application/json";
            return Err(Problem::new(Kind::InvalidJson).with_detail(detail));
        }
        let bytes = read(request.into_body()).await?;
        parse(&bytes).map(Self)
    }
}

async fn read(body: Body) -> Result<bytes::Bytes, Problem> {
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Kind::BodyTooLarge.into()),
        Err(_) => Err(Problem::new(Kind::InvalidJson).with_detail("the body broke off")),
    }
}

/// Says where a body goes wrong, and never repeats what stands there.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let is_json = match error.inner().classify() {
            Category::Data => true,
            // For an enum, anything but a name or an object counts as a mistake in the syntax.
            Category::Syntax => serde_json::from_slice::<IgnoredAny>(bytes).is_ok(),
            Category::Eof | Category::Io => false,
        };
        if is_json {
            Problem::field(field_name(error.inner(), &path), FieldCode::Invalid)
        } else {
            not_json(error.inner())
        }
    })?;
    json.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Problem {
    let detail = format!("line {}, column {}", error.line(), error.column());
    Problem::new(Kind::InvalidJson).with_detail(detail)
}

/// The field that an error is about; of a missing one only serde's text has the name.
fn field_name(error: &serde_json::Error, path: &str) -> String {
    let text = error.to_string();
    let missing = text
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'))
        .map(|(name, _)| name);
    match (missing, path) {
        (Some(name), ".") => name.to_owned(),
        (Some(name), path) => format!("{path}.{name}"),
        (None, path) => path.to_owned(),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|mime| mime.trim().eq_ignore_ascii_case("application/json"))
}

/// More than any request of this API needs.
const BODY_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "role")]
        _role: Option<Role>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Role {
        Expert,
    }

    async fn extract(content_type: &str, body: Vec<u8>) -> Result<(), Problem> {
        let request = Request::builder()
            .header("content-type", content_type)
            .body(Body::from(body))
            .expect("a request");
        let taken = JsonBody::<Sample>::from_request(request, &()).await;
        taken.map(|_| ())
    }

    async fn refusal(content_type: &str, body: &[u8]) -> serde_json::Value {
        let problem = extract(content_type, body.to_vec()).await;
        serde_json::to_value(problem.expect_err("it is refused")).expect("serialises")
    }

    #[tokio::test]
    async fn json_with_a_charset_is_taken() {
        let taken = extract(
            "application/json; charset=utf-8",
            br#"{"name":"Ana"}"#.into(),
        )
        .await;
        assert_eq!(taken, Ok(()));
    }

    #[tokio::test]
    async fn malformed_json_is_refused_with_its_place() {
        let problem = refusal("application/json", b"{\"name\":\n,}").await;
        assert_eq!(problem["type"], "/problems/invalid-json");
        assert_eq!(problem["detail"], "line 2, column 1");
        let trailing = refusal("application/json", b"{\"name\":\"Ana\"} {}").await;
        assert_eq!(trailing["type"], "/problems/invalid-json");
    }

    #[tokio::test]
    async fn a_missing_unknown_or_mistyped_field_is_named_without_its_value() {
        for (body, field) in [
            (&br#"{}"#[..], "name"),
            (br#"{"name":"Ana","nam":"secret"}"#, "nam"),
            (br#"{"name":{"secret":1}}"#, "name"),
            (br#"{"name":"Ana","role":1}"#, "role"),
            (br#"{"name":"Ana","role":["expert"]}"#, "role"),
        ] {
            let problem = refusal("application/json", body).await;
            assert_eq!(problem["status"], 422);
            assert_eq!(problem["fields"][0]["field"], field);
            assert!(!problem.to_string().contains("secret"));
        }
    }

    #[tokio::test]
    async fn another_content_type_is_refused() {
        for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
            let problem = refusal(content_type, br#"{"name":"Ana"}"#).await;
            assert_eq!(problem["type"], "/problems/invalid-json", "{content_type}");
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused() {
        let body = format!("{{\"name\":\"{}\"}}", "a".repeat(BODY_BYTES_MAX));
        let problem = refusal("application/json", body.as_bytes()).await;
        assert_eq!(problem["status"], 413);
    }
}
