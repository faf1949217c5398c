//! The checked-in schemas are the generated ones, and describe what is written. `UPDATE_SCHEMAS=1` writes them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

#[path = "support/samples.rs"]
#[allow(dead_code, reason = "every test uses another part")]
mod samples;

use std::{collections::BTreeSet, fs, path::PathBuf};

use proto_events::{
    Digest, Event, FunctionName, Notification, NotificationType, Redaction, StreamId, TenantId, schemas,
};
use samples::types;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn schema(name: &str) -> Value {
    schemas().into_iter().find(|(known, _)| known == name).unwrap().1.to_value()
}

fn is_valid(schema: &Value, value: &Value) -> bool {
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).unwrap().is_valid(value)
}

/// The definition `name` in a schema, as a schema of its own.
fn definition(schema: &Value, name: &str) -> Value {
    let mut definition = schema["$defs"][name].clone();
    assert!(definition.is_object(), "no definition {name}");
    definition["$defs"] = schema["$defs"].clone();
    definition
}

#[test]
fn the_checked_in_schemas_are_the_generated_ones() {
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1");
    let mut differing = Vec::new();
    for (name, schema) in schemas() {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        let path = folder().join(&name);
        if update {
            fs::write(&path, &text).unwrap();
        }
        if fs::read_to_string(&path).ok().as_deref() != Some(&*text) {
            differing.push(name);
        }
    }
    assert!(differing.is_empty(), "{differing:?}: look at the change, then `UPDATE_SCHEMAS=1`");
}

#[test]
fn no_other_file_is_in_the_folder_but_schemas_of_old_versions() {
    let generated: BTreeSet<_> = schemas().into_iter().map(|(name, _)| name).collect();
    let old: BTreeSet<_> = types()
        .into_iter()
        .flat_map(|(name, version)| (1..version).map(move |old| format!("{name}.v{old}.schema.json")))
        .collect();
    let there: BTreeSet<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, generated.union(&old).cloned().collect());
}

#[test]
fn every_event_has_one_schema_and_every_schema_is_draft_2020_12() {
    let all = schemas();
    let names: BTreeSet<_> = all.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names.len(), all.len());
    assert_eq!(all.len(), types().len() + 3);
    for (name, schema) in all {
        let schema = schema.to_value();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
        assert!(schema["title"].is_string() && schema["description"].is_string(), "{name}");
    }
}

#[test]
fn the_recorded_event_schema_describes_what_is_written() {
    let schema = schema("recorded_event.schema.json");
    for event in samples::full() {
        let mut recorded = samples::recorded(&event);
        let written = serde_json::to_value(&recorded).unwrap();
        assert!(is_valid(&schema, &written), "{written}");
        let properties: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(properties, written.as_object().unwrap().keys().collect());
        recorded.previous = None;
        recorded.event.causation_id = None;
        let first = serde_json::to_value(&recorded).unwrap();
        assert!(first["previous_position"].is_null() && first["causation_id"].is_null());
        assert!(is_valid(&schema, &first));
        for key in written.as_object().unwrap().keys() {
            let mut lacking = written.clone();
            lacking.as_object_mut().unwrap().remove(key);
            assert!(!is_valid(&schema, &lacking), "{key} is always written");
        }
    }
}

#[test]
fn the_notification_schema_has_the_known_keys_and_no_other() {
    let schema = schema("notification.schema.json");
    for event in samples::full().iter().chain(&samples::minimal()) {
        let Some(notification) = Notification::of(&samples::recorded(event), event, &Redaction::default())
        else {
            continue;
        };
        let written = serde_json::to_value(&notification).unwrap();
        assert!(is_valid(&schema, &written), "{written}");
        for object in ["", "/eventMessage"] {
            for key in written.pointer(object).unwrap().as_object().unwrap().keys() {
                let mut lacking = written.clone();
                lacking.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(key);
                assert!(!is_valid(&schema, &lacking), "{object}/{key} is always written");
            }
            let mut extended = written.clone();
            extended.pointer_mut(object).unwrap()["extra"] = json!(1);
            assert!(!is_valid(&schema, &extended));
            assert!(serde_json::from_value::<Notification>(extended).is_err());
        }
    }
    let types = definition(&schema, "NotificationType");
    for kind in NotificationType::ALL {
        assert!(is_valid(&types, &json!(kind.as_str())));
    }
    assert!(!is_valid(&types, &json!("NOTIFICATION_TOOL_EXECUTION_OTHER")));
}

/// `schema` accepts exactly the texts that `T` reads.
fn agree<T: std::str::FromStr>(schema: &Value, texts: &[String]) {
    for text in texts {
        assert_eq!(is_valid(schema, &json!(text)), text.parse::<T>().is_ok(), "{text:?}");
    }
    assert!(texts.iter().any(|text| text.parse::<T>().is_ok()), "no text is accepted");
    assert!(texts.iter().any(|text| text.parse::<T>().is_err()), "no text is refused");
}

#[test]
fn the_patterns_are_the_grammars() {
    let recorded = schema("recorded_event.schema.json");
    let mut names: Vec<String> = [
        "",
        "acme",
        "ACME_2-b",
        "a b",
        "a.b",
        "a*",
        ">",
        "ä",
        "a\n",
        "execution-1",
        "execution-",
        "-1",
        "_-_",
        "E-1",
        "e1-1",
        "execution-a.b",
        "execution",
        "erp.create",
        "erp.",
        ".create",
        "erp.a.b",
        "erp.Größe 2",
        "erp.a\u{7f}",
        "erp.a\u{85}",
        "erp.a\tb",
        "erp.a\n",
        "e p.a",
        "erp.\u{1f600}",
        "erp.\u{a0}",
    ]
    .map(str::to_owned)
    .to_vec();
    for length in [1, 63, 64, 65, 118, 119, 126, 127, 128, 254, 255, 256] {
        names.push("a".repeat(length));
        names.push(format!("execution-{}", "a".repeat(length)));
        names.push(format!("e-{}", "a".repeat(length)));
        names.push(format!("erp.{}", "ä".repeat(length)));
        names.push(format!("{}.a", "a".repeat(length)));
    }
    agree::<TenantId>(&definition(&recorded, "TenantId"), &names);
    agree::<StreamId>(&definition(&recorded, "StreamId"), &names);
    agree::<FunctionName>(&definition(&schema("initiated.v2.schema.json"), "FunctionName"), &names);

    let digest = definition(&recorded, "Digest");
    for (text, ok) in [
        ("0f".repeat(32), true),
        ("0f".repeat(31), false),
        ("0f".repeat(33), false),
        ("0g".repeat(32), false),
    ] {
        assert_eq!(is_valid(&digest, &json!(text)), ok, "{text}");
        assert_eq!(text.parse::<Digest>().is_ok(), ok, "{text}");
    }
    assert!(!is_valid(&digest, &json!("0F".repeat(32))), "digests are written in lower case");
    let timestamp = definition(&recorded, "Timestamp");
    assert!(is_valid(&timestamp, &json!("2026-01-15T10:30:00.5Z")));
    assert!(!is_valid(&timestamp, &json!("2026-01-15")) && !is_valid(&timestamp, &json!(1)));
}

#[test]
fn a_json_field_takes_any_value() {
    let schema = schema("recorded_event.schema.json");
    for value in
        [json!(null), json!(1.5), json!("a"), json!([1, [2]]), json!({"a": {"b": null}}), json!(true)]
    {
        let mut recorded = samples::recorded(&samples::full()[0]);
        recorded.event.payload = value.to_string().into();
        assert!(is_valid(&schema, &serde_json::to_value(&recorded).unwrap()), "{value}");
    }
}

/// Fields that are always written and that version 1 did not have: what lacks them is read all the same.
const READ_WITHOUT: [(&str, &str); 1] = [("approval_required", "stage")];

#[test]
fn a_payload_schema_refuses_what_decode_refuses() {
    for event in samples::full() {
        let (event_type, version) = event.event_type();
        let schema = schema(&format!("{event_type}.v{version}.schema.json"));
        let payload: Value = serde_json::from_slice(&event.encode().unwrap()).unwrap();
        for key in payload.as_object().unwrap().keys() {
            let mut lacking = payload.clone();
            lacking.as_object_mut().unwrap().remove(key);
            let read = Event::decode(event_type, version, lacking.to_string().as_bytes()).is_ok();
            let expected = read && !READ_WITHOUT.contains(&(event_type, key));
            assert_eq!(is_valid(&schema, &lacking), expected, "{event_type} without {key}");
            let mut wrong = payload.clone();
            wrong[key] = json!({"kind": 1});
            let read = Event::decode(event_type, version, wrong.to_string().as_bytes()).is_ok();
            assert_eq!(is_valid(&schema, &wrong), read, "{event_type} with a wrong {key}");
        }
    }
}
