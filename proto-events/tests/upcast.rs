//! Reading old, newer and broken payloads. How a typed old version is read is tested beside `event::read`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

use proto_events::{DecodeError, Event, Json, PayloadFields, UPCASTS, Upcast, upcast_with};

fn fields(text: &str) -> PayloadFields {
    serde_json::from_str(text).unwrap()
}

fn text(value: &str) -> Json {
    Json::from_text(value.to_owned()).unwrap()
}

fn rename_amount(mut fields: PayloadFields) -> PayloadFields {
    let amount = fields.remove("amount").unwrap_or_else(|| text("0"));
    fields.insert("amount_cents".to_owned(), amount);
    fields
}

fn add_currency(mut fields: PayloadFields) -> PayloadFields {
    fields.insert("currency".to_owned(), text("\"EUR\""));
    fields
}

/// Not in order, and with a step of another type in between.
const STEPS: [Upcast; 3] = [
    Upcast { event_type: "order", from: 2, step: add_currency },
    Upcast { event_type: "invoice", from: 1, step: |_| PayloadFields::new() },
    Upcast { event_type: "order", from: 1, step: rename_amount },
];

#[test]
fn two_steps_lead_from_version_1_to_version_3() {
    let old = r#"{"arguments": {"z": 1.0, "a": 1e2}, "amount": 5}"#;
    let new = upcast_with(&STEPS, "order", 1, 3, fields(old)).unwrap();
    let expected = fields(r#"{"arguments": {"z": 1.0, "a": 1e2}, "amount_cents": 5, "currency": "EUR"}"#);
    assert_eq!(new, expected);
    assert_eq!(new["arguments"].as_str(), r#"{"z": 1.0, "a": 1e2}"#, "an untouched field keeps every byte");
}

#[test]
fn one_step_or_none_is_taken_where_one_or_none_is_needed() {
    let one = upcast_with(&STEPS, "order", 2, 3, fields(r#"{"amount":5}"#)).unwrap();
    assert_eq!(one, fields(r#"{"amount":5,"currency":"EUR"}"#));
    let none = upcast_with(&[], "order", 3, 3, fields(r#"{"amount":5}"#)).unwrap();
    assert_eq!(none, fields(r#"{"amount":5}"#));
}

#[test]
fn a_missing_step_gives_none() {
    for (event_type, from, to) in [
        ("order", 0, 3),        // no first step
        ("order", 1, 4),        // no last step
        ("invoice", 1, 3),      // no second step
        ("other", 1, 2),        // no step of the type
        ("order", 3, 1),        // back in time
        ("order", u16::MAX, 1), // far back in time
        ("order", 1, u16::MAX), // far ahead
    ] {
        assert_eq!(upcast_with(&STEPS, event_type, from, to, fields("{}")), None, "{event_type} {from} {to}");
    }
}

#[test]
fn every_step_reads_the_goldens_of_its_version_and_leaves_every_field_as_it_is() {
    assert!(!UPCASTS.is_empty());
    for Upcast { event_type, from, step } in UPCASTS {
        let golden = |suffix: &str| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/goldens");
            let path = format!("{folder}/{event_type}.v{from}{suffix}.json");
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        for text in [golden(""), golden(".min")] {
            let old = fields(&text);
            let new = step(old.clone());
            for (name, value) in old {
                assert_eq!(new.get(&name), Some(&value), "{event_type} version {from}: `{name}`");
            }
            assert!(Event::decode(event_type, *from, text.as_bytes()).is_ok(), "{event_type} version {from}");
            let newest = Event::decode(event_type, from + 1, text.as_bytes());
            assert_eq!(newest, Event::decode(event_type, *from, text.as_bytes()), "it has only grown");
        }
    }
}

fn refused(event_type: &str, schema_version: u16, payload: &[u8]) -> (DecodeError, String) {
    let error = Event::decode(event_type, schema_version, payload).unwrap_err();
    (error.clone(), error.to_string())
}

#[test]
fn a_version_above_the_current_one_is_unknown() {
    let (error, message) = refused("initiated", 3, b"{}");
    assert_eq!(error, DecodeError::UnknownVersion { event_type: "initiated".to_owned(), schema_version: 3 });
    assert_eq!(
        message,
        "unknown version 3 of event type `initiated`: it was written by a newer version; upgrade this program"
    );
}

#[test]
fn an_unknown_type_is_unknown() {
    for event_type in ["exploded", "", "Initiated", "initiated "] {
        let (error, message) = refused(event_type, 1, b"{}");
        assert_eq!(error, DecodeError::UnknownType { event_type: event_type.to_owned() });
        assert_eq!(
            message,
            format!(
                "unknown event type `{event_type}`: it was written by a newer version; upgrade this program"
            )
        );
    }
}

#[test]
fn a_broken_payload_does_not_have_its_shape() {
    for (payload, reason) in [
        (&b"{}"[..], "missing field `call` at line 1 column 2"),
        (b"", "EOF while parsing a value at line 1 column 0"),
        (b"[]", "invalid length 0, expected struct Reattempted with 2 elements at line 1 column 2"),
        (b"{\"call\":\"\xff\"}", "invalid utf-8 sequence of 1 bytes from index 9"),
        (
            br#"{"call":{"agent":"a","conversation":"c","function":"nodot"},"count":1}"#,
            "`nodot` is no function: use `connection.function`: 1 to 64 ASCII letters, digits, `_` and `-`, a dot, \
             and 1 to 255 characters without control characters at line 1 column 58",
        ),
        (
            br#"{"call":{"agent":"a","conversation":"c","function":7},"count":1}"#,
            "invalid type: integer `7`, expected `connection.function`: 1 to 64 ASCII letters, digits, `_` and `-`, a \
             dot, and 1 to 255 characters without control characters at line 1 column 52",
        ),
        (
            br#"{"call":{"agent":"a","conversation":"c","function":"a.b"},"count":1}x"#,
            "trailing characters at line 1 column 69",
        ),
    ] {
        let (error, message) = refused("reattempted", 1, payload);
        let expected = DecodeError::Shape {
            event_type: "reattempted".to_owned(),
            schema_version: 1,
            reason: reason.to_owned(),
        };
        assert_eq!(error, expected);
        assert_eq!(
            message,
            format!(
                "payload of event type `reattempted` version 1 does not have its shape: {reason}; run `vidimus log verify`"
            )
        );
    }
}
