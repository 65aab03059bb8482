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
    let ratio = window.cpu_per_million / row.floor;
    let aim = if estimation == "on" { AIM_ON } else { AIM_OFF };
    let verdict = verdict(ratio <= aim, &format!("{aim} ×"));
    let is_small = outcome.memory <= MEMORY_AIM;
    let memory_verdict = self::verdict(is_small, &format!("{} kB", MEMORY_AIM / 1000));
    format!(
        "| {} | {estimation} | {:.0} | {:.2} | {:.2} | {ratio:.1} × | {verdict} | {:.2} / {:.2} ms | {:.0} | {:.1} ms | {:.0} kB | {memory_verdict} | {:.0} % |\n",
        row.name,
        window.packets_per_second,
        window.cpu_per_million,
        row.floor,
        window.p50_ms,
        window.p99_ms,
        outcome.joins.per_second,
        outcome.joins.cpu.as_secs_f64() * 1e3,
        outcome.memory as f64 / 1e3,
        window.own_load * 100.0,
    )
}

fn verdict(is_met: bool, aim: &str) -> String {
    if is_met {
        "met".to_owned()
    } else {
        format!("**missed** ({aim})")
    }
}

/// Times the floor, at most.
const AIM_OFF: f64 = 2.5;
const AIM_ON: f64 = 4.0;
/// For each participant, in bytes.
const MEMORY_AIM: u64 = 300_000;

const INTRODUCTION: &str = "\
## Forwarding

Real participants over loopback: ICE, DTLS, SRTP, a WebSocket each. A camera and a microphone are
published by one in the room (1 → N) or by both (rooms of 2). *CPU* is the time of the whole server
process, in its own code and in the kernel's, in seconds for a million packets received by
subscribers. *Floor* is the same for one AES-128-GCM seal for each of the same packets and one call
with segmentation offload for each burst, at the same pace, in the same run. *Latency* is from the
publisher's transport to the subscriber's owner and has the load test's own work in it. *Memory* is
what the server's resident memory grew by while the second half of the participants joined, for each
of them. The aim is at most 2.5 times the floor without estimation and 4 times with it, and 300 kB.

| scenario | estimation | packets/s | CPU | floor | ratio | aim | latency p50 / p99 | joins/s | CPU per join | memory | aim | load test |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_is_met_or_missed() {
        assert_eq!(verdict(true, "4 ×"), "met");
        assert_eq!(verdict(false, "4 ×"), "**missed** (4 ×)");
    }
}
