use axum::body::to_bytes;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use super::*;

#[derive(RustEmbed)]
#[folder = "src/web/fixture"]
struct Fixture;

#[derive(RustEmbed)]
#[folder = "src/web/no-such-folder"]
#[allow_missing = true]
struct Nothing;

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

fn web(asset_base_url: Option<&str>) -> WebApp {
    let base = asset_base_url.map(url);
    let files = Files::of::<Fixture>();
    WebApp::new(files, &url("https://help.example.com"), base.as_ref())
}

fn get(web: &WebApp, path: &str, headers: &[(&'static str, &'static str)]) -> Response {
    let headers = headers.iter().map(|(name, value)| {
        let name = name.parse::<header::HeaderName>().expect("a header name");
        (name, HeaderValue::from_static(value))
    });
    web.answer(&Method::GET, path, &headers.collect())
}

async fn text(response: Response) -> String {
    let body = to_bytes(response.into_body(), 1 << 20).await;
    String::from_utf8(body.expect("a body").to_vec()).expect("text")
}

fn policy(response: &Response) -> &str {
    response.headers()["content-security-policy"]
        .to_str()
        .expect("ASCII")
}

#[tokio::test]
async fn any_page_address_gets_the_html_which_no_cache_keeps() {
    for path in ["/", "/sessions/ses_1", "/join"] {
        let response = get(&web(None), path, &[]);
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert!(text(response).await.contains("<!doctype html>"), "{path}");
    }
}

#[test]
fn hashed_files_are_kept_for_ever_and_others_are_asked_for_again() {
    let hashed = get(&web(None), "/_app/immutable/entry.hash.js", &[]);
    let headers = hashed.headers();
    assert_eq!(
        headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(headers["content-type"], "text/javascript");
    assert_eq!(headers["access-control-allow-origin"], "*");
    let version = get(&web(None), "/_app/version.json", &[]);
    assert_eq!(version.headers()["cache-control"], "no-cache");
}

#[test]
fn a_file_that_the_client_has_is_not_sent_again() {
    let web = web(None);
    let first = get(&web, "/_app/version.json", &[]);
    let mut headers = HeaderMap::new();
    headers.insert(header::IF_NONE_MATCH, first.headers()["etag"].clone());
    let again = web.answer(&Method::GET, "/_app/version.json", &headers);
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_precompressed_form_is_chosen_by_negotiation_and_not_by_name() {
    let path = "/_app/immutable/entry.hash.js";
    let best = get(&web(None), path, &[("accept-encoding", "gzip, br")]);
    assert_eq!(best.headers()["content-encoding"], "br");
    assert_eq!(best.headers()["vary"], "accept-encoding");
    assert_eq!(text(best).await, "brotli form");
    let gzip = get(&web(None), path, &[("accept-encoding", "gzip")]);
    assert_eq!(gzip.headers()["content-encoding"], "gzip");
    let plain = get(&web(None), path, &[]);
    assert!(!plain.headers().contains_key("content-encoding"));
    let by_name = get(&web(None), "/_app/immutable/entry.hash.js.br", &[]);
    assert_eq!(by_name.status(), StatusCode::NOT_FOUND);
}

#[test]
fn missing_files_and_unknown_api_addresses_are_not_the_page() {
    for path in ["/_app/immutable/gone", "/robots.txt"] {
        let missing = get(&web(None), path, &[]);
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            missing.headers()["content-type"],
            "text/plain; charset=utf-8"
        );
    }
    let api = get(&web(None), "/api/v1/nothing", &[]);
    assert_eq!(api.status(), StatusCode::NOT_FOUND);
    assert_eq!(api.headers()["content-type"], "application/problem+json");
}

#[test]
fn the_policy_allows_the_inline_scripts_and_the_own_sockets() {
    let response = get(&web(None), "/", &[("host", "10.0.0.1:8080")]);
    let policy = policy(&response);
    assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
    assert!(policy.contains("ws://10.0.0.1:8080 wss://10.0.0.1:8080"));
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn a_host_that_would_change_the_policy_is_not_repeated() {
    let response = get(&web(None), "/", &[("host", "a;script-src *")]);
    let policy = policy(&response);
    assert!(policy.contains("wss://help.example.com"), "{policy}");
    assert!(!policy.contains("script-src *"), "{policy}");
}

#[tokio::test]
async fn the_asset_host_is_in_the_page_and_in_its_policy() {
    let response = get(&web(Some("https://cdn.example.com/hs/")), "/", &[]);
    let policy = policy(&response).to_owned();
    let allowed = |directive: &str| {
        let found = policy
            .split("; ")
            .find_map(|part| part.strip_prefix(directive)?.strip_prefix(' '));
        let sources = found.unwrap_or_default().split(' ');
        sources.map(str::to_owned).collect::<Vec<_>>()
    };
    let host = "https://cdn.example.com".to_owned();
    for directive in [
        "script-src",
        "style-src",
        "img-src",
        "media-src",
        "font-src",
        "connect-src",
    ] {
        assert!(allowed(directive).contains(&host), "{directive}: {policy}");
    }
    for directive in ["default-src", "worker-src", "form-action", "base-uri"] {
        assert!(!allowed(directive).contains(&host), "{directive}: {policy}");
    }
    let html = text(response).await;
    let script = "import(\"https://cdn.example.com/hs/_app/immutable/entry.hash.js\");";
    assert!(html.contains(&format!("<script>{script}</script>")));
    let hash = STANDARD.encode(Sha256::digest(script));
    assert!(
        policy.contains(&hash),
        "the hash is of the rewritten script"
    );
}

#[tokio::test]
async fn a_server_without_the_web_app_says_how_to_build_it() {
    let web = WebApp::new(Files::of::<Nothing>(), &url("http://localhost"), None);
    let html = text(get(&web, "/", &[])).await;
    assert!(html.contains("./start") && html.contains("npm run build"));
}
