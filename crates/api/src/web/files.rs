use std::{borrow::Cow, fmt};

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::encoding::{Accepted, Encoding};

/// The files of the web build, by their path below its folder.
pub(super) struct Files {
    read: fn(&str) -> Option<EmbeddedFile>,
}

impl Files {
    pub(super) fn embedded() -> Self {
        Self {
            read: WebBuild::get,
        }
    }

    #[cfg(test)]
    pub(super) fn of<E: RustEmbed>() -> Self {
        Self { read: E::get }
    }

    /// One file's bytes, uncompressed.
    pub(super) fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        (self.read)(path).map(|file| file.data)
    }

    /// Serves a file in the best form that the client takes; `None` when there is no such file.
    pub(super) fn respond(
        &self,
        path: &str,
        accepted: Accepted,
        headers: &HeaderMap,
    ) -> Option<Response> {
        if is_precompressed(path) {
            return None;
        }
        let plain = (self.read)(path)?;
        let etag = etag(&plain.metadata.sha256_hash());
        let mut answer = HeaderMap::new();
        answer.insert(header::CACHE_CONTROL, cache_control(path));
        answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        answer.insert(header::ETAG, etag.clone());
        if headers.get(header::IF_NONE_MATCH) == Some(&etag) {
            return Some((StatusCode::NOT_MODIFIED, answer).into_response());
        }
        let mime = HeaderValue::from_str(plain.metadata.mimetype());
        answer.insert(
            header::CONTENT_TYPE,
            mime.expect("media types are plain ASCII"),
        );
        let (encoding, bytes) = accepted
            .by_preference()
            .find_map(|encoding| {
                let file = (self.read)(&format!("{path}.{}", encoding.extension()))?;
                Some((Some(encoding), file.data))
            })
            .unwrap_or((None, plain.data));
        if let Some(encoding) = encoding {
            answer.insert(header::CONTENT_ENCODING, encoding.header_value());
        }
        Some((answer, bytes).into_response())
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

/// Embedded in release builds, read from the folder in debug builds; the folder may be missing.
#[derive(RustEmbed)]
#[folder = "../../web/build"]
#[allow_missing = true]
struct WebBuild;

/// The compressed forms are chosen by negotiation, never by name.
fn is_precompressed(path: &str) -> bool {
    Encoding::ALL
        .iter()
        .any(|encoding| path.ends_with(&format!(".{}", encoding.extension())))
}

fn cache_control(path: &str) -> HeaderValue {
    HeaderValue::from_static(if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    })
}

/// Weak, because every compressed form of a file has the same one.
fn etag(sha256: &[u8]) -> HeaderValue {
    let tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&sha256[..16]));
    HeaderValue::from_str(&tag).expect("base64 is ASCII")
}

/// Files below this have their content's hash in their name.
const HASHED: &str = "_app/immutable/";
