//! What the kernel says of a process: its time on the processor and its memory.

use std::{fs, time::Duration};

use anyhow::Context as _;

/// The time that all threads of a process have spent on a processor, in its own code and in the
/// kernel's on its behalf.
pub(crate) fn cpu(process: &str) -> anyhow::Result<Duration> {
    let tasks = format!("/proc/{process}/task");
    let mut total = Duration::ZERO;
    for task in fs::read_dir(&tasks).with_context(|| format!("{tasks} cannot be read"))? {
        // A thread may end between the two looks.
        if let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) {
            total += on_cpu(&text)?;
        }
    }
    Ok(total)
}

/// The same for the thread that asks.
pub(crate) fn own_thread_cpu() -> anyhow::Result<Duration> {
    on_cpu(&fs::read_to_string("/proc/thread-self/schedstat")?)
}

/// The memory of a process that is in use, in bytes.
pub(crate) fn resident(process: &str) -> anyhow::Result<u64> {
    status(process, "VmRSS:")
}

/// The part of it that the process has filled by itself. The rest are pages of its files, which come
/// and go as the machine needs room.
pub(crate) fn resident_own(process: &str) -> anyhow::Result<u64> {
    status(process, "RssAnon:")
}

fn status(process: &str, name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    let kib = kib.with_context(|| format!("no {name}"))?;
    Ok(kib.trim().parse::<u64>()? * 1024)
}

/// The first figure of a `schedstat`: nanoseconds.
fn on_cpu(schedstat: &str) -> anyhow::Result<Duration> {
    let first = schedstat.split_whitespace().next();
    Ok(Duration::from_nanos(
        first.context("schedstat is empty")?.parse()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_in_the_time_of_its_thread_and_process() {
        let (thread, process) = (
            own_thread_cpu().expect("Linux"),
            cpu("self").expect("Linux"),
        );
        let mut sum = 0_u64;
        while own_thread_cpu().expect("Linux") < thread + Duration::from_millis(20) {
            sum = (0..100_000).fold(sum, |sum: u64, n| sum.wrapping_mul(31) ^ n);
        }
        let spent = cpu("self").expect("Linux") - process;
        assert!(spent >= Duration::from_millis(19), "{spent:?} for {sum}");
        let (all, own) = (resident("self"), resident_own("self"));
        assert!(all.expect("Linux") > own.expect("Linux"));
    }
}
