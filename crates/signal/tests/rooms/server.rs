//! The edge under test, with a source of randomness that can be told to panic.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

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

pub(crate) fn edge(panics: Switch) -> Edge {
    let config = Config {
        keys: keys(),
        node: "node".into(),
        random: counting(1, Switch::default()),
        relay: None,
    };
    let engine = sfu::Config {
        candidates: vec![ADDRESS.parse().expect("an address")],
        tcp_candidates: Vec::new(),
        ufrag_prefix: "+00".into(),
        estimates_bandwidth: true,
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
