//! What can be asked: the commands, their answers and their refusals.

use serde_json::{Map, Value, json};

use super::{
    AsyncApiError, PREFIX, Parts, channel, execution_parameter, headers, message_of, reference,
    schemas::Schemas, tenant_parameter,
};
use crate::{BusCommand, header};

/// The channel of every answer: where it goes is said by whoever asks.
const ANSWERS: &str = "answer";
const EXECUTION: &str = "execution";
const PENDING_APPROVALS: &str = "pending_approvals";
const PROBLEM: &str = "problem";

pub(super) fn add(
    parts: &mut Parts,
    schemas: &mut Schemas,
    openapi: &Value,
    route: impl Fn(BusCommand) -> (&'static str, &'static str),
) -> Result<(), AsyncApiError> {
    for command in BusCommand::ALL {
        let (method, path) = route(command);
        let found = &openapi["paths"][path][method.to_lowercase()];
        if found.is_null() {
            return Err(AsyncApiError::Lacking { what: format!("`{method} {path}`") });
        }
        let answer = if command == BusCommand::ListApprovals { PENDING_APPROVALS } else { EXECUTION };
        asked(parts, schemas, openapi, command, found, answer)?;
        answered(parts, schemas, openapi, found, answer)?;
    }
    let messages = [EXECUTION, PENDING_APPROVALS, PROBLEM].map(str::to_owned);
    let description = "The reply subject of the request: an inbox of whoever asks.";
    parts.channels.insert(ANSWERS.to_owned(), channel(None, description, json!({}), &messages));
    Ok(())
}

/// Adds the channel, the operation and the message of a command.
fn asked(
    parts: &mut Parts,
    schemas: &mut Schemas,
    openapi: &Value,
    command: BusCommand,
    found: &Value,
    answer: &str,
) -> Result<(), AsyncApiError> {
    let (name, key) = (command.as_str(), format!("command.{}", command.as_str()));
    let body = &found["requestBody"]["content"]["application/json"]["schema"];
    let body = if body.is_null() { parameters(found) } else { body.clone() };
    let message = json!({
        "name": name,
        "title": found["summary"],
        "summary": "A body with nothing in it can be left out.",
        "contentType": "application/json",
        "headers": command_headers(command),
        "payload": schemas.of_api(openapi, &body)?,
    });
    parts.messages.insert(key.clone(), message);

    let mut address = format!("{PREFIX}.command.{name}");
    let mut subject = json!({"tenant": tenant_parameter()});
    if command.names_execution() {
        address.push_str(".{executionId}");
        subject["executionId"] = execution_parameter();
    }
    let description = "Request and reply.";
    parts
        .channels
        .insert(key.clone(), channel(Some(&address), description, subject, std::slice::from_ref(&key)));
    let operation = json!({
        "action": "receive",
        "title": found["summary"],
        "description": found["description"],
        "channel": {"$ref": format!("#/channels/{key}")},
        "messages": [message_of(&key, &key)],
        "security": [reference("securitySchemes", "key")],
        "bindings": {"nats": {"queue": QUEUE_GROUP, "bindingVersion": "0.1.0"}},
        "reply": {
            "channel": {"$ref": format!("#/channels/{ANSWERS}")},
            "messages": [message_of(ANSWERS, answer), message_of(ANSWERS, PROBLEM)],
        },
    });
    parts.operations.insert(name.to_owned(), operation);
    Ok(())
}

/// The queue group of those who serve commands: one of them gets each.
const QUEUE_GROUP: &str = "vidimus";

/// The parameters of a query as one object.
fn parameters(operation: &Value) -> Value {
    let all = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let properties: Map<_, _> = all
        .iter()
        .filter(|parameter| parameter["in"] == "query")
        .filter_map(|parameter| {
            let mut schema = parameter["schema"].clone();
            schema.as_object_mut()?.insert("description".to_owned(), parameter["description"].clone());
            Some((parameter["name"].as_str()?.to_owned(), schema))
        })
        .collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn command_headers(command: BusCommand) -> Value {
    let mut all = vec![
        ("Authorization", "`Bearer` and an API key.", true),
        ("X-Request-Id", "Names the request in the server's log and in problems.", false),
        (
            "traceparent",
            "W3C Trace Context: its trace is the correlation id of the events that follow.",
            false,
        ),
    ];
    if command == BusCommand::Propose {
        all.push(("Idempotency-Key", "Names the attempt; wins over the body's `idempotency_key`.", false));
    }
    headers(&all)
}

/// Adds the messages that an operation answers with.
fn answered(
    parts: &mut Parts,
    schemas: &mut Schemas,
    openapi: &Value,
    found: &Value,
    answer: &str,
) -> Result<(), AsyncApiError> {
    let content = |status: &str, media: &str| found["responses"][status]["content"][media]["schema"].clone();
    let status = (header::STATUS, "The status that HTTP has for it, in decimal.", true);
    let request_id = ("x-request-id", "The request's id.", false);
    let content_type = (header::CONTENT_TYPE, "Media type of the payload.", true);
    let good = json!({
        "name": answer,
        "title": if answer == EXECUTION { "The execution, as it stands now" } else { "A page of what waits for people" },
        "contentType": "application/json",
        "headers": headers(&[status, content_type, request_id]),
        "payload": schemas.of_api(openapi, &content("200", "application/json"))?,
    });
    let bad = json!({
        "name": PROBLEM,
        "title": "Why there is no answer",
        "contentType": "application/problem+json",
        "headers": headers(&[
            status,
            content_type,
            request_id,
            ("Nats-Service-Error-Code", "The status again, where tools for NATS services look for it.", true),
            ("Nats-Service-Error", "The stable code of the problem.", true),
            ("retry-after", "After so many seconds the same can pass.", false),
        ]),
        "payload": schemas.of_api(openapi, &content("default", "application/problem+json"))?,
    });
    parts.messages.insert(answer.to_owned(), good);
    parts.messages.insert(PROBLEM.to_owned(), bad);
    Ok(())
}
