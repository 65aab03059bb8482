//! The edge under test, with a source of randomness that can be told to panic.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, Mac};
use livekit_token::Claims;
use sha2::Sha256;
use signal::{Config, Edge, Keys};

pub(crate) const ADDRESS: &str = "203.0.113.1:8443";

/// While it is on, the engine's source of randomness panics.
#[derive(Clone, Default)]
pub(crate) struct Switch(Arc<AtomicBool>);

impl Switch {
    pub(crate) fn set(&self, is_on: bool) {
        self.0.store(is_on, Ordering::Relaxed);
    }
}

/// What an operator may turn on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) forwards_svc: bool,
    pub(crate) simulates_faults: bool,
}

pub(crate) fn edge(panics: Switch, options: Options) -> Edge {
    let config = Config {
        keys: keys(),
        node: "node".into(),
        simulates_faults: options.simulates_faults,
        mends_ways: false,
        random: counting(1, Switch::default()),
        relay: None,
    };
    let engine = sfu::Config {
        candidates: vec![ADDRESS.parse().expect("an address")],
        tcp_candidates: Vec::new(),
        ufrag_prefix: "+00".into(),
        estimates_bandwidth: true,
        forwards_svc: options.forwards_svc,
        random: counting(100, panics),
    };
    Edge::new(config, engine)
}

pub(crate) fn keys() -> Keys {
    Keys {
        api_key: "key".into(),
        api_secret: "secret".into(),
    }
}

/// Signs claims as anybody does who holds the keys (RFC 7515 §3.1).
pub(crate) fn sign(mut claims: Claims, expires: Duration) -> String {
    let Keys {
        api_key,
        api_secret,
    } = keys();
    claims.iss = api_key;
    claims.exp = usize::try_from(expires.as_secs()).expect("a date");
    let payload = serde_json::to_string(&claims).expect("plain data");
    let parts = [r#"{"alg":"HS256"}"#, &payload].map(|part| BASE64.encode(part));
    let signed = parts.join(".");
    let mut mac = Hmac::<Sha256>::new_from_slice(api_secret.as_bytes()).expect("any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", BASE64.encode(mac.finalize().into_bytes()))
}

/// Bytes that differ from call to call and are the same in every run.
fn counting(start: u64, panics: Switch) -> sfu::RandomSource {
    let mut state = start;
    Box::new(move |bytes| {
        assert!(!panics.0.load(Ordering::Relaxed), "a panic on demand");
        for byte in bytes {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = state.to_be_bytes()[0];
        }
    })
}
