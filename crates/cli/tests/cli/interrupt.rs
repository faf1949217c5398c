//! An import that is broken off: by Ctrl-C, by a kill.
#![cfg(unix)]

use std::{
    io::Write as _,
    process::Child,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::json;

use crate::support::{Done, Place, ended, lines, signal, wait_for};

/// Starts an import and feeds it without end; calls `stop` when it is well in the middle. Answers what it left, and how
/// many lines it was fed.
fn broken_off(place: &Place, stop: impl FnOnce(&mut Child)) -> (Done, usize) {
    let mut child = place.spawn(["import", "-", "--output", "json"]);
    let mut stdin = child.stdin.take().unwrap();
    let fed = AtomicUsize::new(0);
    let done = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Ends with the pipe: when the import does.
            while stdin
                .write_all(lines(fed.load(Ordering::Relaxed)..fed.load(Ordering::Relaxed) + 10).as_bytes())
                .is_ok()
            {
                fed.fetch_add(10, Ordering::Relaxed);
            }
        });
        // Pipe, buffers and what is read ahead hold less: some of it is on record by now.
        wait_for("the import to be in the middle", || (fed.load(Ordering::Relaxed) > 6_000).then_some(()));
        stop(&mut child);
        ended(child)
    });
    (done, fed.into_inner() + 10)
}

/// The log is clean, and the import can be run again; `before`: how many calls had come on record.
fn goes_on(place: &Place, fed: usize, before: Option<u64>) {
    let on_record = place.verify() / 2;
    assert!(on_record > 0 && on_record < fed as u64);
    assert!(before.is_none_or(|before| before == on_record));
    let done = place.run_with_input(["import", "-", "--output", "json"], lines(0..fed).as_bytes());
    let summary = done.ok().json();
    assert_eq!(
        (&summary["recorded"], &summary["already"]),
        (&json!(fed as u64 - on_record), &json!(on_record))
    );
    assert_eq!(place.verify(), 2 * fed as u64);
}

#[test]
fn ctrl_c_ends_an_import_cleanly_and_it_can_be_run_again() {
    let place = Place::new();
    let (done, fed) = broken_off(&place, |child| signal(child, "-INT"));
    assert_eq!((done.code, done.err.as_str()), (Some(130), ""));
    let summary = done.json();
    assert_eq!((&summary["interrupted"], &summary["already"]), (&json!(true), &json!(0)));
    goes_on(&place, fed, summary["recorded"].as_u64());
}

#[test]
fn ctrl_c_ends_an_import_that_waits_for_a_line() {
    let place = Place::new();
    let mut child = place.spawn(["import", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines(0..20).as_bytes()).unwrap();
    // The remembered tail says when all of it is on record: then it waits for more.
    let (tail, position) = (place.data().join("log/tail"), 40_u64.to_be_bytes());
    wait_for("the calls to come on record", || {
        let remembered = std::fs::read(&tail).ok()?;
        remembered.windows(8).any(|bytes| bytes == position).then_some(())
    });
    signal(&child, "-INT");
    let done = ended(child);
    drop(stdin);
    assert_eq!(done.code, Some(130), "{done:?}");
    done.says("20 recorded").says("interrupted: what is counted is durable");
    goes_on(&place, 21, Some(20));
}

#[test]
fn a_kill_in_the_middle_of_an_import_leaves_a_clean_log() {
    let place = Place::new();
    let (done, fed) = broken_off(&place, |child| child.kill().unwrap());
    assert_eq!((done.code, done.out.as_str()), (None, ""));
    goes_on(&place, fed, None);
}
