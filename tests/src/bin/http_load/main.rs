//! Measures the HTTP API: propose to durable answer at several numbers of connections, beside a bare axum route that
//! answers a constant of the same size and beside the log's own appends; and acknowledgement to client over server-sent
//! events. Server and client are processes on the same cores; each round measures all of them in turn.
//!
//! ```text
//! cargo build --release -p vidimus -p vidimus-tests
//! target/release/http_load [--seconds 3] [--rounds 3] [--subscribers 100] [--rate 1000] [--only propose|sse]
//! ```
//!
//! `vidimus` is looked for beside this program. Everything is in a temporary folder under the current one and is removed.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that measures, for people")]

mod append;
mod bare;
mod connection;
mod propose;
mod server;
mod sse;

use std::time::Duration;

/// What was measured: a rate and latencies.
pub(crate) struct Measured {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Latencies in microseconds, sorted.
    pub(crate) micros: Vec<u32>,
}

impl Measured {
    pub(crate) fn of(seconds: f64, mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        Self { rate: micros.len() as f64 / seconds, micros }
    }

    /// The latency that this share of the answers stays within, in milliseconds.
    pub(crate) fn millis(&self, share: f64) -> f64 {
        let index = ((self.micros.len() as f64 * share) as usize).min(self.micros.len().saturating_sub(1));
        self.micros.get(index).map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
    }
}

/// The middle one of several rounds, by rate.
pub(crate) fn median(mut rounds: Vec<Measured>) -> Measured {
    rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let middle = rounds.len() / 2;
    rounds.swap_remove(middle)
}

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock; that is what it is for")]
pub(crate) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn number(name: &str, default: f64) -> f64 {
    option(name).map_or(default, |text| text.parse().unwrap())
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // The bare route runs in a process of its own, as the server does: it is this program once more.
    if std::env::args().nth(1).as_deref() == Some("bare") {
        return runtime.block_on(bare::serve());
    }
    let seconds = Duration::from_secs_f64(number("--seconds", 3.0));
    let rounds = number("--rounds", 3.0) as usize;
    let only = option("--only");
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("propose") {
        runtime.block_on(propose::run(seconds, rounds));
    }
    if wanted("sse") {
        let (subscribers, rate) = (number("--subscribers", 100.0) as usize, number("--rate", 1000.0));
        runtime.block_on(sse::run(seconds, rounds, subscribers, rate));
    }
}
