//! Messages of the bus, to the letter, and the subjects of the commands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

#[path = "support/samples.rs"]
#[allow(dead_code, reason = "every test uses another part")]
mod samples;

use std::collections::BTreeSet;

use proto_events::{
    BusCommand, CloudEvent, Event, ExecutionEvent, Json, Message, Notification, Redaction, Subject, TenantId,
    header,
};
use serde_json::{Value, json};

const EVENT: &str = "019bc1d2-4f3e-7a1b-8c2d-3e4f5a6b7c8d";
const TRACEPARENT: &str = "00-019bc1d2000070008000000000000001-8c2d3e4f5a6b7c8d-01";

fn sample(event_type: &str) -> Event {
    samples::full().into_iter().find(|event| event.event_type().0 == event_type).unwrap()
}

fn notification(event: &Event, redaction: &Redaction) -> Option<Message> {
    Message::notification(&samples::recorded(event), event, redaction).unwrap()
}

/// What every message of a stream says in its headers.
fn headers(content_type: &str) -> Vec<(&'static str, String)> {
    [
        ("Vidimus-Position", "7"),
        ("Vidimus-Leaf-Hash", &"a5".repeat(32)),
        ("Vidimus-Tenant", "acme"),
        ("Vidimus-Event-Id", EVENT),
        ("traceparent", TRACEPARENT),
        ("content-type", content_type),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

#[test]
fn a_notification_is_its_payload_to_the_letter_and_the_rest_is_in_headers() {
    let event = sample("approval_required");
    let message = notification(&event, &Redaction::default()).unwrap();
    let expected = format!("vidimus.v1.acme.tool_execution.{}.approval.required", samples::EXECUTION);
    assert_eq!(message.subject.as_str(), expected);
    assert_eq!(message.id, format!("acme/{EVENT}"));
    assert_eq!(message.headers, headers("application/json"));
    let notification = Notification::of(&samples::recorded(&event), &event, &Redaction::default()).unwrap();
    assert_eq!(message.payload, serde_json::to_vec(&notification).unwrap());
    assert!(message.payload.starts_with(br#"{"type":"NOTIFICATION_TOOL_EXECUTION_APPROVAL_REQUIRED","#));
}

#[test]
fn what_is_on_record_only_has_no_notification_and_is_published_all_the_same() {
    let mut silent = BTreeSet::new();
    for event in samples::full().iter().chain(&samples::minimal()) {
        let recorded = samples::recorded(event);
        assert_eq!(
            notification(event, &Redaction::default()).is_some(),
            Notification::of(&recorded, event, &Redaction::default()).is_some()
        );
        if notification(event, &Redaction::default()).is_none() {
            silent.insert(event.event_type().0);
        }
        let expected = format!("vidimus.v1.acme.recorded.{}.{}", recorded.stream, event.event_type().0);
        assert_eq!(Message::recorded(&recorded).unwrap().subject.as_str(), expected);
    }
    assert!(silent.is_superset(&["allowed", "permitted", "reattempted", "key_created"].into()), "{silent:?}");
}

#[test]
fn an_event_outside_of_an_execution_has_no_notification() {
    let event = sample("initiated");
    let mut recorded = samples::recorded(&event);
    recorded.stream = "execution-other".parse().unwrap();
    assert_eq!(Message::notification(&recorded, &event, &Redaction::default()).unwrap(), None);
}

#[test]
fn a_notification_leaves_out_what_is_to_be_left_out_and_keeps_the_digest() {
    let Event::Execution(ExecutionEvent::ApprovalRequired(mut required)) = sample("approval_required") else {
        unreachable!()
    };
    required.arguments = Json::from_text(r#"{"token":"s3cret","to":"mira"}"#.to_owned()).unwrap();
    required.sensitive.clear();
    let event = Event::Execution(ExecutionEvent::ApprovalRequired(required));
    let message = notification(&event, &Redaction::default()).unwrap();
    let payload: Value = serde_json::from_slice(&message.payload).unwrap();
    let request = &payload["eventMessage"]["toolExecutionApprovalRequest"];
    assert_eq!(request["arguments"], json!({"token": "[redacted]", "to": "mira"}));
    assert_eq!(request["redacted"], json!(["/token"]));
    assert_eq!(request["argumentsDigest"], samples::ARGUMENTS_DIGEST);
    let all = Message::recorded(&samples::recorded(&event)).unwrap();
    assert!(String::from_utf8_lossy(&all.payload).contains("s3cret"), "the record has everything");
}

/// What an approval request shows of `arguments`, and what it says is left out.
fn shown(redaction: &Redaction, sensitive: &[&str], arguments: &str) -> (String, Value) {
    let Event::Execution(ExecutionEvent::ApprovalRequired(mut required)) = sample("approval_required") else {
        unreachable!()
    };
    required.arguments = Json::from_text(arguments.to_owned()).unwrap();
    required.sensitive = sensitive.iter().map(|name| (*name).to_owned()).collect();
    let event = Event::Execution(ExecutionEvent::ApprovalRequired(required));
    let notification = Notification::of(&samples::recorded(&event), &event, redaction).unwrap();
    let request = notification.event_message.tool_execution_approval_request.unwrap();
    assert_eq!(request.arguments_digest.to_string(), samples::ARGUMENTS_DIGEST, "of all of them");
    (request.arguments.as_str().to_owned(), json!(request.redacted))
}

#[test]
fn what_the_catalogue_calls_sensitive_is_left_out_as_well_at_any_depth() {
    let given =
        r#"{"iban":"DE1","lines":[{"to":{"IBAN":"DE2","amount":1}},{"i-ban":["DE3"]}],"password":"p"}"#;
    let usual = Redaction::default();
    let (text, redacted) = shown(&usual, &["Iban"], given);
    let expected = r#"{"iban":"[redacted]","lines":[{"to":{"IBAN":"[redacted]","amount":1}},{"i-ban":"[redacted]"}],"password":"[redacted]"}"#;
    assert_eq!(text, expected);
    assert_eq!(redacted, json!(["/iban", "/lines/0/to/IBAN", "/lines/1/i-ban", "/password"]));
    // The catalogue's word holds where the installation leaves out nothing, and takes nothing back.
    assert_eq!(
        shown(&Redaction::none(), &["Iban"], given).1,
        json!(["/iban", "/lines/0/to/IBAN", "/lines/1/i-ban"])
    );
    assert_eq!(shown(&usual, &[], given).1, json!(["/password"]));
    assert_eq!(shown(&usual, &["", "-_"], given).1, json!(["/password"]), "a name of nothing names nothing");
    assert_eq!(
        shown(&Redaction::none(), &["amount"], r#"{"a":1.0}"#),
        (r#"{"a":1.0}"#.to_owned(), json!([]))
    );
}

#[test]
fn no_other_notification_has_arguments() {
    for event in samples::full() {
        let Some(message) = notification(&event, &Redaction::none()) else { continue };
        let text = String::from_utf8_lossy(&message.payload).into_owned();
        let has_them = text.contains("1250.5");
        assert_eq!(has_them, event.event_type().0 == "approval_required", "{text}");
    }
}

#[test]
fn a_recorded_event_is_a_cloud_event_to_the_letter() {
    let event = sample("approval_denied");
    let recorded = samples::recorded(&event);
    let message = Message::recorded(&recorded).unwrap();
    assert_eq!(message.id, format!("acme/{EVENT}"));
    assert_eq!(message.headers, headers("application/cloudevents+json"));
    let data = serde_json::to_string(&recorded).unwrap();
    let expected = [
        r#"{"specversion":"1.0""#.to_owned(),
        format!(r#""id":"{EVENT}""#),
        r#""source":"/vidimus/acme""#.to_owned(),
        r#""type":"io.vidimus.approval_denied.v3""#.to_owned(),
        format!(r#""subject":"execution-{}""#, samples::EXECUTION),
        r#""time":"2026-01-15T10:30:00.987654Z""#.to_owned(),
        r#""datacontenttype":"application/json""#.to_owned(),
        r#""tenant":"acme""#.to_owned(),
        r#""position":"7""#.to_owned(),
        format!(r#""leafhash":"{}""#, "a5".repeat(32)),
        format!(r#""traceparent":"{TRACEPARENT}""#),
        format!(r#""data":{data}}}"#),
    ];
    assert_eq!(std::str::from_utf8(&message.payload).unwrap(), expected.join(","));
}

/// CloudEvents 1.0: an attribute's name is of lower-case letters and digits.
#[test]
fn the_attributes_of_a_cloud_event_have_names_that_every_binding_takes() {
    let message = Message::recorded(&samples::recorded(&sample("initiated"))).unwrap();
    let payload: Value = serde_json::from_slice(&message.payload).unwrap();
    for name in payload.as_object().unwrap().keys() {
        let is_simple = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        assert!(is_simple && name.len() <= 20, "{name}");
    }
}

#[test]
fn a_recorded_event_comes_back_from_the_bus_to_the_letter() {
    for event in samples::full().iter().chain(&samples::minimal()) {
        let recorded = samples::recorded(event);
        let message = Message::recorded(&recorded).unwrap();
        let read: CloudEvent = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(read.log_position(), recorded.position);
        assert_eq!(read.data, recorded);
        assert_eq!(read, CloudEvent::of(recorded));
    }
    // Also a spelling that no value would keep.
    let mut recorded = samples::recorded(&sample("initiated"));
    recorded.event.payload = r#"{ "z":1.0, "a":1e400, "z":"\u0061" }"#.into();
    let message = Message::recorded(&recorded).unwrap();
    let read: CloudEvent = serde_json::from_slice(&message.payload).unwrap();
    assert_eq!(read.data.event.payload, recorded.event.payload);
    recorded.event.payload = "{".into();
    assert!(Message::recorded(&recorded).is_err(), "what is no JSON is not sent");
}

#[test]
fn a_trace_is_the_correlation_id_and_its_span_is_of_the_event() {
    let mut recorded = samples::recorded(&sample("initiated"));
    let first = CloudEvent::of(recorded.clone()).traceparent;
    recorded.event.event_id = uuid::Uuid::from_u128(1);
    let second = CloudEvent::of(recorded).traceparent;
    assert_eq!(first, TRACEPARENT);
    assert_eq!(second, "00-019bc1d2000070008000000000000001-0000000000000001-01");
}

#[test]
fn the_names_of_headers_are_headers_of_nats() {
    for name in [
        header::POSITION,
        header::LEAF_HASH,
        header::TENANT,
        header::EVENT_ID,
        header::STATUS,
        header::TRACEPARENT,
        header::CONTENT_TYPE,
    ] {
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{name}");
    }
}

#[test]
fn a_command_has_a_subject_of_its_own() {
    let tenant: TenantId = "acme".parse().unwrap();
    let mut names = BTreeSet::new();
    for command in BusCommand::ALL {
        let name = command.as_str();
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert!(names.insert(name), "{name} is there twice");
        let subject = Subject::command(&tenant, command, None);
        assert_eq!(subject.as_str(), format!("vidimus.v1.acme.command.{name}"));
        let subject = Subject::command(&tenant, command, Some(samples::EXECUTION));
        assert_eq!(subject.as_str(), format!("vidimus.v1.acme.command.{name}.{}", samples::EXECUTION));
    }
    let of_none: Vec<_> = BusCommand::ALL.into_iter().filter(|command| !command.names_execution()).collect();
    assert_eq!(of_none, [BusCommand::Propose, BusCommand::ListApprovals]);
}
