//! Appends from several tasks and says on standard output, one line each, what was answered.
//!
//! `append_load DIR SEED FIRST [--limit N] [--reserved BYTES] [--tasks N] [--read]`: numbers of appends count from FIRST.
//! Ends with a clean close after `--limit` appends or when standard input ends. Lines: `open TAIL`,
//! `ack NUMBER FIRST LAST`, `error CODE TEXT`, `read ok` / `read CODE`, `closed`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program of the tests")]

use std::{
    io::Write as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use proto_events::GlobalPosition;
use vidimus_log::{EventLog as _, SledLog, SledLogOptions};
use vidimus_tests::events;

fn option(name: &str) -> Option<u64> {
    std::env::args().skip_while(|argument| argument != name).nth(1)?.parse().ok()
}

/// One write call a line, so that a line is whole or not there.
fn say(line: String) {
    std::io::stdout().lock().write_all((line + "\n").as_bytes()).unwrap();
}

/// After a failed append reads have to go on: an old event, and the latest one.
async fn read(log: &SledLog) {
    let tail = log.tail().get();
    for after in [0, tail / 2, tail.saturating_sub(1)] {
        match log.read_all(GlobalPosition::new(after), 3).await {
            Ok(events) if events.is_empty() && tail > 0 => say("read nothing".to_owned()),
            Ok(_) => say("read ok".to_owned()),
            Err(error) => say(format!("read {}", error.code())),
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let directory = PathBuf::from(&arguments[1]);
    let (seed, first): (u64, u64) = (arguments[2].parse().unwrap(), arguments[3].parse().unwrap());
    let end = first + option("--limit").unwrap_or(u64::MAX / 2);
    let reads = arguments.iter().any(|argument| argument == "--read");
    let defaults = SledLogOptions::default();
    let options = SledLogOptions {
        reserved_bytes: option("--reserved").unwrap_or(defaults.reserved_bytes),
        // Reads go to the disk, not to the recent blocks in memory.
        recent_bytes: if reads { 0 } else { defaults.recent_bytes },
        ..defaults
    };
    let log = match SledLog::open(&directory, options) {
        Ok(log) => Arc::new(log),
        Err(error) => return say(format!("error {} {error}", error.code())),
    };
    say(format!("open {}", log.tail()));
    let next = Arc::new(AtomicU64::new(first));
    let stop = Arc::new(AtomicBool::new(false));
    if option("--limit").is_none() {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_line(&mut String::new());
            stop.store(true, Ordering::Relaxed);
        });
    }
    let tasks: Vec<_> = (0..option("--tasks").unwrap_or(12))
        .map(|_| {
            let (log, next, stop) = (Arc::clone(&log), Arc::clone(&next), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return;
                    }
                    match log.append(events::append(seed, number)).await {
                        Ok(done) => say(format!("ack {number} {} {}", done.first, done.last)),
                        Err(error) => {
                            say(format!("error {} {error}", error.code()));
                            if reads {
                                read(&log).await;
                            }
                        }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    log.close();
    say("closed".to_owned());
}
