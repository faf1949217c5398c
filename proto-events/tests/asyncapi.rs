//! The description of the bus has everything that goes over it, and what goes over it is as it says. That it is the generated
//! one is held where the description of the HTTP API can be seen: `crates/api/tests/asyncapi.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are outside of `#[test]` functions")]

#[path = "support/samples.rs"]
#[allow(dead_code, reason = "every test uses another part")]
mod samples;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::LazyLock,
};

use jsonschema::Validator;
use proto_events::{
    BusCommand, Event, Message, NotificationType, Redaction, Step, Subject, UPCASTS, Upcast, schemas,
};
use serde_json::{Map, Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("asyncapi.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
});

/// What judges the payload of each message; made once, as each has all the schemas in it.
static PAYLOADS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let messages = DOCUMENT["components"]["messages"].as_object().unwrap();
    let judge = |(name, message): (&'static String, &Value)| {
        let schema = json!({"allOf": [message["payload"]], "components": DOCUMENT["components"]});
        (name.as_str(), validator(&schema))
    };
    messages.iter().map(judge).collect()
});

fn validator(schema: &Value) -> Validator {
    jsonschema::draft7::options().should_validate_formats(true).build(schema).unwrap()
}

/// The reasons why `value` is not what `validator` judges by.
fn errors(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| error.to_string()).collect()
}

/// The channel of an address, and the names of the messages that it can have.
fn channel(address: &str) -> (&'static str, BTreeSet<&'static str>) {
    let channels = DOCUMENT["channels"].as_object().unwrap();
    let (key, channel) = channels
        .iter()
        .find(|(_, channel)| channel["address"] == address)
        .unwrap_or_else(|| panic!("no channel has the address {address}"));
    (key, channel["messages"].as_object().unwrap().keys().map(String::as_str).collect())
}

/// A message is as the document says: address, headers and payload.
fn is_described(message: &Message, address: &str, name: &str) {
    let (_, messages) = channel(address);
    assert!(messages.contains(name), "{name} is not on {address}");
    let described = &DOCUMENT["components"]["messages"][name];
    let payload = serde_json::from_slice(&message.payload).unwrap();
    assert_eq!(errors(&PAYLOADS[name], &payload), [""; 0], "{name}");
    let mut headers: Map<_, _> =
        message.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    headers.insert("Nats-Msg-Id".to_owned(), json!(message.id));
    assert_eq!(errors(&validator(&described["headers"]), &json!(headers)), [""; 0], "{name}");
    let known = described["headers"]["properties"].as_object().unwrap();
    assert_eq!(known.keys().collect::<BTreeSet<_>>(), headers.keys().collect(), "{name}");
    assert_eq!(described["contentType"], headers["content-type"], "{name}");
}

fn all_samples() -> impl Iterator<Item = Event> {
    samples::full().into_iter().chain(samples::minimal()).chain([samples::recorded_after_the_fact()])
}

#[test]
fn every_notification_is_as_it_is_described() {
    let mut seen = BTreeSet::new();
    for event in all_samples() {
        let recorded = samples::recorded(&event);
        let Some(message) = Message::notification(&recorded, &event, &Redaction::default()).unwrap() else {
            continue;
        };
        let subject = message.subject.as_str();
        let address = subject.replacen("acme", "{tenant}", 1).replacen(
            &samples::EXECUTION.to_string(),
            "{executionId}",
            1,
        );
        let payload: Value = serde_json::from_slice(&message.payload).unwrap();
        let name = payload["type"].as_str().unwrap();
        is_described(&message, &address, name);
        seen.insert(name.to_owned());

        let (_, messages) = channel(&address);
        assert_eq!(messages, [name].into(), "{address}");
        for other in NotificationType::ALL.map(NotificationType::as_str) {
            assert_eq!(PAYLOADS[other].is_valid(&payload), other == name, "{other}");
        }
    }
    assert_eq!(seen.len(), NotificationType::ALL.len());
}

#[test]
fn every_recorded_event_is_as_it_is_described() {
    let address = "vidimus.v1.{tenant}.recorded.{stream}.{type}";
    let mut seen = BTreeSet::new();
    for event in all_samples() {
        let recorded = samples::recorded(&event);
        let (event_type, version) = event.event_type();
        let message = Message::recorded(&recorded).unwrap();
        let expected = address
            .replace("{tenant}", "acme")
            .replace("{stream}", recorded.stream.as_str())
            .replace("{type}", event_type);
        assert_eq!(message.subject.as_str(), expected);
        let name = format!("io.vidimus.{event_type}.v{version}");
        is_described(&message, address, &name);
        seen.insert(event_type);

        let mut wrong: Value = serde_json::from_slice(&message.payload).unwrap();
        wrong["data"]["data"] = json!(1);
        assert!(!PAYLOADS[&*name].is_valid(&wrong));
    }
    // What was recorded in a shape that is no longer written is still on the bus.
    for Upcast { event_type, from, .. } in UPCASTS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens");
        let golden = fs::read_to_string(folder.join(format!("{event_type}.v{from}.json"))).unwrap();
        let event = Event::decode(event_type, *from, golden.trim_end().as_bytes()).unwrap();
        let mut recorded = samples::recorded(&event);
        recorded.event.schema_version = *from;
        recorded.event.payload = golden.trim_end().to_owned().into();
        let message = Message::recorded(&recorded).unwrap();
        is_described(&message, address, &format!("io.vidimus.{event_type}.v{from}"));
    }
    let (key, messages) = channel(address);
    assert_eq!(messages.len(), seen.len() + UPCASTS.len());
    assert_eq!(schemas().iter().filter(|(file, _)| file.contains(".v")).count(), seen.len());
    let types = DOCUMENT["channels"][key]["parameters"]["type"]["enum"].as_array().unwrap();
    assert_eq!(types.iter().map(|name| name.as_str().unwrap()).collect::<BTreeSet<_>>(), seen);
}

#[test]
fn every_command_is_a_request_with_a_reply() {
    for command in BusCommand::ALL {
        let execution = command.names_execution().then_some(samples::EXECUTION);
        let address = Subject::command(&"acme".parse().unwrap(), command, execution)
            .as_str()
            .replacen("acme", "{tenant}", 1)
            .replacen(&samples::EXECUTION.to_string(), "{executionId}", 1);
        let (key, _) = channel(&address);
        let operation = &DOCUMENT["operations"][command.as_str()];
        assert_eq!(operation["action"], "receive", "{key}");
        assert_eq!(operation["channel"]["$ref"], format!("#/channels/{key}"));
        assert_eq!(operation["bindings"]["nats"]["queue"], "vidimus");
        assert_eq!(operation["security"], json!([{"$ref": "#/components/securitySchemes/key"}]));
        assert_eq!(operation["reply"]["channel"]["$ref"], "#/channels/answer");
        let parameters = DOCUMENT["channels"][key]["parameters"].as_object().unwrap();
        assert_eq!(parameters.contains_key("executionId"), execution.is_some(), "{key}");
    }
    let of = |name: &str, body: Value| errors(&PAYLOADS[name], &body);
    assert_eq!(of("command.approve", json!({"arguments_digest": samples::ARGUMENTS_DIGEST})), [""; 0]);
    assert_eq!(of("command.approve", json!({})), [""; 0]);
    assert!(!of("command.approve", json!({"digest": 1})).is_empty());
    assert!(!of("command.deny", json!({})).is_empty());
    assert_eq!(of("command.get", json!({"wait": "30s", "until": "decided"})), [""; 0]);
    assert!(!of("command.get", json!({"wait": "61s"})).is_empty());
    assert!(!of("command.get", json!({"await": "1s"})).is_empty());
    assert_eq!(of("command.list_approvals", json!({"limit": 3})), [""; 0]);
    let proposal = json!({"agent": "a", "conversation": "c", "function": "shop.refund", "arguments": {}});
    assert_eq!(of("command.propose", proposal), [""; 0]);
    assert!(!of("command.propose", json!({"agent": "a"})).is_empty());
}

#[test]
fn it_has_nothing_but_that() {
    let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let notifications = NotificationType::ALL.map(|kind| Step::of(kind).as_str());
    let commands = BusCommand::ALL.map(BusCommand::as_str);
    let channels = notifications
        .map(|step| format!("notification.{step}"))
        .into_iter()
        .chain(commands.map(|command| format!("command.{command}")))
        .chain(["recorded".to_owned(), "answer".to_owned()]);
    assert_eq!(keys(&DOCUMENT["channels"]), channels.collect());
    let operations = notifications
        .map(|step| format!("notify.{step}"))
        .into_iter()
        .chain(commands.map(str::to_owned))
        .chain(["record".to_owned()]);
    assert_eq!(keys(&DOCUMENT["operations"]), operations.collect());
    // The events' in every version, the notifications', the commands'; an execution, a page of approvals, a problem.
    let messages = schemas().len() - 3 + UPCASTS.len() + notifications.len() + commands.len() + 3;
    assert_eq!(keys(&DOCUMENT["components"]["messages"]).len(), messages);
}

/// Every reference in `value`, with what stands beside it.
fn references<'v>(value: &'v Value, found: &mut Vec<(&'v str, usize)>) {
    match value {
        Value::Object(members) => {
            found.extend(
                members.get("$ref").and_then(Value::as_str).map(|target| (target, members.len() - 1)),
            );
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn its_schemas_are_draft_07_and_all_there() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        let valid = jsonschema::draft7::meta::validate(schema);
        assert!(valid.is_ok(), "{name}: {valid:?}");
        for newer in ["$defs", "prefixItems", "unevaluatedProperties", "dependentRequired", "$dynamicRef"] {
            assert!(!schema.to_string().contains(&format!("\"{newer}\"")), "{name} has {newer}");
        }
    }
    let mut found = Vec::new();
    references(&DOCUMENT, &mut found);
    for (target, beside) in found {
        assert!(DOCUMENT.pointer(&target[1..]).is_some(), "{target} is not there");
        assert_eq!(beside, 0, "beside {target} there is what draft-07 passes over");
    }
}
