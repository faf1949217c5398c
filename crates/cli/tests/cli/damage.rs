//! Data that somebody else wrote in.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use crate::support::{Place, SAMPLE, copy, finished};

/// How many bytes are flipped, one at a time; a block of the sample's log is far longer than they lie apart.
const FLIPS: usize = 24;

/// Bytes of the storage engine's file that something was written to, spread over all of them.
fn written(file: &Path) -> Vec<usize> {
    let bytes = std::fs::read(file).unwrap();
    let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    written.iter().copied().step_by((written.len() / FLIPS).max(1)).collect()
}

#[test]
fn a_flipped_byte_is_named_and_nothing_is_shown_from_there() {
    let place = Place::with_sample();
    let whole = place.path("whole");
    std::fs::rename(place.data(), &whole).unwrap();
    let mut codes = BTreeSet::new();
    for at in written(&whole.join("log/sled/db")) {
        let _ = std::fs::remove_dir_all(place.data());
        copy(&whole, &place.data());
        let file = place.data().join("log/sled/db");
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[at] ^= 0x20;
        std::fs::write(&file, bytes).unwrap();

        let verified = finished(&mut place.command(["log", "verify", "--output", "json"]));
        assert!(matches!(verified.code, Some(0 | 5)), "byte {at}: {verified:?}");
        assert!(!verified.err.contains("panicked"), "byte {at}: {}", verified.err);
        codes.insert(verified.code);
        // Whether the byte mattered or not: the same answer from who only wants to look.
        let listed = place.run(["execution", "list"]);
        if verified.code == Some(0) {
            listed.ok();
            continue;
        }
        let report: Value = verified.json();
        assert!(
            report["findings"][0]["position"].as_u64().is_some_and(|position| (1..=121).contains(&position)),
            "{report}"
        );
        listed.failed(5, "corrupt").says("damaged at position").says("vidimus log verify");
        place.run(["import", SAMPLE]).failed(5, "corrupt");
        let told = place.run(["log", "verify"]);
        assert_eq!((told.code, told.err.as_str()), (Some(5), ""));
        told.says("restore the data directory from a backup");
    }
    assert!(codes.contains(&Some(5)), "{codes:?}");
}

#[test]
fn what_is_no_data_directory_is_told_apart() {
    let place = Place::new();
    place.run(["execution", "list"]).failed(3, "data_missing").says("there is no data in").says("--data");
    let file = place.file("file", "x");
    let with = |args: &[&str]| finished(place.command(["--data".as_ref(), file.as_os_str()]).args(args));
    with(&["execution", "list"]).failed(3, "data_missing");
    with(&["log", "verify"]).failed(3, "data_missing");
    with(&["import", SAMPLE]).failed(1, "storage_failed").says("Not a directory").says("--data");
    assert!(!place.data().exists());
}

#[cfg(target_os = "linux")]
#[test]
fn where_nothing_can_be_written_the_error_says_so() {
    let place = Place::new();
    let done = place.run(["--data", "/proc/vidimus-data", "import", SAMPLE]);
    done.failed(1, "storage_failed")
        .says("cannot open the log in `/proc/vidimus-data/log`")
        .says("permissions");
}
