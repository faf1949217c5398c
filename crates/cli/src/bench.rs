//! `vidimus bench`: figures of this machine, with the physical limit beside them.

pub(crate) mod append;
pub(crate) mod console;
pub(crate) mod decide;
pub(crate) mod history;
mod raw;
mod sample;
pub(crate) mod streams;
pub(crate) mod subscriber;
pub(crate) mod views;

use std::time::{Duration, Instant};

/// Why a benchmark ended early.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The clock of the benchmarks.
#[derive(Clone, Copy)]
pub(crate) struct Clock;

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures; nothing is decided by this clock")]
    pub(crate) fn now(self) -> Instant {
        Instant::now()
    }
}

/// The value in milliseconds that this share of the sorted values does not exceed.
fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let index = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(0.0, |value| value.as_secs_f64() * 1000.0)
}

/// Most memory that this process ever held, in MiB; 0 where the system does not say.
fn peak_memory_mib() -> f64 {
    status_mib("VmHWM:")
}

/// Memory that this process holds, in MiB; 0 where the system does not say.
fn resident_mib() -> f64 {
    status_mib("VmRSS:")
}

fn status_mib(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
