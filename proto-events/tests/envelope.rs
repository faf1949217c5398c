//! A recorded event as JSON: a reader on another machine gets every byte that the log has.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

#[path = "support/samples.rs"]
#[allow(dead_code, reason = "every test uses another part")]
mod samples;

use bytes::Bytes;
use bytestring::ByteString;
use proptest::prelude::*;
use proto_events::{
    Actor, ActorKind, Digest, Event, ExecutionEvent, Finished, GlobalPosition, Json, NewEvent, RecordedEvent,
    StreamId, StreamVersion, TenantId, Timestamp,
};
use uuid::Uuid;

fn with_payload(payload: impl Into<Bytes>) -> RecordedEvent {
    let mut recorded = samples::recorded(&samples::full()[0]);
    recorded.event.payload = payload.into();
    recorded
}

fn through_json(recorded: &RecordedEvent) -> RecordedEvent {
    serde_json::from_slice(&serde_json::to_vec(recorded).unwrap()).unwrap()
}

#[test]
fn every_event_comes_back_equal_and_decodes() {
    for event in samples::full().into_iter().chain(samples::minimal()) {
        let recorded = samples::recorded(&event);
        let back = through_json(&recorded);
        assert_eq!(back, recorded);
        let inner = &back.event;
        assert_eq!(Event::decode(&inner.event_type, inner.schema_version, &inner.payload).unwrap(), event);
    }
}

#[test]
fn the_payload_is_kept_to_the_letter() {
    for payload in [
        r#"{ "a" : 1.0 ,"b":[ 1e2,1E+2, -0, -0.0 ] }"#,
        "{\n  \"z\": 1,\n\t\"a\": 2,\r\n  \"z\": 3\n}",
        r#"{"n":123456789012345678901234567890.123456789012345678901234567890}"#,
        r#"{"s":"\u00e4\/\uD83D\uDE00 ä😀","half":"\ud800"}"#,
        r#"{"huge":1e999}"#,
        "null",
        "\"\"",
        "0",
    ] {
        let back = through_json(&with_payload(payload));
        assert_eq!(std::str::from_utf8(&back.event.payload).unwrap(), payload);
        let pretty = serde_json::to_string_pretty(&with_payload(payload)).unwrap();
        assert!(pretty.contains(payload));
        assert_eq!(serde_json::from_str::<RecordedEvent>(&pretty).unwrap(), back);
    }
}

#[test]
fn a_deeply_nested_payload_neither_overflows_nor_changes() {
    let payload = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let recorded = with_payload(payload);
    assert_eq!(through_json(&recorded), recorded);
}

#[test]
fn a_payload_that_json_cannot_carry_is_refused_not_changed() {
    for (payload, reason) in [
        (&b" {}"[..], "white space around the JSON value"),
        (b"{}\n", "white space around the JSON value"),
        (b"", "EOF while parsing a value at line 1 column 0"),
        (b"{} {}", "trailing characters at line 1 column 4"),
        (b"{\"a\":\"\xff\"}", "invalid unicode code point at line 1 column 7"),
    ] {
        let error = serde_json::to_string(&with_payload(payload.to_vec())).unwrap_err();
        assert_eq!(error.to_string(), format!("payload of the event at position 7: {reason}"));
    }
}

#[test]
fn the_object_is_the_documented_one() {
    let mut recorded = with_payload(r#"{"a":1.0}"#);
    let expected = r#"{"position":7,"event_id":"019bc1d2-4f3e-7a1b-8c2d-3e4f5a6b7c8d","tenant":"acme","stream":"execution-0a4c2a3e-6f1b-5d0e-8c7d-2b9f4e1a6c35","version":2,"previous_position":5,"type":"initiated","schema_version":2,"recorded_at":"2026-01-15T10:30:00.987654Z","actor":{"kind":"agent","id":"runtime-1"},"correlation_id":"019bc1d2-0000-7000-8000-000000000001","causation_id":"019bc1d2-0000-7000-8000-000000000002","leaf_hash":"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5","data":{"a":1.0}}"#;
    assert_eq!(serde_json::to_string(&recorded).unwrap(), expected);
    recorded.previous = None;
    recorded.event.causation_id = None;
    let first = serde_json::to_string(&recorded).unwrap();
    assert!(
        first.contains(r#""previous_position":null"#) && first.contains(r#""causation_id":null"#),
        "{first}"
    );
    assert_eq!(through_json(&recorded), recorded);
}

#[test]
fn a_reader_passes_over_keys_it_does_not_know_and_misses_those_it_needs() {
    let recorded = with_payload("{}");
    let text = serde_json::to_string(&recorded).unwrap();
    let grown = text.replacen('{', r#"{"traceparent":"00-ab-cd-01","#, 1);
    assert_eq!(serde_json::from_str::<RecordedEvent>(&grown).unwrap(), recorded);
    let error = serde_json::from_str::<RecordedEvent>(&text.replace(r#""tenant":"acme","#, "")).unwrap_err();
    assert!(error.to_string().starts_with("missing field `tenant`"), "{error}");
    let error = serde_json::from_str::<RecordedEvent>(&text.replace(r#""acme""#, r#""a.b""#)).unwrap_err();
    assert!(error.to_string().starts_with("`a.b` is no tenant: use 1 to 64 ASCII letters"), "{error}");
}

#[test]
fn a_null_that_was_given_is_not_the_same_as_nothing() {
    for result in [None, Some("null"), Some("[]")] {
        let finished = Finished {
            call: samples::call(),
            result: result.map(|text| Json::from_text(text.to_owned()).unwrap()),
            error: None,
            reason: None,
            timing: None,
        };
        let event = Event::Execution(ExecutionEvent::Succeeded(finished));
        let payload = event.encode().unwrap();
        assert_eq!(Event::decode("succeeded", 1, &payload).unwrap(), event);
    }
}

#[test]
fn actors_and_their_kinds_have_names() {
    for kind in [ActorKind::Agent, ActorKind::User, ActorKind::Service, ActorKind::System] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert_eq!(Actor::new(kind, "x").to_string(), format!("{}:x", kind.as_str()));
    }
    assert_eq!(Actor::system("deadlines"), Actor::new(ActorKind::System, "deadlines"));
}

#[test]
fn a_recorded_event_is_built_from_slices_of_one_buffer() {
    let buffer = Bytes::from_static(b"acme execution-1 runtime-1 initiated {}");
    let text = |range: std::ops::Range<usize>| ByteString::try_from(buffer.slice(range)).unwrap();
    let tenant = TenantId::try_from(text(0..4)).unwrap();
    let stream = StreamId::try_from(text(5..16)).unwrap();
    let actor = Actor::agent(text(17..26));
    let base = buffer.as_ptr() as usize;
    assert_eq!(tenant.as_str().as_ptr() as usize, base);
    assert_eq!(stream.as_str().as_ptr() as usize, base + 5);
    assert_eq!(actor.id.as_ptr() as usize, base + 17);
}

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1.0".to_owned()),
        Just("1e2".to_owned()),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(|number| format!("{number:?}")),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[ {}]", items.join(" ,\n"))),
            prop::collection::vec((any::<String>(), inner), 0..4).prop_map(|members| {
                let member = |(key, value): (String, String)| {
                    format!("{}\t: {value}", serde_json::to_string(&key).unwrap())
                };
                format!("{{{} }}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn any_uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn any_recorded() -> impl Strategy<Value = RecordedEvent> {
    let place = (any::<u64>(), "[A-Za-z0-9_-]{1,64}", any_uuid(), any::<u64>(), any::<Option<u64>>());
    let event = (any_uuid(), any::<String>(), any::<u16>(), any::<i64>(), any::<String>());
    let links = (any_uuid(), proptest::option::of(any_uuid()), any::<[u8; 32]>(), json_text());
    (place, event, links).prop_map(|(place, event, links)| RecordedEvent {
        position: GlobalPosition::new(place.0),
        tenant: place.1.parse().unwrap(),
        stream: StreamId::execution(place.2),
        version: StreamVersion::new(place.3),
        previous: place.4.map(GlobalPosition::new),
        leaf_hash: Digest::new(links.2),
        event: NewEvent {
            event_id: event.0,
            event_type: event.1.into(),
            schema_version: event.2,
            recorded_at: Timestamp::from_micros(event.3),
            actor: Actor::user(event.4),
            correlation_id: links.0,
            causation_id: links.1,
            payload: links.3.into(),
        },
    })
}

proptest! {
    #[test]
    fn any_recorded_event_comes_back_equal(recorded in any_recorded()) {
        prop_assert_eq!(through_json(&recorded), recorded);
    }

    #[test]
    fn any_bytes_as_a_payload_are_decoded_or_refused(payload in any::<Vec<u8>>(), index in any::<prop::sample::Index>()) {
        let types = ExecutionEvent::TYPES;
        let _ = Event::decode(types[index.index(types.len())].0, 1, &payload);
    }

    #[test]
    fn facts_read_back_to_the_last_bit(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
        let text = serde_json::to_string(&number).unwrap();
        let back: f64 = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(back.to_bits(), number.to_bits());
    }
}
