//! Measures the HTTP API: propose to durable answer at several numbers of connections, beside a bare axum route that
//! answers a constant of the same size and beside the log's own appends; and acknowledgement to client over server-sent
//! events. Server and client are processes on the same cores; each round measures all of them in turn.
//!
//! ```text
//! cargo build --release -p vidimus -p vidimus-tests
//! target/release/http_load [--seconds 3] [--rounds 3] [--subscribers 100] [--rate 1000] [--only propose|sse] [--policy DIR]
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

use vidimus_tests::measure::{number, option};

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
