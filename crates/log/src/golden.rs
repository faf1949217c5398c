//! The frozen bytes in `goldens/`: added when a format is new, never edited, never taken away.

use std::{collections::BTreeSet, fs, path::PathBuf};

use sha2::{Digest as _, Sha256};

/// Every golden, with the SHA-256 of its bytes. To add one, add its file and a line here; no line ever changes.
const GOLDENS: [(&str, &str); 5] = [
    ("record-1-full.hex", "8e3713b06fed3dde3a59b463bf8f2d4b9dcca07b518498d192f69e8a11f38db1"),
    ("record-1-minimal.hex", "c762caf5b372c4c2096a810902de3addb8f2868035f6ad4360764efbf317921f"),
    ("block-1-plain.hex", "bbfafc7396fc2ffc2e2e6ac8757bf077f266977140d2826ee723ed1099f9c6b7"),
    ("block-1-zstd.hex", "c49f6f3deb147372d7546ee1556615a3e94c442d4c9df5b83d41260375a3d57e"),
    ("tail-1.hex", "faf6b83d61fd41c44b644ab642b0a80d165961a0ab124b26c8533ee061be1515"),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("goldens")
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
    assert_eq!(digits.len() % 2, 0, "`{text}` has half a byte");
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

/// The bytes of the golden with this name: hexadecimal, `#` to the end of a line is a comment.
pub(crate) fn read(name: &str) -> Vec<u8> {
    let text =
        fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("golden `{name}`: {error}"));
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines.flat_map(|line| from_hex(&line.split_whitespace().collect::<String>())).collect()
}

/// The reference of the format.
fn reference() -> String {
    fs::read_to_string(folder().join("../../../docs/reference/log-format.md")).unwrap()
}

/// The fields of the table in the reference under the heading that contains `heading`: offset, size, name.
pub(crate) fn table(heading: &str) -> Vec<(usize, usize, String)> {
    let text = reference();
    let mut lines = text.lines().skip_while(|line| !(line.starts_with('#') && line.contains(heading)));
    lines.next().unwrap_or_else(|| panic!("the reference has no heading `{heading}`"));
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    lines
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with('|'))
        .map(cells)
        .filter_map(|cells| {
            let number = |index: usize| cells.get(index)?.parse::<usize>().ok();
            Some((number(1)?, number(2)?, cells.get(3)?.trim_matches('`').to_owned()))
        })
        .collect()
}

/// Holds the bytes of a golden against the reference: the fields follow each other from `0` to `end`, and each has the
/// value that is expected of its name.
pub(crate) fn agrees_with_the_reference(heading: &str, bytes: &[u8], end: usize, values: &[(&str, String)]) {
    let mut next = 0;
    for (offset, size, name) in table(heading) {
        assert_eq!(offset, next, "`{name}` of `{heading}` does not follow the field before it");
        next = offset + size;
        let (_, value) = values
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("the test does not know `{name}` of `{heading}`"));
        assert_eq!(to_hex(&bytes[offset..next]), *value, "`{name}` of `{heading}`");
    }
    assert_eq!(next, end, "`{heading}` has {next} bytes in the reference");
}

#[test]
fn goldens_are_added_and_never_edited() {
    let known: BTreeSet<String> = GOLDENS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(known.len(), GOLDENS.len());
    for (name, digest) in GOLDENS {
        let seen = to_hex(&Sha256::digest(read(name)));
        assert_eq!(
            seen, digest,
            "`{name}` was edited: logs with these bytes exist. Put it back and add a new one"
        );
    }
    let there: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    assert_eq!(there, known, "every golden is listed, and every one that is listed is there");
}

#[test]
fn every_format_has_a_golden() {
    let (record, block, codecs) = (crate::record::VERSION, crate::block::VERSION, crate::block::CODECS);
    for version in 1..=record {
        assert!(GOLDENS.iter().any(|(name, _)| name.starts_with(&format!("record-{version}-"))), "{version}");
    }
    for version in 1..=block {
        let of: Vec<_> =
            GOLDENS.iter().filter(|(name, _)| name.starts_with(&format!("block-{version}-"))).collect();
        for codec in codecs {
            assert!(of.iter().any(|(name, _)| read(name)[5] == codec), "block {version}, codec {codec}");
        }
    }
}

#[test]
fn the_worked_example_is_the_golden() {
    let text = reference();
    let mut bytes = Vec::new();
    for line in text.lines() {
        let Some((offset, rest)) = line.split_once("  ") else { continue };
        if offset.len() == 4 && offset.chars().all(|digit| digit.is_ascii_hexdigit()) {
            assert_eq!(usize::from_str_radix(offset, 16).unwrap(), bytes.len(), "{line}");
            bytes.extend(from_hex(&rest.split("  ").next().unwrap_or_default().replace(' ', "")));
        }
    }
    assert_eq!(to_hex(&bytes), to_hex(&read("block-1-plain.hex")));
}
