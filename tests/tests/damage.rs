//! Cut tails, files that are missing or should not be there, and two processes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests report by panicking, and say what they saw"
)]

use std::fs;

use vidimus_log::{OpenError, SledLog, SledLogOptions};
use vidimus_tests::{
    check, files,
    fixture::{self, Fixture, Programs},
    probe::Probe,
    rng::Rng,
};

const PROGRAMS: Programs =
    Programs { load: env!("CARGO_BIN_EXE_append_load"), probe: env!("CARGO_BIN_EXE_log_probe") };

fn build(seed: u64) -> Fixture {
    Fixture::build(PROGRAMS, seed, 400, false)
}

/// It opens, and everything is there.
fn whole(fixture: &Fixture, seen: &Probe, what: &str) {
    let seed = fixture.seed;
    assert!(seen.is_clean(), "seed {seed:#x}, {what}: {}", seen.summary());
    assert!(
        seen.events == fixture.original.events,
        "seed {seed:#x}, {what}: other events: {}",
        seen.summary()
    );
    check::log_keeps(seed, &[], seen).unwrap();
}

/// It refuses to open with `corrupt` at the first position that is missing.
fn refused(fixture: &Fixture, seen: &Probe, what: &str) -> u64 {
    let seed = fixture.seed;
    let error = seen.open_error.as_ref();
    let error = error.unwrap_or_else(|| panic!("seed {seed:#x}, {what}: it opened: {}", seen.summary()));
    assert_eq!(error.code, "corrupt", "seed {seed:#x}, {what}: {}", error.text);
    error.position
}

fn missing_from(fixture: &Fixture, seen: &Probe, what: &str) -> u64 {
    let seed = fixture.seed;
    let report = seen.report.as_ref().unwrap_or_else(|| panic!("seed {seed:#x}, {what}: {}", seen.summary()));
    let end = format!("to {} are missing", fixture.original.events.len());
    let found =
        report.findings.iter().find(|finding| finding.code == "missing" && finding.text.ends_with(&end));
    found.unwrap_or_else(|| panic!("seed {seed:#x}, {what}: {}", seen.summary())).position
}

#[test]
fn a_truncated_file_is_refused_and_the_first_missing_position_is_named() {
    let fixture = build(0x5eed_0010);
    let db = fs::read(fixture.data().join("sled/db")).unwrap();
    let (len, used) = (db.len() as u64, files::used(&db) as u64);
    let mut rng = Rng::new(fixture.seed);
    let mut cuts = vec![used - 1, used - 100, used - 5_000, used - 100_000, used / 2, 8 << 20, 4096, 1, 0];
    cuts.extend((0..12).map(|_| rng.below(used)));
    let mut positions = Vec::new();
    for cut in cuts {
        let what = format!("cut to {cut} of {len}, {used} used");
        let truncated = || {
            let copy = fixture.copy();
            let db = fs::File::options().write(true).open(copy.path().join("sled/db")).unwrap();
            db.set_len(cut).unwrap();
            copy
        };
        let opened = fixture.probe(&truncated(), &[]);
        let at = refused(&fixture, &opened, &what);
        let examined = fixture.probe(&truncated(), &["--only-examine"]);
        assert_eq!(at, missing_from(&fixture, &examined, &what), "seed {:#x}, {what}", fixture.seed);
        positions.push((cut, at));
    }
    positions.sort_unstable();
    eprintln!("{len} bytes, {used} used; cut at → first missing: {positions:?}");
    // The more is cut off, the more is missing.
    assert!(positions.is_sorted_by_key(|(_, at)| *at), "seed {:#x}: {positions:?}", fixture.seed);
}

#[test]
fn an_older_copy_of_the_store_is_refused() {
    let seed = 0x5eed_0011;
    let fixture = build(seed);
    let old = fixture.copy();
    let old_tail = fixture.original.events.len() as u64;
    let newer = fixture.copy();
    fixture::load(PROGRAMS, newer.path(), seed, 3_000_000, 50, 3);
    fs::remove_dir_all(newer.path().join("sled")).unwrap();
    files::copy(&old.path().join("sled"), &newer.path().join("sled"));
    let examined = fixture.probe(&newer, &["--only-examine"]);
    let finding = &examined.report.as_ref().unwrap().findings[0];
    assert_eq!(
        (finding.position, finding.code.as_str()),
        (old_tail + 1, "missing"),
        "{}",
        examined.summary()
    );
    assert_eq!(examined.report.as_ref().unwrap().events, old_tail);
    let opened = fixture.probe(&newer, &[]);
    assert_eq!(refused(&fixture, &opened, "older store"), old_tail + 1);
    let text = &opened.open_error.as_ref().unwrap().text;
    assert!(text.contains(&format!("the events {} to ", old_tail + 1)), "{text}");
}

#[test]
fn a_removed_last_block_is_refused() {
    let fixture = build(0x5eed_0012);
    let copy = fixture.copy();
    let db = sled::Config::new()
        .path(copy.path().join("sled"))
        .segment_size(8 << 20)
        .flush_every_ms(None)
        .open()
        .unwrap();
    let (key, _) = db.last().unwrap().unwrap();
    let first = u64::from_be_bytes(*key.first_chunk().unwrap());
    for part in db.scan_prefix(first.to_be_bytes()).keys() {
        db.remove(part.unwrap()).unwrap();
    }
    db.flush().unwrap();
    drop(db);
    let examined = fixture.probe(&copy, &["--only-examine"]);
    assert_eq!(missing_from(&fixture, &examined, "last block removed"), first);
    assert_eq!(examined.report.unwrap().events, first - 1);
    assert_eq!(refused(&fixture, &fixture.probe(&copy, &[]), "last block removed"), first);
}

#[test]
fn a_missing_tail_file_is_made_again() {
    let fixture = build(0x5eed_0015);
    let copy = fixture.copy();
    let tail = copy.path().join("tail");
    fs::remove_file(&tail).unwrap();
    whole(&fixture, &fixture.probe(&copy, &[]), "no tail file");
    // The new one knows the end: an emptied store behind it is refused from the first position on.
    assert!(fs::metadata(&tail).unwrap().len() >= 128);
    fs::remove_dir_all(copy.path().join("sled")).unwrap();
    assert_eq!(refused(&fixture, &fixture.probe(&copy, &[]), "no store"), 1);
}

#[test]
fn a_file_where_nobody_syncs_it_is_an_error() {
    let fixture = build(0x5eed_0016);
    let copy = fixture.copy();
    // Its name is a log sequence number; sled removes those that lie behind the end of its log.
    fs::write(copy.path().join("sled/blobs/0000000000000010"), "spilled").unwrap();
    let seen = fixture.probe(&copy, &[]);
    assert!(refused(&fixture, &seen, "a spilled file") >= 1);
    let text = &seen.open_error.as_ref().unwrap().text;
    assert!(text.contains("sled/blobs") && text.contains("not empty"), "{text}");
}

#[test]
fn a_second_process_is_told_who_holds_the_log() {
    let directory = files::in_memory();
    let data = directory.path().join("data");
    let mut command = std::process::Command::new(PROGRAMS.load);
    let child = vidimus_tests::child::Running::start(command.arg(&data).args(["1", "0", "--tasks", "1"]));
    let opened = child.line().unwrap_or_default();
    assert!(opened.starts_with("open "), "{opened}");
    let Err(error) = SledLog::open(&data, SledLogOptions::default()) else {
        panic!("two processes have it open")
    };
    let holder = format!("process {}", child.id());
    assert_eq!(error.code(), "data_locked");
    assert_eq!(
        error.to_string(),
        format!("`{}` is in use by {holder}: stop it, or let it do the work", data.display())
    );
    assert!(matches!(&error, OpenError::Locked { holder: said, .. } if *said == holder), "{error:?}");
    let examined = SledLog::examine(&data, &SledLogOptions::default()).unwrap_err();
    assert_eq!(examined.code(), "data_locked");
    drop(child);
    // Nobody holds it any more, though the process could not say so.
    SledLog::open(&data, SledLogOptions::default()).unwrap();
}
