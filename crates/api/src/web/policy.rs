use axum::http::{HeaderValue, uri::Authority};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use url::{Position, Url};

/// The page's content security policy.
///
/// Scripts run from our own files, from the asset host, and inline only those whose hash was
/// taken from the page at start.
#[derive(Debug)]
pub(super) struct ContentPolicy {
    /// Everything but the addresses of our own WebSockets.
    before_sockets: String,
    after_sockets: String,
    /// Used when a request names no host.
    public_host: String,
}

impl ContentPolicy {
    pub(super) fn new(html: &str, public_url: &Url, asset_base_url: Option<&Url>) -> Self {
        let assets = asset_base_url.map_or_else(String::new, |base| {
            format!(" {}", &base[..Position::BeforePath])
        });
        let hashes: String = inline_scripts(html)
            .map(|script| {
                let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
                format!(" 'sha256-{hash}'")
            })
            .collect();
        let before_sockets = format!(
            "default-src 'none'; script-src 'self'{assets}{hashes}; style-src 'self'{assets}; \
             img-src 'self'{assets} blob:; media-src 'self'{assets} blob:; font-src 'self'{assets}; \
             worker-src 'self' blob:; manifest-src 'self'; connect-src 'self'{assets}"
        );
        let after_sockets =
            "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
        Self {
            before_sockets,
            after_sockets: after_sockets.to_owned(),
            public_host: public_url[Position::BeforeHost..Position::AfterPort].to_owned(),
        }
    }

    /// The policy for a page asked from `host`.
    ///
    /// Safari before 15.4 does not count WebSockets of the own origin as `'self'`.
    pub(super) fn for_host(&self, host: Option<&HeaderValue>) -> HeaderValue {
        let host = host
            .and_then(|host| host.to_str().ok())
            .filter(|host| is_source_expression(host))
            .unwrap_or(&self.public_host);
        let policy = format!(
            "{} ws://{host} wss://{host}{}",
            self.before_sockets, self.after_sockets
        );
        HeaderValue::from_str(&policy).expect("addresses and base64 are ASCII")
    }
}

/// Only a host and a port: nothing that could end the directive and begin another.
fn is_source_expression(host: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    host.chars().all(is_plain) && host.parse::<Authority>().is_ok()
}

/// What stands between the tags of every script without `src`.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(script)
    })
}
