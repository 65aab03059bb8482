//! The edge under test, with a source of randomness that can be told to panic.

use std::sync::{
    Arc, Once,
    atomic::{AtomicBool, Ordering},
};

use signal::{Config, Edge, Keys};

use crate::random::Random;

pub(crate) const ADDRESS: &str = "203.0.113.1:8443";
const PLANNED: &str = "a planned panic";

/// While it is on, the engine's source of randomness panics.
#[derive(Clone, Default, Debug)]
pub(crate) struct Switch(Arc<AtomicBool>);

impl Switch {
    pub(crate) fn set(&self, is_on: bool) {
        self.0.store(is_on, Ordering::Relaxed);
    }
}

pub(crate) fn edge(seed: u64, panics: &Switch) -> Edge {
    let config = Config {
        keys: keys(),
        node: "node".into(),
        simulates_faults: false,
        mends_ways: false,
        random: source(seed, 2, Switch::default()),
        relay: None,
    };
    let engine = sfu::Config {
        candidates: vec![ADDRESS.parse().expect("an address")],
        tcp_candidates: Vec::new(),
        ufrag_prefix: "00".into(),
        random: source(seed, 3, panics.clone()),
        estimates_bandwidth: true,
        forwards_svc: false,
    };
    Edge::new(config, engine)
}

pub(crate) fn keys() -> Keys {
    Keys {
        api_key: "key".into(),
        api_secret: "secret".into(),
    }
}

/// Keeps planned panics out of the output of tests; all others are printed as ever.
pub fn hush_planned_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let message = panic.payload().downcast_ref::<&str>();
            if message.is_none_or(|message| !message.contains(PLANNED)) {
                print(panic);
            }
        }));
    });
}

fn source(seed: u64, purpose: u64, panics: Switch) -> sfu::RandomSource {
    let mut random = Random::of(seed, purpose);
    Box::new(move |bytes| {
        assert!(!panics.0.load(Ordering::Relaxed), "a planned panic");
        for byte in bytes {
            *byte = random.draw().to_be_bytes()[0];
        }
    })
}
