//! What is published: notifications, and recorded events as CloudEvents.

use serde_json::{Value, json};

use super::{
    PREFIX, Parts, channel, execution_parameter, headers, message_of,
    schemas::{OLD, component, published},
    tenant_parameter,
};
use crate::{CloudEvent, NotificationType, Step, header};

pub(super) fn add(parts: &mut Parts) {
    for kind in NotificationType::ALL {
        notification(parts, kind);
    }
    recorded(parts);
}

fn notification(parts: &mut Parts, kind: NotificationType) {
    let step = Step::of(kind).as_str();
    let (name, key) = (kind.as_str(), format!("notification.{step}"));
    let mut payload =
        json!({"allOf": [published("notification"), {"properties": {"type": {"const": name}}}]});
    if kind == NotificationType::ApprovalRequired {
        let message = json!({"properties": {"toolExecutionApprovalRequest": {"type": "object"}}});
        payload["allOf"][1]["properties"]["eventMessage"] = message;
    }
    let message = json!({
        "name": name,
        "title": format!("Notification: {step}"),
        "contentType": "application/json",
        "headers": stream_headers("application/json"),
        "payload": payload,
    });
    parts.messages.insert(name.to_owned(), message);
    let parameters = json!({"tenant": tenant_parameter(), "executionId": execution_parameter()});
    let address = format!("{PREFIX}.tool_execution.{{executionId}}.{step}");
    let description =
        "In the JetStream stream for notifications (`VIDIMUS_NOTIFICATIONS` unless told otherwise).";
    let made = channel(Some(&address), description, parameters, &[name.to_owned()]);
    parts.channels.insert(key.clone(), made);
    let operation = json!({
        "action": "send",
        "title": format!("Notify: {step}"),
        "channel": {"$ref": format!("#/channels/{key}")},
        "messages": [message_of(&key, name)],
    });
    parts.operations.insert(format!("notify.{step}"), operation);
}

/// Every type of event, with every version of its shape: each has a schema.
fn event_types() -> Vec<(String, u16)> {
    let schemas = crate::schemas();
    let names = schemas.iter().filter_map(|(file, _)| component(file).split_once(".v"));
    let current = names.filter_map(|(name, version)| Some((name.to_owned(), version.parse().ok()?)));
    let old = OLD.iter().map(|(name, version, _)| ((*name).to_owned(), *version));
    current.chain(old).collect()
}

fn recorded(parts: &mut Parts) {
    let types = event_types();
    let mut names = Vec::new();
    for (event_type, version) in &types {
        let name = CloudEvent::type_of(event_type, *version);
        let data = json!({"properties": {
            "type": {"const": event_type},
            "schema_version": {"const": version},
            "data": published(&format!("{event_type}.v{version}")),
        }});
        let message = json!({
            "name": name,
            "title": format!("Recorded event: {event_type}, version {version}"),
            "contentType": CloudEvent::MEDIA_TYPE,
            "headers": stream_headers(CloudEvent::MEDIA_TYPE),
            "payload": {"allOf": [
                published("cloud_event"),
                {"properties": {"type": {"const": name}, "data": data}},
            ]},
        });
        parts.messages.insert(name.clone(), message);
        names.push(name);
    }
    let old = |event_type: &str, version: u16| {
        OLD.iter().any(|(name, old, _)| (*name, *old) == (event_type, version))
    };
    let types = types.into_iter().filter(|(event_type, version)| !old(event_type, *version));
    let types: Vec<_> = types.map(|(event_type, _)| event_type).collect();
    let parameters = json!({
        "tenant": tenant_parameter(),
        "stream": {"description": "The stream of the log that the event belongs to, for example `execution-` and its id."},
        "type": {"description": "Type of the event.", "enum": types},
    });
    let address = format!("{PREFIX}.recorded.{{stream}}.{{type}}");
    let description = "Every event as it is recorded, in the JetStream stream for \
        recorded events (`VIDIMUS_RECORDED` unless told otherwise): enough to build every view anew. \
        Arguments and results are in it, not redacted.";
    parts.channels.insert("recorded".to_owned(), channel(Some(&address), description, parameters, &names));
    let messages: Vec<_> = names.iter().map(|name| message_of("recorded", name)).collect();
    let operation = json!({
        "action": "send",
        "title": "Publish what is recorded",
        "channel": {"$ref": "#/channels/recorded"},
        "messages": messages,
    });
    parts.operations.insert("record".to_owned(), operation);
}

/// The headers of a message on a stream.
fn stream_headers(media_type: &str) -> Value {
    let mut schema = headers(&[
        (header::POSITION, "Index of the event in the whole log, from 1, in decimal.", true),
        (header::LEAF_HASH, "RFC 6962 leaf hash of the event's record, in hex.", true),
        (header::TENANT, "The tenant.", true),
        (header::EVENT_ID, "Id of the event, a UUID.", true),
        (header::TRACEPARENT, "W3C Trace Context; the trace is the event's correlation id.", true),
        (header::CONTENT_TYPE, "Media type of the payload.", true),
        ("Nats-Msg-Id", "Tenant, `/` and the event's id: names the message on its stream.", true),
    ]);
    schema["properties"][header::POSITION]["pattern"] = json!("^[1-9][0-9]*$");
    schema["properties"][header::LEAF_HASH]["pattern"] = json!("^[0-9a-f]{64}$");
    schema["properties"][header::CONTENT_TYPE]["const"] = json!(media_type);
    schema
}
