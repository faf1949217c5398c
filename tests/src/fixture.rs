//! A log of a few thousand events to damage.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    check::Ack,
    child::Running,
    files,
    probe::{Probe, probe},
};

/// The programs of this package, for support code that cannot name them itself.
#[derive(Clone, Copy, Debug)]
pub struct Programs {
    /// `append_load`.
    pub load: &'static str,
    /// `log_probe`.
    pub probe: &'static str,
}

/// A log, and what is in it.
pub struct Fixture {
    /// The programs.
    pub programs: Programs,
    /// The seed of its events.
    pub seed: u64,
    /// What the probe saw in a copy of it.
    pub original: Probe,
    /// The last position that was acknowledged. What follows was being written when the load was killed, and may be
    /// there or not.
    pub acknowledged: u64,
    work: TempDir,
}

impl Fixture {
    /// Builds it in several sessions, so that there is a snapshot: appends single and together, large and small. The
    /// last session is killed or closes cleanly.
    pub fn build(programs: Programs, seed: u64, appends: u64, kill_at_the_end: bool) -> Self {
        let work = files::in_memory();
        let data = work.path().join("data");
        // One task makes commits of one append, twelve make larger ones.
        load(programs, &data, seed, 0, appends / 4, 1);
        load(programs, &data, seed, 1_000_000, appends / 4, 12);
        let mut acknowledged = None;
        if kill_at_the_end {
            acknowledged = killed(programs, &data, seed, appends / 2);
        } else {
            load(programs, &data, seed, 2_000_000, appends / 2, 12);
        }
        let mut fixture = Self { programs, seed, original: Probe::default(), acknowledged: 0, work };
        let copy = fixture.copy();
        fixture.original = fixture.probe(&copy, &[]);
        fixture.acknowledged = acknowledged.unwrap_or(fixture.original.events.len() as u64);
        assert!(fixture.original.is_clean(), "seed {seed:#x}: {}", fixture.original.summary());
        fixture
    }

    /// The data directory. Nothing opens it any more.
    pub fn data(&self) -> PathBuf {
        self.work.path().join("data")
    }

    /// A copy to damage.
    pub fn copy(&self) -> TempDir {
        let copy = files::in_memory();
        files::copy(&self.data(), copy.path());
        copy
    }

    /// Probes a copy.
    pub fn probe(&self, copy: &TempDir, arguments: &[&str]) -> Probe {
        probe(self.programs.probe, copy.path(), arguments)
    }
}

fn command(programs: Programs, data: &Path, seed: u64, first: u64) -> Command {
    let mut command = Command::new(programs.load);
    command.arg(data).args([seed, first].map(|number| number.to_string()));
    command
}

/// Appends `limit` appends numbered from `first` and closes.
pub fn load(programs: Programs, data: &Path, seed: u64, first: u64, limit: u64, tasks: u64) {
    let mut command = command(programs, data, seed, first);
    command.args(["--limit", &limit.to_string(), "--tasks", &tasks.to_string()]);
    let ended = Running::start(&mut command).end(Duration::from_secs(60));
    assert_eq!(ended.lines.last().map(String::as_str), Some("closed"), "seed {seed:#x}: {ended:?}");
}

/// Kills the load after so many acknowledgements; the last position that was acknowledged.
fn killed(programs: Programs, data: &Path, seed: u64, acks: u64) -> Option<u64> {
    let mut child = Running::start(&mut command(programs, data, seed, 2_000_000));
    let mut lines: Vec<String> = (0..=acks)
        .map(|_| child.line().unwrap_or_else(|| panic!("seed {seed:#x}: the load ended by itself")))
        .collect();
    child.kill();
    lines.extend(child.end(Duration::from_secs(30)).lines);
    lines.iter().filter_map(|line| Ack::parse(line)).map(|ack| ack.last).max()
}
