//! One flipped bit, anywhere in any file: what is read is what was appended, or an error that names a position.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests report by panicking, and say what they saw"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use vidimus_tests::{
    files,
    fixture::{Fixture, Programs},
    probe::{Failure, Probe},
    rng::Rng,
};

const PROGRAMS: Programs =
    Programs { load: env!("CARGO_BIN_EXE_append_load"), probe: env!("CARGO_BIN_EXE_log_probe") };
const RANDOM: u64 = 170;

/// Which byte to change, and how.
struct Flip {
    file: PathBuf,
    at: usize,
    mask: u8,
}

fn names_damage(failure: &Failure) -> bool {
    failure.code == "corrupt" && failure.position >= 1
}

/// What came of it, in a few words, or why that is not acceptable.
fn judge(fixture: &Fixture, seen: &Probe) -> Result<&'static str, String> {
    let say = |what: &str| Err(format!("{what}: {}", seen.summary()));
    if seen.hung {
        return say("it hangs");
    }
    if !seen.done {
        return say("the process died");
    }
    if !seen.odd.is_empty() {
        return say("reads contradict each other");
    }
    if !fixture.original.events.starts_with(&seen.events) {
        return say("an event was served that was never appended");
    }
    let found = seen
        .report
        .as_ref()
        .is_some_and(|report| report.findings.iter().any(|finding| finding.position >= 1));
    match (&seen.open_error, &seen.read_error) {
        (Some(error), _) if !names_damage(error) => say("the error does not say what is damaged"),
        (Some(_), _) if found => Ok("refused to open, examine names the damage"),
        (Some(_), _) => say("refused to open, but examine found nothing"),
        (None, Some(error)) if names_damage(error) => Ok("opened, the read names the damage"),
        (None, Some(_)) => say("the read does not say what is damaged"),
        (None, None) if (seen.events.len() as u64) < fixture.acknowledged => {
            say("events are missing and nobody says so")
        }
        (None, None) if found => Ok("opened, verify names the damage"),
        (None, None) if seen.is_clean() && seen.events.len() < fixture.original.events.len() => {
            Ok("only what was never acknowledged is gone")
        }
        (None, None) if seen.is_clean() => Ok("all is there"),
        (None, None) => say("all is there, but not clean"),
    }
}

/// Offsets that matter in every file, and random ones; of the big file mostly where something is written.
fn flips(data: &Path, rng: &mut Rng) -> Vec<Flip> {
    let mut flips = Vec::new();
    let names: Vec<PathBuf> =
        files::list(data).into_iter().filter(|name| name != Path::new("lock")).collect();
    let sizes: Vec<(usize, usize)> = names
        .iter()
        .map(|name| fs::read(data.join(name)).unwrap())
        .map(|bytes| (bytes.len(), files::used(&bytes)))
        .collect();
    for (name, (_, used)) in names.iter().zip(&sizes) {
        // The first bytes (segment header, slot, length), the middle, the last bytes (checksums).
        for at in [0, 4, 8, 12, 20, 24, used / 2, used - 13, used - 2] {
            flips.push(Flip { file: name.clone(), at, mask: 1 << rng.below(8) });
        }
    }
    let big = names.iter().position(|name| name == Path::new("sled/db")).unwrap();
    for _ in 0..RANDOM {
        let file = if rng.chance(70) { big } else { rng.below(names.len() as u64) as usize };
        let (size, used) = sizes[file];
        let end = if rng.chance(95) { used } else { size };
        let mask = if rng.chance(50) { 1 << rng.below(8) } else { rng.between(1, 256) as u8 };
        flips.push(Flip { file: names[file].clone(), at: rng.below(end as u64) as usize, mask });
    }
    flips
}

fn every_flip_is_seen(seed: u64, killed: bool) {
    let fixture = Fixture::build(PROGRAMS, seed, 700, killed);
    assert!(
        fixture.original.events.len() > 2_000,
        "seed {seed:#x}: only {} events",
        fixture.original.events.len()
    );
    let flips = flips(&fixture.data(), &mut Rng::new(seed));
    let mut outcomes: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (number, flip) in flips.iter().enumerate() {
        let copy = fixture.copy();
        files::change(&copy.path().join(&flip.file), |bytes| bytes[flip.at] ^= flip.mask);
        let seen = fixture.probe(&copy, &["--examine"]);
        let name = flip.file.to_string_lossy().split('.').next().unwrap_or_default().to_owned();
        match judge(&fixture, &seen) {
            Ok(outcome) => *outcomes.entry((name, outcome)).or_default() += 1,
            Err(reason) => {
                wrong.push(format!("flip {number}, {name} at {} with {:#04x}: {reason}", flip.at, flip.mask))
            }
        }
    }
    for ((file, outcome), count) in &outcomes {
        eprintln!("killed: {killed}; {file}: {count} × {outcome}");
    }
    eprintln!("killed: {killed}; {} flips, {} not acceptable", flips.len(), wrong.len());
    assert!(wrong.is_empty(), "seed {seed:#x}: {} of {} flips: {wrong:#?}", wrong.len(), flips.len());
    let harmful = outcomes
        .iter()
        .filter(|((_, outcome), _)| outcome.contains("names the damage"))
        .map(|(_, count)| count);
    assert!(
        harmful.sum::<u64>() > 20,
        "seed {seed:#x}: hardly any flip did harm, so this shows nothing: {outcomes:?}"
    );
}

#[test]
fn a_flipped_bit_in_a_closed_log_is_seen_or_harmless() {
    every_flip_is_seen(0x5eed_0004, false);
}

#[test]
fn a_flipped_bit_in_a_killed_log_is_seen_or_harmless() {
    every_flip_is_seen(0x5eed_0005, true);
}
