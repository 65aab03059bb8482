//! The figures as a Markdown section.

use crate::run::Outcome;

/// One scenario with both settings of the bandwidth estimation, and its floor.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) floor: f64,
    pub(crate) off: Outcome,
    pub(crate) on: Outcome,
}

pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(INTRODUCTION);
    for row in rows {
        for (estimation, outcome) in [("off", &row.off), ("on", &row.on)] {
            text.push_str(&line(row, estimation, outcome));
        }
    }
    for row in rows {
        for (estimation, outcome) in [("off", &row.off), ("on", &row.on)] {
            for fault in &outcome.faults {
                text.push_str(&format!(
                    "\n**Void:** {} ({estimation}): {fault}.\n",
                    row.name
                ));
            }
        }
    }
    text
}

fn line(row: &Row, estimation: &str, outcome: &Outcome) -> String {
    let window = &outcome.window;
    format!(
        "| {} | {estimation} | {:.0} | {:.2} | {:.2} | {:.1} × | {:.2} / {:.2} ms | {:.0} | {:.1} ms | {:.0} kB | {:.0} % |\n",
        row.name,
        window.packets_per_second,
        window.cpu_per_million,
        row.floor,
        window.cpu_per_million / row.floor,
        window.p50_ms,
        window.p99_ms,
        outcome.joins.per_second,
        outcome.joins.cpu.as_secs_f64() * 1e3,
        outcome.memory as f64 / 1e3,
        window.own_load * 100.0,
    )
}

const INTRODUCTION: &str = "\
## Forwarding

Real participants over loopback: ICE, DTLS, SRTP, a WebSocket each. A camera and a microphone are
published by one in the room (1 → N) or by both (rooms of 2). *CPU* is the time of the whole server
process, in its own code and in the kernel's, in seconds for a million packets received by
subscribers. *Floor* is the same for one AES-128-GCM seal for each of the same packets and one call
with segmentation offload for each burst, at the same pace, in the same run. *Latency* is from the
publisher's transport to the subscriber's owner and has the load test's own work in it. *Memory* is
what the server's resident memory grew by, for each participant.

| scenario | estimation | packets/s | CPU | floor | ratio | latency p50 / p99 | joins/s | CPU per join | memory | load test |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
";
