//! What a shard counts, and how it is told.
//!
//! Most counts have one writer, a thread that adds to it without a lock; whoever asks reads. All are
//! declared in [`METRICS`], each with the place that its value comes from.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rtc::{Metric, MetricKind};

/// A number that one thread changes and all may read.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds, on the thread that this count belongs to.
    pub(crate) fn add(&self, more: u64) {
        self.0.store(self.0.load(Relaxed) + more, Relaxed);
    }

    /// Adds, on any thread.
    pub(crate) fn add_shared(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    /// Says how much it is, on the thread that this count belongs to.
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The counts of one shard, by the thread that writes them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Of the receiver, and of the connections that carry media.
    pub(crate) arriving: Arriving,
    /// The shard's own.
    pub(crate) shard: Handled,
}

#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Arriving {
    pub(crate) packets: Count,
    pub(crate) bytes: Count,
    pub(crate) dropped: Count,
}

#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Handled {
    pub(crate) packets: Count,
    pub(crate) bytes: Count,
    pub(crate) sends: Count,
    pub(crate) refused: Count,
    pub(crate) slow_connections: Count,
    pub(crate) slow_clients: Count,
    pub(crate) events_dropped: Count,
    pub(crate) panics: Count,
    pub(crate) rooms: Count,
    pub(crate) participants: Count,
}

/// How much waits for a shard at the moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Depths {
    pub(crate) packets: usize,
    pub(crate) commands: usize,
}

impl Counters {
    /// The values of [`METRICS`], in that order.
    pub(crate) fn values(&self, depths: Depths) -> [u64; METRICS.len()] {
        let (arriving, shard) = (&self.arriving, &self.shard);
        [
            shard.rooms.value(),
            shard.participants.value(),
            arriving.packets.value(),
            arriving.bytes.value(),
            shard.packets.value(),
            shard.bytes.value(),
            shard.sends.value(),
            shard.refused.value(),
            arriving.dropped.value(),
            shard.slow_connections.value(),
            shard.slow_clients.value(),
            shard.events_dropped.value(),
            shard.panics.value(),
            depths.packets as u64,
            depths.commands as u64,
        ]
    }
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    let kind = MetricKind::Counter;
    Metric { name, kind, help }
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    let kind = MetricKind::Gauge;
    Metric { name, kind, help }
}

/// Everything that the engine counts.
pub static METRICS: [Metric; 15] = [
    gauge("helpsight_media_rooms", "Rooms with somebody in them."),
    gauge("helpsight_media_participants", "People in rooms."),
    counter(
        "helpsight_media_received_packets_total",
        "Packets that came to the media port for this shard.",
    ),
    counter(
        "helpsight_media_received_bytes_total",
        "What was in them, without the headers of UDP and IP.",
    ),
    counter(
        "helpsight_media_sent_packets_total",
        "Packets that were handed to the system to be sent.",
    ),
    counter(
        "helpsight_media_sent_bytes_total",
        "What was in them, without the headers of UDP and IP.",
    ),
    counter(
        "helpsight_media_sends_total",
        "Calls of the system that took them: one takes many packets for one client.",
    ),
    counter(
        "helpsight_media_refused_sends_total",
        "Calls that the system did not take: its buffer is full, or an address cannot be reached.",
    ),
    counter(
        "helpsight_media_overflow_packets_total",
        "Packets that were dropped, the oldest first, because the shard was behind.",
    ),
    counter(
        "helpsight_media_overflow_connection_packets_total",
        "Packets for media over connections that were dropped, the oldest first, because a connection was behind.",
    ),
    counter(
        "helpsight_media_overflow_clients_total",
        "Clients that were disconnected because they did not read what they were sent.",
    ),
    counter(
        "helpsight_media_overflow_events_total",
        "Events that the record of sessions lost because it was behind.",
    ),
    counter(
        "helpsight_media_panics_total",
        "Failures of the engine, each of which cost a room or the shard.",
    ),
    gauge(
        "helpsight_media_waiting_packets",
        "Packets that wait for the shard.",
    ),
    gauge(
        "helpsight_media_waiting_commands",
        "Frames of clients and orders that wait for the shard.",
    ),
];

/// What the relay counts, for all shards together.
pub static RELAY_METRICS: [Metric; 1] = [gauge(
    "helpsight_relay_allocations",
    "Ways through the relay that clients have.",
)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_named_by_the_rules_and_has_its_own_value() {
        for metric in &METRICS {
            assert!(metric.name.starts_with("helpsight_media_"), "{metric:?}");
            let is_total = metric.name.ends_with("_total");
            assert_eq!(is_total, metric.kind == MetricKind::Counter, "{metric:?}");
        }
        let counters = Counters::default();
        counters.arriving.packets.add(3);
        counters.arriving.packets.add(4);
        counters.shard.rooms.set(2);
        counters.shard.panics.add(1);
        let depths = Depths {
            packets: 5,
            commands: 6,
        };
        let values = counters.values(depths);
        let value = |name: &str| {
            let place = METRICS.iter().position(|metric| metric.name == name);
            values[place.expect("it is on the list")]
        };
        assert_eq!(value("helpsight_media_received_packets_total"), 7);
        assert_eq!(value("helpsight_media_rooms"), 2);
        assert_eq!(value("helpsight_media_panics_total"), 1);
        assert_eq!(value("helpsight_media_waiting_packets"), 5);
        assert_eq!(value("helpsight_media_waiting_commands"), 6);
    }
}
