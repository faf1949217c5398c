//! Old bytes are sacred: one golden file per event shape that ever existed. `UPDATE_GOLDENS=1` adds the goldens that
//! are missing; nothing ever changes one that is there.
//!
//! A golden is the encoded payload, byte for byte, and a newline. `<type>.v<version>.json` has every optional field,
//! `<type>.v<version>.min.json` none; a further word in the middle names a variant.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

#[path = "support/samples.rs"]
#[allow(dead_code, reason = "every test uses another part")]
mod samples;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    sync::LazyLock,
};

use proto_events::{Event, UPCASTS};
use samples::types;
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// What the goldens of the current versions hold, by file name.
fn current() -> BTreeMap<String, Event> {
    let name = |event: &Event, suffix: &str| {
        let (event_type, version) = event.event_type();
        format!("{event_type}.v{version}{suffix}.json")
    };
    let full = samples::full().into_iter().map(|event| (name(&event, ""), event));
    let minimal = samples::minimal().into_iter().map(|event| (name(&event, ".min"), event));
    let (recorded, frozen) = (samples::recorded_after_the_fact(), samples::agent_frozen());
    let variants = [(name(&recorded, ".recorded"), recorded), (name(&frozen, ".agent"), frozen)];
    full.chain(minimal).chain(variants).collect()
}

/// The goldens on disk by file name, without their newline; with `UPDATE_GOLDENS=1` the missing ones are written first.
static GOLDENS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let folder = folder("goldens");
    if std::env::var_os("UPDATE_GOLDENS").is_some_and(|value| value == "1") {
        for (name, event) in current() {
            let path = folder.join(name);
            let mut text = event.encode().unwrap().to_vec();
            text.push(b'\n');
            // `create_new` fails on a file that is there: a golden is never written twice.
            match fs::File::create_new(&path) {
                Ok(mut file) => std::io::Write::write_all(&mut file, &text).unwrap(),
                Err(error) => {
                    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists, "{}", path.display())
                }
            }
        }
    }
    let files = fs::read_dir(folder).unwrap().map(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let line = text.strip_suffix('\n').unwrap_or_else(|| panic!("{name} does not end in a newline"));
        (name.clone(), line.to_owned())
    });
    files.collect()
});

/// Type and version that a golden's file name stands for.
fn parse_name(name: &str) -> (&str, u16) {
    let (event_type, rest) = name.split_once(".v").unwrap_or_else(|| panic!("`{name}` names no event type"));
    let version = rest.split('.').next().and_then(|version| version.parse().ok());
    assert!(rest.ends_with(".json"), "{name}");
    (event_type, version.unwrap_or_else(|| panic!("`{name}` names no version")))
}

#[test]
fn every_type_has_a_full_and_a_minimal_sample() {
    for samples in [samples::full(), samples::minimal()] {
        let sampled: Vec<_> = samples.iter().map(Event::event_type).collect();
        assert_eq!(sampled, types());
    }
}

#[test]
fn every_version_of_every_type_has_a_golden_and_every_golden_a_type() {
    let there: BTreeSet<_> = GOLDENS.keys().cloned().collect();
    let mut missing: Vec<String> = current().into_keys().filter(|name| !there.contains(name)).collect();
    for (event_type, version) in types() {
        let old = (1..version).map(|old| format!("{event_type}.v{old}.json"));
        missing.extend(old.filter(|name| !there.contains(name)));
    }
    assert!(missing.is_empty(), "without golden: {missing:?}; add them with `UPDATE_GOLDENS=1`");
    for name in GOLDENS.keys() {
        let (event_type, version) = parse_name(name);
        let known = types().into_iter().find(|(known, _)| *known == event_type);
        assert!(known.is_some_and(|(_, newest)| (1..=newest).contains(&version)), "{name} has no type");
    }
}

#[test]
fn a_golden_of_a_current_version_is_the_encoded_event_byte_for_byte() {
    for (name, event) in current() {
        let golden = &GOLDENS[&name];
        let encoded = event.encode().unwrap();
        assert_eq!(
            std::str::from_utf8(&encoded).unwrap(),
            golden,
            "{name}: the shape changed; make it a new version, the golden stays"
        );
        let (event_type, version) = event.event_type();
        assert_eq!(Event::decode(event_type, version, golden.as_bytes()).unwrap(), event, "{name}");
    }
}

#[test]
fn every_golden_there_ever_was_is_read_and_what_is_read_can_be_written() {
    for (name, golden) in &*GOLDENS {
        let (event_type, version) = parse_name(name);
        let event =
            Event::decode(event_type, version, golden.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        let (_, newest) = event.event_type();
        let again = event.encode().unwrap();
        if version == newest {
            assert_eq!(&*again, golden.as_bytes(), "{name}");
        }
        assert_eq!(Event::decode(event_type, newest, &again).unwrap(), event, "{name}");
    }
}

#[test]
fn an_event_of_an_old_version_is_one_of_today_without_what_came_later() {
    let mut read = 0;
    for (name, event) in current() {
        let (event_type, version) = event.event_type();
        for former in 1..version {
            let name = name.replacen(&format!(".v{version}"), &format!(".v{former}"), 1);
            let old = Event::decode(event_type, former, GOLDENS[&name].as_bytes()).unwrap();
            let expected = match former {
                1 => samples::as_in_version_1(event.clone()),
                _ => samples::without_card(event.clone()),
            };
            assert_eq!(old, expected, "{name}");
            assert!(
                old != event || name.contains(".min."),
                "{name}: there is nothing new in the full sample"
            );
            read += 1;
        }
    }
    // Full and minimal each, and a call that was handed in after the fact.
    assert_eq!(read, 2 * UPCASTS.len() + 1);
}

fn schema_of(event_type: &str, version: u16) -> Value {
    let path = folder("schemas").join(format!("{event_type}.v{version}.schema.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_golden_is_valid_by_its_schema() {
    for (name, golden) in &*GOLDENS {
        let (event_type, version) = parse_name(name);
        let schema = schema_of(event_type, version);
        let validator =
            jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&serde_json::from_str(golden).unwrap())
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

/// Every object in `value` that `schema` describes: where it is, the keys it has, the keys it may have and must have.
fn objects(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<Object>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        objects(root, target, value, path, found);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for branch in schema[key].as_array().into_iter().flatten() {
            let mut alone = branch.clone();
            alone["$defs"] = root["$defs"].clone();
            if jsonschema::draft202012::is_valid(&alone, value) {
                objects(root, branch, value, path, found);
            }
        }
    }
    if let (Some(properties), Some(members)) = (schema["properties"].as_object(), value.as_object()) {
        let required = schema["required"].as_array().into_iter().flatten();
        found.push(Object {
            path: path.to_owned(),
            present: members.keys().cloned().collect(),
            possible: properties.keys().cloned().collect(),
            required: required.map(|name| name.as_str().unwrap().to_owned()).collect(),
        });
        for (name, property) in properties {
            if let Some(member) = members.get(name) {
                objects(root, property, member, &format!("{path}/{name}"), found);
            }
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        objects(root, &schema["items"], item, &format!("{path}/{index}"), found);
    }
}

struct Object {
    path: String,
    present: BTreeSet<String>,
    possible: BTreeSet<String>,
    required: BTreeSet<String>,
}

#[test]
fn a_full_golden_has_every_field_and_a_minimal_one_only_the_required() {
    let mut fields = 0;
    for (name, golden) in &*GOLDENS {
        let (event_type, version) = parse_name(name);
        let schema = schema_of(event_type, version);
        let mut found = Vec::new();
        objects(&schema, &schema, &serde_json::from_str(golden).unwrap(), "", &mut found);
        assert!(!found.is_empty(), "{name}");
        for object in found {
            // The two kinds of `origin` have different fields; each branch's own are checked.
            let expected = if name.ends_with(".min.json") { &object.required } else { &object.possible };
            let lets_nothing_through = !name.starts_with("allowed.");
            let can_lack = |field: &str| field == "grant" && lets_nothing_through;
            let missing: Vec<_> =
                expected.difference(&object.present).filter(|field| !can_lack(field)).collect();
            assert!(missing.is_empty(), "{name} {}: lacks {missing:?}", object.path);
            if name.ends_with(".min.json") && !object.path.ends_with("/origin") {
                assert_eq!(&object.present, expected, "{name} {}", object.path);
            }
            fields += object.present.len();
        }
    }
    assert!(fields > 500, "only {fields} fields were looked at: the schemas have another form than expected");
}
