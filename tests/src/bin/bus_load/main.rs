//! Measures the bus: from the log to a subscriber, the highest rate that is kept up, and catching up after an outage; beside
//! a bare JetStream publisher that sends the same messages to the same server in the same run.
//!
//! ```text
//! cargo build --release -p vidimus-tests
//! target/release/bus_load [--rate 1000] [--seconds 5] [--rounds 3] [--backlog 100000] [--only latency|rate|backlog]
//! ```
//!
//! Log, relay, publisher, subscriber and a real `nats-server` share this machine's cores. Everything is in temporary folders
//! and is removed.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that measures, for people")]

mod backlog;
mod bare;
mod latency;
mod rate;
mod sample;
mod subscriber;
mod world;

use std::time::Duration;

use vidimus_tests::measure::{number, option};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let seconds = Duration::from_secs_f64(number("--seconds", 5.0));
    let rounds = number("--rounds", 3.0) as usize;
    let only = option("--only");
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("latency") {
        runtime.block_on(latency::run(number("--rate", 1000.0), seconds, rounds));
    }
    if wanted("rate") {
        runtime.block_on(rate::run(seconds, rounds));
    }
    if wanted("backlog") {
        runtime.block_on(backlog::run(number("--backlog", 100_000.0) as u64, rounds));
    }
}
