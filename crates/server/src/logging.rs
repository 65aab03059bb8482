use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, fmt::MakeWriter, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Sends the log to standard error, one line an entry.
pub(crate) fn begin(filter: &str) {
    subscriber(filter, std::io::stderr).init();
}

fn subscriber(
    filter: &str,
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    let filter = EnvFilter::new(format!("{QUIET},{filter}"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(false)
        .with_filter(filter_fn(keeps_secrets));
    tracing_subscriber::registry().with(filter).with(lines)
}

/// Below its warnings the WebSocket library writes down what people send each other: names, codes
/// and links, which belong into no log however much an operator turns it up.
fn keeps_secrets(metadata: &Metadata<'_>) -> bool {
    let library = metadata.target().split("::").next();
    let tells_contents = matches!(library, Some("tungstenite" | "tokio_tungstenite"));
    !tells_contents || *metadata.level() <= LevelFilter::WARN
}

/// Libraries that tell more than an operator wants to know; the setting can turn them up again.
const QUIET: &str = "hyper=warn,rustls=warn,sqlx=warn,str0m=warn,str0m::format=error";

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut kept = self.0.lock().expect("nothing panics in here");
            kept.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_people_send_each_other_is_not_logged_at_any_filter() {
        for filter in [
            "trace",
            "tungstenite=trace,tungstenite::protocol=trace,api=trace",
        ] {
            let kept = Kept::default();
            let writer = {
                let kept = kept.clone();
                move || kept.clone()
            };
            tracing::subscriber::with_default(subscriber(filter, writer), || {
                tracing::trace!(target: "tungstenite::protocol", "Sending frame: Gustav");
                tracing::debug!(target: "tokio_tungstenite", "Gustav");
                tracing::warn!(target: "tungstenite::protocol", "something is wrong");
                tracing::trace!(target: "api", "a request");
            });
            let kept = kept.0.lock().expect("nothing panics in here");
            let log = String::from_utf8_lossy(&kept);
            assert!(!log.contains("Gustav"), "{log}");
            assert!(log.contains("something is wrong"), "{log}");
            assert!(log.contains("a request"), "{log}");
        }
    }
}
