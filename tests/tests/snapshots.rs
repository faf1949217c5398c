//! sled's snapshots only save it a scan: a damaged, missing or stale one costs nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests report by panicking, and say what they saw"
)]

use std::{fs, path::Path};

use vidimus_tests::{
    check, files,
    fixture::{self, Fixture, Programs},
    probe::Probe,
    rng::Rng,
};

const PROGRAMS: Programs =
    Programs { load: env!("CARGO_BIN_EXE_append_load"), probe: env!("CARGO_BIN_EXE_log_probe") };

fn whole(fixture: &Fixture, seen: &Probe, what: &str) {
    let seed = fixture.seed;
    assert!(seen.is_clean(), "seed {seed:#x}, {what}: {}", seen.summary());
    assert!(
        seen.events == fixture.original.events,
        "seed {seed:#x}, {what}: other events: {}",
        seen.summary()
    );
}

#[test]
fn a_bad_snapshot_is_set_aside_and_nothing_is_lost() {
    let fixture = Fixture::build(PROGRAMS, 0x5eed_0013, 400, false);
    let name = files::snapshots(&fixture.data()).pop().unwrap();
    let bytes = fs::read(fixture.data().join(&name)).unwrap();
    let garbage: Vec<u8> = bytes.iter().map(|byte| byte ^ 0x5a).collect();
    let random = {
        let mut rng = Rng::new(fixture.seed);
        (0..500).map(|_| rng.next() as u8).collect()
    };
    let bad = [
        Vec::new(),
        bytes[..11].to_vec(),
        bytes[..bytes.len() - 1].to_vec(),
        bytes[..bytes.len() / 2].to_vec(),
        garbage,
        random,
    ];
    for (number, bad) in bad.into_iter().enumerate() {
        let copy = fixture.copy();
        fs::write(copy.path().join(&name), &bad).unwrap();
        whole(&fixture, &fixture.probe(&copy, &[]), &format!("bad snapshot {number}"));
        let aside = copy.path().join("snapshots-set-aside").join(name.file_name().unwrap());
        assert_eq!(fs::read(aside).unwrap(), bad, "bad snapshot {number}");
        assert!(
            !copy.path().join("snapshots-set-aside/db").exists(),
            "the copy of sled's file stays though all went well"
        );
        whole(&fixture, &fixture.probe(&copy, &[]), &format!("bad snapshot {number}, opened again"));
    }
}

#[test]
fn a_missing_or_stale_snapshot_does_no_harm() {
    let seed = 0x5eed_0014;
    let work = files::in_memory();
    let data = work.path().join("data");
    fixture::load(PROGRAMS, &data, seed, 9_000_000, 30, 2);
    fixture::load(PROGRAMS, &data, seed, 9_100_000, 30, 2);
    let stale = files::snapshots(&data).pop().unwrap();
    let stale_bytes = fs::read(data.join(&stale)).unwrap();
    fixture::load(PROGRAMS, &data, seed, 9_200_000, 200, 12);
    fixture::load(PROGRAMS, &data, seed, 9_300_000, 30, 2);
    let newest = files::snapshots(&data);
    assert!(newest.len() == 1 && newest[0] != stale, "{newest:?}, {}", stale.display());
    let see = |directory: &Path| vidimus_tests::probe::probe(PROGRAMS.probe, directory, &[]);
    let copy = |name: &str| {
        let copy = work.path().join(name);
        files::copy(&data, &copy);
        fs::remove_file(copy.join(&newest[0])).unwrap();
        copy
    };
    let without = copy("without");
    let stale_only = copy("stale");
    fs::write(stale_only.join(&stale), stale_bytes).unwrap();
    let original = see(&data);
    for (directory, what) in [(without, "no snapshot"), (stale_only, "a stale snapshot")] {
        let seen = see(&directory);
        check::log_keeps(seed, &[], &seen).unwrap_or_else(|wrong| panic!("seed {seed:#x}, {what}: {wrong}"));
        assert!(seen.events == original.events, "seed {seed:#x}, {what}: {}", seen.summary());
    }
}
