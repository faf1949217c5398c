//! The description of the bus (AsyncAPI 3.1): what is published, what can be asked, and where.
//!
//! It is made from the types and the enums, so that nothing on the bus can be left out of it; the bodies of the commands are
//! those of the HTTP API, and are taken from its description.

mod commands;
mod published;
mod schemas;

use serde_json::{Map, Value, json};

use self::schemas::Schemas;
use crate::BusCommand;

/// Why the bus cannot be described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AsyncApiError {
    /// A command has no counterpart.
    #[error("the description of the HTTP API lacks {what}, which a command of the bus is described by")]
    Lacking {
        /// What is not there.
        what: String,
    },
    /// Two types have one name.
    #[error("two schemas that differ are named `{name}`: give one of the types another name")]
    Ambiguous {
        /// The name.
        name: String,
    },
}

/// What all subjects begin with.
const PREFIX: &str = "vidimus.v1.{tenant}";

/// Channels, operations and messages, by name.
#[derive(Default)]
struct Parts {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
}

/// The description of the bus, as `asyncapi.json` has it. `openapi` is the description of the HTTP API (OpenAPI 3.1), which
/// has the bodies of the commands and of their answers; `route` says method and path that a command has in it.
///
/// # Errors
/// When `openapi` is not the description of the API that the commands belong to.
pub fn asyncapi(
    openapi: &Value,
    route: impl Fn(BusCommand) -> (&'static str, &'static str),
) -> Result<Value, AsyncApiError> {
    let mut schemas = Schemas::published()?;
    let mut parts = Parts::default();
    published::add(&mut parts);
    commands::add(&mut parts, &mut schemas, openapi, route)?;
    let Parts { channels, operations, messages } = parts;
    let mut document = json!({
        "asyncapi": "3.1.0",
        "info": {
            "title": "Vidimus on NATS",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INFO,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "nats": {
                "host": "{host}:{port}",
                "protocol": "nats",
                "description": "A NATS server or cluster with JetStream, 2.11 or newer.",
                "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "4222"}},
                "security": (["nkey", "creds", "tls", "user"].map(|name| reference("securitySchemes", name))),
            },
        },
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": schemas.into_value(),
            "securitySchemes": security_schemes(),
        },
    });
    // In one order, whatever else is built along with this.
    document.sort_all_objects();
    Ok(document)
}

const INFO: &str = "What Vidimus publishes on NATS, and the commands that it answers there.\n\n\
    Every message of a stream carries its position in the log (`Vidimus-Position`). Delivery is at least once: pass over a \
    position that you have seen. Positions rise on a stream, with gaps: a position is one of the whole log, all tenants and \
    all events.\n\n\
    A command is a request: its subject names the tenant, the header `Authorization` has the API key, the body is that of \
    the HTTP API. A reply can be lost: send the same command again.";

fn security_schemes() -> Value {
    json!({
        "nkey": {"type": "asymmetricEncryption", "description": "An NKey (Ed25519) of a NATS user."},
        "creds": {"type": "asymmetricEncryption", "description": "A credentials file: JWT and NKey of a NATS user."},
        "tls": {"type": "X509", "description": "A client certificate."},
        "user": {"type": "userPassword", "description": "Name and password of a NATS user."},
        "key": {
            "type": "httpApiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Bearer` and an API key from `vidimus key create`, in a NATS header; its tenant is the subject's.",
        },
    })
}

/// A reference to a component.
fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

/// A reference to a message of a channel: an operation takes it from there.
fn message_of(channel: &str, message: &str) -> Value {
    json!({"$ref": format!("#/channels/{channel}/messages/{message}")})
}

/// A channel with its messages, which are components.
fn channel(address: Option<&str>, description: &str, parameters: Value, messages: &[String]) -> Value {
    let messages: Map<_, _> =
        messages.iter().map(|name| (name.clone(), reference("messages", name))).collect();
    json!({
        "address": address,
        "description": description,
        "parameters": parameters,
        "messages": messages,
        "bindings": {"nats": {}},
    })
}

fn tenant_parameter() -> Value {
    json!({"description": "The tenant: 1 to 64 of `A-Z a-z 0-9 _ -`."})
}

fn execution_parameter() -> Value {
    json!({"description": "Id of the execution, a UUID in lower case."})
}

/// The schema of headers: name, description, whether it is always there. NATS has texts only.
fn headers(headers: &[(&str, &str, bool)]) -> Value {
    let properties: Map<_, _> = headers
        .iter()
        .map(|(name, description, _)| {
            ((*name).to_owned(), json!({"type": "string", "description": description}))
        })
        .collect();
    let required: Vec<_> = headers.iter().filter(|(.., always)| *always).map(|(name, ..)| *name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}
