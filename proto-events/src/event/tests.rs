//! The reading function on versions that do not exist (yet): a test-only type at version 2.

use serde::{Deserialize, Serialize};

use super::{
    AttemptEvent, CatalogueEvent, ConversationEvent, DecodeError, FreezeEvent, FunctionEvent, GrantEvent,
    KeyEvent, PolicyEvent, RegistryEvent, ReviewerEvent, WebhookEvent, read,
};
use crate::{Event, ExecutionEvent, Json, PayloadFields, UPCASTS, Upcast};

/// Version 2 of `test_note`. Version 1 had `words` instead of `text`, and no `urgent`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct NoteV2 {
    text: String,
    urgent: bool,
    attachment: Json,
}

fn note_v1_to_v2(mut fields: PayloadFields) -> PayloadFields {
    if let Some(words) = fields.remove("words") {
        fields.insert("text".to_owned(), words);
    }
    fields.insert("urgent".to_owned(), Json::from_value(&false.into()));
    fields
}

const STEPS: &[Upcast] = &[
    Upcast { event_type: "other", from: 1, step: |_| PayloadFields::new() },
    Upcast { event_type: "test_note", from: 1, step: note_v1_to_v2 },
];

fn read_note(steps: &[Upcast], version: u16, payload: &str) -> Result<NoteV2, DecodeError> {
    read(steps, "test_note", version, 2, payload.as_bytes())
}

#[test]
fn the_current_version_is_read_as_it_is() {
    let note = read_note(&[], 2, r#"{"text":"hello","urgent":true,"attachment":null}"#).unwrap();
    let attachment = Json::from_text("null".into()).unwrap();
    assert_eq!(note, NoteV2 { text: "hello".into(), urgent: true, attachment });
}

#[test]
fn an_old_version_is_read_by_its_step_and_untouched_fields_keep_every_byte() {
    let note = read_note(STEPS, 1, r#"{ "attachment": {"z": 1.0,  "a":1e2}, "words": "hello" }"#).unwrap();
    assert_eq!(note.text, "hello");
    assert!(!note.urgent);
    assert_eq!(note.attachment.as_str(), r#"{"z": 1.0,  "a":1e2}"#);
}

#[test]
fn an_old_version_without_a_step_is_unknown() {
    for version in [0, 1] {
        let error = read_note(&[], version, "{}").unwrap_err();
        let expected =
            DecodeError::UnknownVersion { event_type: "test_note".to_owned(), schema_version: version };
        assert_eq!(error, expected);
    }
}

#[test]
fn a_version_above_the_current_one_is_unknown_whatever_its_payload() {
    let error = read_note(STEPS, 3, "no json").unwrap_err();
    assert_eq!(error, DecodeError::UnknownVersion { event_type: "test_note".to_owned(), schema_version: 3 });
}

#[test]
fn a_payload_that_is_broken_before_or_after_its_step_says_where() {
    let reason = |result: Result<NoteV2, DecodeError>| match result.unwrap_err() {
        DecodeError::Shape { event_type, reason, .. } if event_type == "test_note" => reason,
        other => panic!("{other}"),
    };
    let before = reason(read_note(STEPS, 1, "[1]"));
    assert!(before.contains("expected a map"), "{before}");
    let after = reason(read_note(STEPS, 1, r#"{"words":"hello"}"#));
    assert!(after.contains("missing field `attachment`"), "{after}");
    let bytes = reason(read(STEPS, "test_note", 2, 2, b"{\"text\":\"\xff\"}"));
    assert_eq!(bytes, "invalid utf-8 sequence of 1 bytes from index 9");
}

fn types() -> Vec<(&'static str, u16)> {
    [
        ExecutionEvent::TYPES,
        FunctionEvent::TYPES,
        AttemptEvent::TYPES,
        KeyEvent::TYPES,
        RegistryEvent::TYPES,
        WebhookEvent::TYPES,
        CatalogueEvent::TYPES,
        FreezeEvent::TYPES,
        PolicyEvent::TYPES,
        GrantEvent::TYPES,
        ReviewerEvent::TYPES,
        ConversationEvent::TYPES,
    ]
    .concat()
}

#[test]
fn event_types_are_unique_over_all_categories() {
    let mut names: Vec<_> = types().into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), types().len());
}

#[test]
fn every_old_version_has_exactly_one_production_step() {
    for step in UPCASTS {
        let current = types().into_iter().find(|(name, _)| *name == step.event_type);
        assert!(current.is_some_and(|(_, current)| (1..current).contains(&step.from)), "{step:?}");
    }
    for (name, current) in types() {
        for from in 1..current {
            let steps = UPCASTS.iter().filter(|step| step.event_type == name && step.from == from);
            assert_eq!(steps.count(), 1, "{name} version {from}");
        }
        let below = DecodeError::UnknownVersion { event_type: name.to_owned(), schema_version: 0 };
        assert_eq!(Event::decode(name, 0, b"{}"), Err(below));
    }
}
