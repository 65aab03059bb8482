/// What an engine counts or measures.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// `helpsight_<noun>_<what>_<unit>`, in base units.
    pub name: &'static str,
    /// Whether it only grows.
    pub kind: MetricKind,
    /// One sentence for whoever reads a chart.
    pub help: &'static str,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows, from zero at the start of the process.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// The value of a metric at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Which.
    pub metric: &'static Metric,
    /// Of which of the engine's shards, or of the whole engine.
    pub shard: Option<usize>,
    /// How much.
    pub value: u64,
}
