//! A disk that is full: a clear error, nothing lost, and it goes on when there is room again.

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

use proto_events::GlobalPosition;
use vidimus_log::{AppendError, EventLog as _, SledLog, SledLogOptions, Unavailable};
use vidimus_tests::{
    check::{self, Ack},
    child::Running,
    events, files,
    probe::probe,
    shim,
};

const SEED: u64 = 0x5eed_0006;

/// The load on a disk that fills up, and what it said so far.
struct Load {
    child: Running,
    acks: Vec<Ack>,
    codes: Vec<String>,
    reads: Vec<String>,
    closed: bool,
}

impl Load {
    fn start(command: &mut Command, data: &Path, reserved: u64) -> Self {
        command.arg(data).args([SEED.to_string(), "0".to_owned(), "--read".to_owned()]);
        command.args(["--reserved", &reserved.to_string()]);
        Self {
            child: Running::start(command),
            acks: Vec::new(),
            codes: Vec::new(),
            reads: Vec::new(),
            closed: false,
        }
    }

    fn take(&mut self, line: &str) {
        match line.split_once(' ') {
            Some(("ack", _)) => self.acks.extend(Ack::parse(line)),
            Some(("error", rest)) => self.codes.push(rest.split(' ').next().unwrap().to_owned()),
            Some(("read", rest)) => self.reads.push(rest.to_owned()),
            None if line == "closed" => self.closed = true,
            _ => assert!(line.starts_with("open "), "the load said `{line}`"),
        }
    }

    /// Listens until `enough` of what was said is so. Bounded by the number of lines, and by silence.
    fn until(&mut self, what: &str, enough: impl Fn(&Self) -> bool) {
        for _ in 0..2_000_000 {
            if enough(self) {
                return;
            }
            let Some(line) = self.child.line() else { break };
            self.take(&line);
        }
        panic!(
            "seed {SEED:#x}: waited for {what}: {} acks, {:?} …",
            self.acks.len(),
            self.codes.iter().take(20)
        );
    }

    /// Fills the disk (by what it appends), makes room, three times over.
    fn rounds(&mut self, mut make_room: impl FnMut(u64), mut fill: impl FnMut(u64)) {
        for round in 1..=3 {
            let (errors, reads) = (self.codes.len(), self.reads.len());
            self.until("errors", |load| load.codes.len() >= errors + 5 && load.reads.len() >= reads + 15);
            let acks = self.acks.len();
            make_room(round);
            self.until("acknowledgements after there was room again", |load| load.acks.len() >= acks + 40);
            fill(round);
        }
    }

    /// Lets it close, then holds everything that it said against what is there.
    fn finish(mut self, data: &Path) {
        self.child.close_input();
        while let Some(line) = self.child.line() {
            self.take(&line);
        }
        let Self { child, acks, codes, reads, closed } = self;
        let ended = child.end(Duration::from_secs(60));
        assert!(closed, "seed {SEED:#x}: {:?} {}", ended.status, ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "seed {SEED:#x}: {}", ended.stderr);
        let count = |code: &str| codes.iter().filter(|seen| *seen == code).count();
        let (full, failed) = (count("storage_full"), count("storage_failed"));
        eprintln!("{} appends acknowledged, {full} × storage_full, {failed} × storage_failed", acks.len());
        assert_eq!(full + failed, codes.len(), "seed {SEED:#x}: other errors: {codes:?}");
        let bad: Vec<_> = reads.iter().filter(|read| *read != "ok").collect();
        assert!(
            bad.is_empty(),
            "seed {SEED:#x}: {} of {} reads failed while the disk was full: {:?}",
            bad.len(),
            reads.len(),
            bad[0]
        );
        let seen = probe(env!("CARGO_BIN_EXE_log_probe"), data, &[]);
        check::log_keeps(SEED, &acks, &seen).unwrap_or_else(|wrong| panic!("seed {SEED:#x}: {wrong}"));
    }
}

fn load_command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_append_load"))
}

#[test]
fn a_write_that_finds_no_room_loses_nothing() {
    let work = files::in_memory();
    let root = work.path().canonicalize().unwrap();
    let library = shim::build("full", &root);
    let (data, control) = (root.join("data"), root.join("budget"));
    // Replaced as a whole, so that the shim never reads half a number.
    let budget = |mebibytes: u64| {
        fs::write(root.join("next"), (mebibytes << 20).to_string()).unwrap();
        fs::rename(root.join("next"), &control).unwrap();
    };
    budget(6);
    let mut command = load_command();
    command.env("LD_PRELOAD", library).env("VIDIMUS_FULL_ROOT", &data).env("VIDIMUS_FULL_CONTROL", &control);
    let mut load = Load::start(&mut command, &data, 0);
    load.rounds(
        |round| budget(6 + 40 * round),
        |round| {
            if round == 3 {
                budget(100_000)
            }
        },
    );
    load.finish(&data);
}

/// A small file system in memory.
struct Small(PathBuf);

impl Small {
    fn mount(at: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(&at).output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(at)),
            other => {
                eprintln!("NOT TESTED on a real small file system: mount is not possible here: {other:?}");
                None
            }
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// The disk is filled by a file of somebody else's, which then goes away.
fn on_a_small_disk(reserved: u64) {
    let work = files::in_memory();
    let Some(small) = Small::mount(work.path().join("small"), "size=160m") else { return };
    let (data, filler) = (small.0.join("data"), small.0.join("filler"));
    let fill = |mebibytes: u64| {
        // The load takes room at the same time, so this may get less than it wants.
        let _ = fs::write(&filler, vec![1; (mebibytes << 20) as usize]);
    };
    fill(140 - (reserved >> 20));
    let mut load = Load::start(&mut load_command(), &data, reserved);
    let room_left = |mebibytes: u64| {
        fs::remove_file(&filler).unwrap();
        let available = Command::new("df").args(["--output=avail", "-k"]).arg(&small.0).output().unwrap();
        let available: u64 =
            String::from_utf8_lossy(&available.stdout).lines().nth(1).unwrap().trim().parse().unwrap();
        fill((available >> 10).saturating_sub(mebibytes));
    };
    load.rounds(
        |_| room_left((reserved >> 20) + 32),
        |round| {
            if round == 3 {
                fs::remove_file(&filler).unwrap()
            }
        },
    );
    load.finish(&data);
}

#[test]
fn a_small_disk_with_a_reserve_is_never_filled() {
    on_a_small_disk(16 << 20);
}

#[test]
fn a_small_disk_without_a_reserve_fills_up_and_recovers() {
    on_a_small_disk(0);
}

#[tokio::test]
async fn without_the_reserved_room_nothing_is_appended() {
    let directory = files::in_memory();
    let open = |reserved_bytes| {
        SledLog::open(directory.path(), SledLogOptions { reserved_bytes, ..SledLogOptions::default() })
            .unwrap()
    };
    let log = open(0);
    let tail = log.append(events::append(SEED, 1)).await.unwrap().last;
    drop(log);
    let log = open(u64::MAX);
    let head = log.tree_head();
    for number in 2..6 {
        let refused = log.append(events::append(SEED, number)).await.unwrap_err();
        assert_eq!(refused, AppendError::Unavailable(Unavailable::StorageFull));
        assert_eq!((refused.code(), refused.is_retryable()), ("storage_full", true));
    }
    assert_eq!((log.tail(), log.tree_head()), (tail, head));
    assert_eq!(log.read_all(GlobalPosition::START, 1_000).await.unwrap().len() as u64, tail.get());
    drop(log);
    let seen = probe(env!("CARGO_BIN_EXE_log_probe"), directory.path(), &[]);
    let acks = [Ack { append: 1, first: 1, last: tail.get() }];
    check::log_keeps(SEED, &acks, &seen).unwrap();
    assert_eq!(seen.events.len() as u64, tail.get());
}
