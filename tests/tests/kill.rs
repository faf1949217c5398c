//! `kill -9` under load, again and again on one directory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests report by panicking, and say what they saw"
)]

use std::{path::Path, process::Command, time::Duration};

use vidimus_tests::{
    check::{self, Ack},
    child::Running,
    files,
    probe::probe,
    rng::Rng,
};

const SEED: u64 = 0x5eed_0001;
const CYCLES: u64 = 32;

fn load(directory: &Path, first: u64) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_append_load"));
    Running::start(command.arg(directory).args([SEED, first].map(|number| number.to_string())))
}

/// Runs the load until it acknowledged `target` appends and kills it; all that it acknowledged. `None`: the kill may
/// come before it has even opened the log.
fn killed(directory: &Path, first: u64, target: Option<usize>) -> Vec<Ack> {
    let mut child = load(directory, first);
    let mut acks = Vec::new();
    if let Some(target) = target {
        let opened = child.line().unwrap_or_default();
        assert!(opened.starts_with("open "), "seed {SEED:#x}, from append {first}: {opened}");
        while acks.len() < target {
            let line = child.line().unwrap_or_default();
            acks.push(
                Ack::parse(&line).unwrap_or_else(|| panic!("seed {SEED:#x}, from append {first}: {line}")),
            );
        }
    }
    child.kill();
    let ended = child.end(Duration::from_secs(30));
    // What it had said before it died counts as acknowledged too.
    acks.extend(ended.lines.iter().filter_map(|line| Ack::parse(line)));
    assert!(
        ended.status.is_some_and(|status| !status.success()),
        "seed {SEED:#x}: it ended by itself: {ended:?}"
    );
    acks
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let directory = files::on_disk();
    let directory = directory.path().join("data");
    let mut rng = Rng::new(SEED);
    let mut acks = Vec::new();
    for cycle in 0..CYCLES {
        // Every eighth dies while it opens, which is while it recovers from the kill before.
        let target = (cycle % 8 != 5).then(|| rng.between(1, 120) as usize);
        acks.extend(killed(&directory, (cycle + 1) * 1_000_000, target));
        let seen = probe(env!("CARGO_BIN_EXE_log_probe"), &directory, &[]);
        check::log_keeps(SEED, &acks, &seen)
            .unwrap_or_else(|wrong| panic!("seed {SEED:#x}, cycle {cycle}: {wrong}"));
        eprintln!("cycle {cycle}: {} appends acknowledged so far, {} events", acks.len(), seen.events.len());
    }
    assert!(
        acks.len() > CYCLES as usize * 20,
        "too little was appended for the test to mean anything: {}",
        acks.len()
    );
}
