//! Power loss at any moment, simulated from recorded file operations (`replay.rs` says how).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests report by panicking, and say what they saw"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;
use vidimus_tests::{
    check::{self, Ack},
    child::Running,
    events, files,
    probe::{Probe, probe},
    replay,
    rng::Rng,
    shim,
    trace::{self, Op},
};

/// A history: the first creation of the directory, kills, a clean close, and reopenings, in one trace.
struct Recorded {
    seed: u64,
    work: TempDir,
    root: PathBuf,
}

/// Runs the load with its file operations recorded: until it kills itself behind so many calls, or to a clean close
/// after so many appends.
fn session(recorded: &Recorded, library: &Path, first: u64, kill_after: Option<u64>, limit: u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_append_load"));
    command.arg(recorded.root.join("data")).args([recorded.seed, first].map(|number| number.to_string()));
    command.args(["--limit", &limit.to_string()]);
    command.env("LD_PRELOAD", library).env("VIDIMUS_TRACE_ROOT", &recorded.root);
    command.env("VIDIMUS_TRACE", recorded.work.path().join("trace"));
    if let Some(calls) = kill_after {
        command.env("VIDIMUS_TRACE_KILL_AFTER", calls.to_string());
    }
    let ended = Running::start(&mut command).end(Duration::from_secs(60));
    let closed = ended.lines.last().is_some_and(|line| line == "closed");
    let seed = recorded.seed;
    assert_eq!(
        closed,
        kill_after.is_none(),
        "seed {seed:#x}, from append {first}: {:?} {}",
        ended.status,
        ended.stderr
    );
}

/// `scale` makes it longer.
fn record(seed: u64, scale: u64) -> Recorded {
    let work = files::in_memory();
    let library = shim::build("record", work.path());
    let root = work.path().canonicalize().unwrap().join("root");
    fs::create_dir(&root).unwrap();
    let recorded = Recorded { seed, work, root };
    let mut rng = Rng::new(seed);
    session(&recorded, &library, 1_000_000, Some(scale * rng.between(300, 900)), u64::MAX / 4);
    session(&recorded, &library, 2_000_000, Some(scale * rng.between(300, 900)), u64::MAX / 4);
    session(&recorded, &library, 3_000_000, None, scale * rng.between(40, 150));
    session(&recorded, &library, 4_000_000, Some(scale * rng.between(100, 600)), u64::MAX / 4);
    recorded
}

/// What was acknowledged before the power was lost.
fn acknowledged(ops: &[Op<'_>]) -> Vec<Ack> {
    let lines = |op: &Op<'_>| match op {
        Op::Mark(text) => text.lines().filter_map(Ack::parse).collect(),
        _ => Vec::new(),
    };
    ops.iter().flat_map(lines).collect()
}

fn look(data: &Path, seed: u64, append: u64) -> Probe {
    let arguments = ["--append", &seed.to_string(), &append.to_string()];
    probe(env!("CARGO_BIN_EXE_log_probe"), data, &arguments)
}

/// One loss of power: the log opens, has everything that was acknowledged, takes the next append, and has that too
/// when it is opened again.
fn trial(
    recorded: &Recorded,
    ops: &[Op<'_>],
    number: u64,
    ignored: &dyn Fn(&Path, bool) -> bool,
) -> Result<(), String> {
    let mut rng = Rng::new(recorded.seed ^ number << 32);
    let mut cut = rng.below(ops.len() as u64 + 1) as usize;
    if rng.chance(50) {
        // Right behind an acknowledgement there is the most to lose.
        cut = ops[..cut].iter().rposition(|op| matches!(op, Op::Mark(_))).map_or(cut, |mark| mark + 1);
    }
    let risky = segments_used_again(ops);
    if !risky.is_empty() && rng.chance(60) {
        cut = risky[rng.below(risky.len() as u64) as usize];
    }
    let target = files::in_memory();
    replay::power_loss(ops, cut, &mut rng, &recorded.root, target.path(), ignored);
    let mut acks = acknowledged(&ops[..cut]);
    let data = target.path().join("data");
    let next = 900_000_000;
    let said = |wrong: String| format!("trial {number}, cut {cut} of {}: {wrong}", ops.len());
    for append in [next, next + 1] {
        let seen = look(&data, recorded.seed, append);
        check::log_keeps(recorded.seed, &acks, &seen).map_err(said)?;
        let tail = seen.events.len() as u64;
        let count: usize =
            events::append(recorded.seed, append).writes.iter().map(|write| write.events.len()).sum();
        if seen.appended != Some((tail + 1, tail + count as u64)) {
            return Err(said(format!("the next append went wrong: {}", seen.summary())));
        }
        acks.push(Ack { append, first: tail + 1, last: tail + count as u64 });
    }
    Ok(())
}

fn is_our_sync_of_sleds_file(path: &Path, data: bool) -> bool {
    // Ours is `fdatasync`; what sled does by itself (`fsync` while it recovers) still counts.
    data && path.ends_with("sled/db")
}

/// The moments at which sled had begun to write a segment again that it had left, right before our next sync: if what
/// the segment held had been moved only since the last sync, both could be lost now.
fn segments_used_again(ops: &[Op<'_>]) -> Vec<usize> {
    const SEGMENT: usize = 8 << 20;
    let is_db = |op: &&Op<'_>| matches!(op, Op::Create(path, _) if path.ends_with("sled/db"));
    let Some(Op::Create(_, db)) = ops.iter().find(is_db) else { return Vec::new() };
    let mut moments = Vec::new();
    let (mut latest, mut begun) = (0, false);
    for (at, op) in ops.iter().enumerate() {
        match op {
            Op::Write(ino, offset, _) if ino == db => {
                begun |= offset / SEGMENT < latest && offset % SEGMENT == 0;
                latest = latest.max(offset / SEGMENT);
            }
            Op::Sync(_, ino, _) if ino == db && std::mem::take(&mut begun) => moments.push(at),
            _ => {}
        }
    }
    moments
}

fn survives(seed: u64, scale: u64, trials: u64) {
    let recorded = record(seed, scale);
    let bytes = fs::read(recorded.work.path().join("trace")).unwrap();
    let ops = trace::parse(&bytes);
    let acks = acknowledged(&ops).len();
    let syncs = ops
        .iter()
        .filter(|op| matches!(op, Op::Sync(path, _, data) if is_our_sync_of_sleds_file(path, *data)));
    let syncs = syncs.count();
    assert!(
        acks > 100 && syncs > 30,
        "seed {seed:#x}: too little happened: {acks} acknowledgements, {syncs} syncs"
    );
    let again = segments_used_again(&ops).len();
    assert!(scale == 1 || again > 0, "seed {seed:#x}: no segment was used again");
    let wrong: Vec<String> =
        (0..trials).filter_map(|number| trial(&recorded, &ops, number, &|_, _| false).err()).collect();
    eprintln!(
        "seed {seed:#x}: {} calls ({syncs} syncs of ours, {again} segments used again), {acks} acknowledgements; {} of {trials} trials lost something",
        ops.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "seed {seed:#x}: {} of {trials} trials: {wrong:#?}", wrong.len());
    // The same trials without our sync have to fail, or they would show nothing.
    let without = trials.min(trials / scale + 2);
    let lost = (0..without)
        .filter(|number| trial(&recorded, &ops, *number, &is_our_sync_of_sleds_file).is_err())
        .count();
    eprintln!("seed {seed:#x}: without our sync {lost} of {without} trials lost something");
    assert!(lost > 0, "seed {seed:#x}: without our sync nothing was lost either, so this test cannot fail");
}

#[test]
fn what_was_acknowledged_survives_a_power_loss() {
    survives(0x5eed_0002, 1, 32);
}

#[test]
fn what_was_acknowledged_survives_a_power_loss_in_another_history() {
    survives(0x5eed_0003, 1, 32);
}

/// Long enough that sled moves pages and writes over segments that it used before: what they held has to be durable
/// elsewhere by then.
#[test]
fn what_was_acknowledged_survives_a_power_loss_where_segments_are_used_again() {
    survives(0x5eed_0007, 6, 14);
}
