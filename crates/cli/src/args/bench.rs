//! `vidimus bench`

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

#[derive(Debug, ClapArgs)]
pub(crate) struct Bench {
    /// Where to put the files: on the disk that is to be measured. Removed afterwards.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Only some of it.
    #[arg(value_enum)]
    pub(crate) parts: Vec<BenchPart>,
    /// Events of the long log.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) events: u64,
    /// Executions of the table whose pages are asked for.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    pub(crate) executions: u64,
    /// Streams of the many-streams run.
    #[arg(long, default_value_t = 10_000_000)]
    pub(crate) streams: u64,
    /// Seconds of one measurement of concurrent appends.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,
    /// How often each is measured; medians are shown.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchPart {
    /// Decisions without the disk: 100 rules, history facts on.
    Decide,
    /// Durable appends by concurrent writers, beside the raw limit.
    Append,
    /// A long log: fill, reopen, replay, verify, memory, disk.
    History,
    /// Rebuild of the views from a long log.
    Views,
    /// Acknowledgement to subscriber.
    Subscriber,
    /// Pages of the console over a long execution table. Left out unless named.
    Console,
    /// Many streams: memory, and appends beside those of few streams. Left out unless named.
    Streams,
}
