use std::io::Write as _;

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use url::Url;

use super::{
    encoding::{Accepted, Encoding},
    policy::ContentPolicy,
};

/// The one HTML page, made ready at start: asset addresses, compressed form, content policy.
#[derive(Debug)]
pub(super) struct Page {
    html: Bytes,
    gzip: Bytes,
    policy: ContentPolicy,
}

impl Page {
    pub(super) fn new(html: &[u8], public_url: &Url, asset_base_url: Option<&Url>) -> Self {
        let mut html = String::from_utf8_lossy(html).into_owned();
        if let Some(base) = asset_base_url {
            html = with_asset_base(&html, base);
        }
        Self {
            policy: ContentPolicy::new(&html, public_url, asset_base_url),
            gzip: compress(html.as_bytes()),
            html: html.into(),
        }
    }

    pub(super) fn respond(&self, accepted: Accepted, headers: &HeaderMap) -> Response {
        let mut answer = HeaderMap::new();
        answer.insert(header::CONTENT_TYPE, HTML);
        answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        answer.insert(
            header::CONTENT_SECURITY_POLICY,
            self.policy.for_host(headers.get(header::HOST)),
        );
        if accepted.takes(Encoding::Gzip) {
            answer.insert(header::CONTENT_ENCODING, Encoding::Gzip.header_value());
            (answer, self.gzip.clone()).into_response()
        } else {
            (answer, self.html.clone()).into_response()
        }
    }
}

/// Points everything below `/_app/` at the asset host; what it loads is addressed relative to it.
fn with_asset_base(html: &str, base: &Url) -> String {
    let base = base.as_str().trim_end_matches('/');
    html.replace("\"/_app/", &format!("\"{base}/_app/"))
        .replace("assets: \"\"", &format!("assets: \"{base}\""))
}

fn compress(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let compressed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    compressed.expect("writing to memory can't fail").into()
}

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
