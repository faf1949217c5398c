//! A disk that is full: a clear error, nothing lost, and it goes on when there is room again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests report by panicking, and say what they saw"
)]

use std::{fs, path::PathBuf, process::Command};

use proto_events::GlobalPosition;
use vidimus_log::{AppendError, EventLog as _, SledLog, SledLogOptions, Unavailable};
use vidimus_tests::{
    check::{self, Ack},
    events, files,
    filling::{Load, SEED},
    fixture::Programs,
    probe::probe,
    shim,
};

const PROGRAMS: Programs =
    Programs { load: env!("CARGO_BIN_EXE_append_load"), probe: env!("CARGO_BIN_EXE_log_probe") };

fn load_command() -> Command {
    Command::new(PROGRAMS.load)
}

/// A directory with a budget of bytes, and the load in it.
struct Budget {
    work: tempfile::TempDir,
    data: PathBuf,
}

impl Budget {
    fn start(mebibytes: u64) -> (Self, Load) {
        let work = files::in_memory();
        let root = work.path().canonicalize().unwrap();
        let library = shim::build("full", &root);
        let this = Self { work, data: root.join("data") };
        this.set(mebibytes);
        let mut command = load_command();
        command.env("LD_PRELOAD", library).env("VIDIMUS_FULL_ROOT", &this.data);
        command.env("VIDIMUS_FULL_CONTROL", root.join("budget"));
        let load = Load::start(&mut command, &this.data, 0);
        (this, load)
    }

    /// Replaced as a whole, so that the shim never reads half a number.
    fn set(&self, mebibytes: u64) {
        let (next, budget) = (self.work.path().join("next"), self.work.path().join("budget"));
        fs::write(&next, (mebibytes << 20).to_string()).unwrap();
        fs::rename(next, budget).unwrap();
    }
}

#[test]
fn a_write_that_finds_no_room_loses_nothing() {
    let (budget, mut load) = Budget::start(6);
    load.rounds(
        |round| budget.set(6 + 40 * round),
        |round| {
            if round == 3 {
                budget.set(100_000)
            }
        },
    );
    eprintln!("{}", load.finish(PROGRAMS, &budget.data, false));
}

/// There is room enough to try, and then it is gone: until there is more nobody can read, and is told to come back.
#[test]
fn a_reopening_that_finds_no_room_is_done_again() {
    let (budget, mut load) = Budget::start(6);
    load.until("errors", |load| load.codes.len() >= 5);
    budget.set(6 + 17);
    load.until("reads that wait", |load| {
        load.reads.iter().filter(|read| *read == "storage_full").count() >= 10
    });
    let acks = load.acks.len();
    budget.set(100_000);
    load.until("acknowledgements after there was room again", |load| load.acks.len() >= acks + 40);
    eprintln!("{}", load.finish(PROGRAMS, &budget.data, true));
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
    eprintln!("{}", load.finish(PROGRAMS, &data, reserved == 0));
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
    let seen = probe(PROGRAMS.probe, directory.path(), &[]);
    let acks = [Ack { append: 1, first: 1, last: tail.get() }];
    check::log_keeps(SEED, &acks, &seen).unwrap();
    assert_eq!(seen.events.len() as u64, tail.get());
}
