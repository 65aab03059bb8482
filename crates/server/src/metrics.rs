//! What the media engine counts, as Prometheus reads it: `GET /metrics` on a listener of its own.
//!
//! The listener is off unless `metrics.listen` names an address: it has no password, and is for the
//! operator's network alone. The public listeners never answer this.

use std::{fmt::Write as _, sync::Arc};

use axum::{Router, http::header::CONTENT_TYPE, response::IntoResponse as _, routing::get};
use rtc::{Metric, MetricKind, RtcEngine, Sample};

/// What the operator's listener answers.
pub(crate) fn router(engine: Arc<dyn RtcEngine>) -> Router {
    let answer = move || {
        let text = exposition(&engine.metrics());
        async move { ([(CONTENT_TYPE, FORMAT)], text).into_response() }
    };
    Router::new().route("/metrics", get(answer))
}

/// Prometheus' text format, version 0.0.4.
fn exposition(samples: &[Sample]) -> String {
    let mut text = String::new();
    let mut told: Vec<&Metric> = Vec::new();
    for Sample { metric, .. } in samples {
        if told.contains(metric) {
            continue;
        }
        told.push(metric);
        let name = metric.name;
        let _ = writeln!(text, "# HELP {name} {}", metric.help);
        let _ = writeln!(text, "# TYPE {name} {}", kind(metric));
        for sample in samples.iter().filter(|sample| sample.metric == *metric) {
            let shard = sample.shard.map(|shard| format!("{{shard=\"{shard}\"}}"));
            let shard = shard.unwrap_or_default();
            let _ = writeln!(text, "{name}{shard} {}", sample.value);
        }
    }
    text
}

fn kind(metric: &Metric) -> &'static str {
    match metric.kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge => "gauge",
    }
}

const FORMAT: &str = "text/plain; version=0.0.4";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::assert_fresh;

    #[test]
    fn the_committed_page_of_metrics_is_fresh() {
        let mut page = REFERENCE.to_owned();
        for metric in media::METRICS.iter().chain(&media::RELAY_METRICS) {
            let kind = kind(metric);
            let _ = writeln!(page, "| `{}` | {kind} | {} |", metric.name, metric.help);
        }
        assert_fresh("docs/reference/metrics.md", &page);
    }

    #[test]
    fn metrics_are_told_once_with_a_line_for_each_shard() {
        static METRICS: [Metric; 3] = [
            Metric {
                name: "rooms",
                kind: MetricKind::Gauge,
                help: "Rooms.",
            },
            Metric {
                name: "packets_total",
                kind: MetricKind::Counter,
                help: "Packets.",
            },
            Metric {
                name: "ways",
                kind: MetricKind::Gauge,
                help: "Ways.",
            },
        ];
        let sample = |metric: usize, shard, value| Sample {
            metric: &METRICS[metric],
            shard,
            value,
        };
        let samples = [
            sample(0, Some(0), 3),
            sample(1, Some(0), 40),
            sample(0, Some(1), 5),
            sample(1, Some(1), 60),
            sample(2, None, 7),
        ];
        let lines = [
            "# HELP rooms Rooms.",
            "# TYPE rooms gauge",
            "rooms{shard=\"0\"} 3",
            "rooms{shard=\"1\"} 5",
            "# HELP packets_total Packets.",
            "# TYPE packets_total counter",
            "packets_total{shard=\"0\"} 40",
            "packets_total{shard=\"1\"} 60",
            "# HELP ways Ways.",
            "# TYPE ways gauge",
            "ways 7",
        ];
        assert_eq!(exposition(&samples).lines().collect::<Vec<_>>(), lines);
    }

    const REFERENCE: &str = "\
# Metrics

`GET /metrics` at the address of the setting `metrics.listen`, in Prometheus' text format. The
listener is off by default and asks for no password: give it an address that only your monitoring
reaches. Metrics of `media` are told for each shard, a thread that carries rooms: `{shard=\"0\"}`.

| metric | kind | what it tells |
| --- | --- | --- |
";
}
