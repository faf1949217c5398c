//! Names of tenants, streams and functions, with their grammars.

use std::{fmt, str::FromStr};

use bytestring::ByteString;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::Digest;

/// A name that breaks its grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no {what}: use {grammar}", .name.escape_debug())]
pub struct InvalidName {
    /// What the name was meant to name.
    pub what: &'static str,
    /// The grammar in words.
    pub grammar: &'static str,
    /// The name as it was given, cut to 80 characters.
    pub name: String,
}

impl InvalidName {
    fn new(what: &'static str, grammar: &'static str, name: &str) -> Self {
        Self { what, grammar, name: name.chars().take(80).collect() }
    }
}

fn is_token(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

macro_rules! name_type {
    ($type:ident, $grammar:expr, $pattern:expr, $max:expr) => {
        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name as it stands in a record whose digest was checked: its grammar was held when it was recorded,
            /// and checking it again for every event would be a tenth of the cost of reading a log.
            pub const fn from_record(text: ByteString) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::try_from(ByteString::from(text))
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::deserialize(deserializer, $grammar)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "description": $grammar, "pattern": $pattern, "maxLength": $max})
            }
        }
    };
}

/// A tenant: 1 to 64 ASCII letters, digits, `_` and `-`, so that it is a whole token of a NATS subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(ByteString);

const TENANT_GRAMMAR: &str = "1 to 64 ASCII letters, digits, `_` and `-`";
name_type!(TenantId, TENANT_GRAMMAR, "^[A-Za-z0-9_-]{1,64}$", 64);

impl TryFrom<ByteString> for TenantId {
    type Error = InvalidName;

    fn try_from(text: ByteString) -> Result<Self, InvalidName> {
        if is_token(&text, 64) {
            Ok(Self(text))
        } else {
            Err(InvalidName::new("tenant", TENANT_GRAMMAR, &text))
        }
    }
}

/// A stream within a tenant: a *category* (ASCII lower-case letters and `_`), `-`, and a token; at most 128 bytes.
///
/// A stream belongs to a tenant; the same id in two tenants is two streams.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(ByteString);

const STREAM_GRAMMAR: &str = "`category-token` of ASCII letters, digits, `_` and `-`, at most 128 bytes";
name_type!(StreamId, STREAM_GRAMMAR, "^[a-z_]+-[A-Za-z0-9_-]+$", 128);

impl TryFrom<ByteString> for StreamId {
    type Error = InvalidName;

    fn try_from(text: ByteString) -> Result<Self, InvalidName> {
        let well_formed = text.split_once('-').is_some_and(|(category, token)| {
            !category.is_empty()
                && category.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                && is_token(token, 126)
        });
        if well_formed && text.len() <= 128 {
            Ok(Self(text))
        } else {
            Err(InvalidName::new("stream", STREAM_GRAMMAR, &text))
        }
    }
}

/// The namespace of every name-based (version 5) UUID of the project.
const NAMESPACE: Uuid = Uuid::from_u128(0x5e1f_29b4_7a0c_5d6e_9b3d_0d1f_7c55_a1e2);

impl StreamId {
    /// Category of the streams of executions.
    pub const EXECUTION: &'static str = "execution";
    /// Category of the streams of function access.
    pub const FUNCTION: &'static str = "function";
    /// Category of the streams that link the attempts made under one idempotency key.
    pub const ATTEMPT: &'static str = "attempt";
    /// Category of the streams of API keys.
    pub const KEY: &'static str = "key";
    /// Category of the streams of registered agents.
    pub const AGENT: &'static str = "agent";
    /// Category of the streams of conversations: that they are registered, and what the user said.
    pub const CONVERSATION: &'static str = "conversation";
    /// Category of the stream of a tenant's webhooks.
    pub const WEBHOOK: &'static str = "webhook";

    /// Category of the streams of agents' scopes.
    pub const AGENT_SCOPES: &'static str = "agent_scopes";
    /// Category of the streams of connections.
    pub const CONNECTION: &'static str = "connection";
    /// Category of the streams of recorded tool sets.
    pub const TOOL_SET: &'static str = "tool_set";
    /// Category of the stream of a tenant's freezes.
    pub const FREEZE: &'static str = "freeze";
    /// Category of the stream that says which policy set is in force.
    pub const POLICY: &'static str = "policy";
    /// Category of the streams of stored policy sets.
    pub const POLICY_SET: &'static str = "policy_set";
    /// Category of the streams of what a candidate policy set would have decided.
    pub const SHADOW: &'static str = "shadow";
    /// Category of the stream of a tenant's grants.
    pub const GRANT: &'static str = "grant";
    /// Category of the stream of a tenant's groups and delegations of reviewers.
    pub const REVIEWER: &'static str = "reviewer";

    fn of(category: &str, id: Uuid) -> Self {
        Self(format!("{category}-{id}").into())
    }

    /// The stream of one execution.
    pub fn execution(id: Uuid) -> Self {
        Self::of(Self::EXECUTION, id)
    }

    /// The stream of one function's access; its id is derived from the name (UUIDv5), the name is in the events.
    pub fn function(function: &FunctionName) -> Self {
        Self::of(Self::FUNCTION, Uuid::new_v5(&NAMESPACE, function.as_str().as_bytes()))
    }

    /// The stream of the attempts made under one idempotency key (UUIDv5 of the key).
    pub fn attempt(idempotency_key: &str) -> Self {
        Self::of(Self::ATTEMPT, Uuid::new_v5(&NAMESPACE, idempotency_key.as_bytes()))
    }

    /// The stream of one API key.
    pub fn key(key_id: Uuid) -> Self {
        Self::of(Self::KEY, key_id)
    }

    /// The stream of one registered agent (UUIDv5 of its id).
    pub fn agent(agent: &str) -> Self {
        Self::of(Self::AGENT, Uuid::new_v5(&NAMESPACE, agent.as_bytes()))
    }

    /// The stream of one registered conversation (UUIDv5 of agent and conversation, joined with a NUL byte).
    ///
    /// Neither can hold a NUL where it is registered, so that two different pairs never give the same text.
    pub fn conversation(agent: &str, conversation: &str) -> Self {
        Self::of(Self::CONVERSATION, Uuid::new_v5(&NAMESPACE, [agent, conversation].join("\0").as_bytes()))
    }

    /// The stream of a tenant's webhooks; their ids are in the events. One for all of them, so that how many there are is
    /// known, and guarded, where one more is decided on.
    pub fn webhooks() -> Self {
        Self(ByteString::from_static("webhook-all"))
    }

    /// The stream of an agent's scopes (UUIDv5 of its id).
    pub fn agent_scopes(agent: &str) -> Self {
        Self::of(Self::AGENT_SCOPES, Uuid::new_v5(&NAMESPACE, agent.as_bytes()))
    }

    /// The stream of one connection (UUIDv5 of its name).
    pub fn connection(connection: &str) -> Self {
        Self::of(Self::CONNECTION, Uuid::new_v5(&NAMESPACE, connection.as_bytes()))
    }

    /// The stream of one recorded tool set (UUIDv5 of its digest).
    pub fn tool_set(digest: &Digest) -> Self {
        Self::of(Self::TOOL_SET, Uuid::new_v5(&NAMESPACE, digest.as_bytes()))
    }

    /// The stream of a tenant's freezes; what they cover is in the events.
    pub fn freezes() -> Self {
        Self(ByteString::from_static("freeze-all"))
    }

    /// The stream that says which policy set is in force, and which is evaluated beside it.
    pub fn policy() -> Self {
        Self(ByteString::from_static("policy-all"))
    }

    /// The stream of one stored policy set (UUIDv5 of its digest).
    pub fn policy_set(digest: &Digest) -> Self {
        Self::of(Self::POLICY_SET, Uuid::new_v5(&NAMESPACE, digest.as_bytes()))
    }

    /// The stream of what a candidate policy set would have decided on one execution: never the execution's own.
    pub fn shadow(execution_id: Uuid) -> Self {
        Self::of(Self::SHADOW, execution_id)
    }

    /// The stream of a tenant's grants and their uses.
    pub fn grants() -> Self {
        Self(ByteString::from_static("grant-all"))
    }

    /// The stream of a tenant's groups and delegations of reviewers.
    pub fn reviewers() -> Self {
        Self(ByteString::from_static("reviewer-all"))
    }

    /// The part before the first `-`.
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or(&*self.0, |(category, _)| category)
    }

    /// The execution that this is the stream of, if it is one. Only the id's usual spelling counts (lower case, with
    /// hyphens), so that no two streams are the same execution's.
    pub fn execution_id(&self) -> Option<Uuid> {
        self.id_in(Self::EXECUTION)
    }

    /// The API key that this is the stream of, if it is one; in the usual spelling only, as with executions.
    pub fn key_id(&self) -> Option<Uuid> {
        self.id_in(Self::KEY)
    }

    fn id_in(&self, wanted: &str) -> Option<Uuid> {
        let (category, id) = self.0.split_once('-')?;
        let usual = id.len() == 36 && !id.bytes().any(|byte| byte.is_ascii_uppercase());
        if category == wanted && usual { Uuid::parse_str(id).ok() } else { None }
    }
}

/// A function of a connection: `connection.function`.
///
/// The connection is 1 to 64 ASCII letters, digits, `_` and `-`; the function is what follows the first dot, 1 to 255
/// characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionName(ByteString);

const FUNCTION_GRAMMAR: &str = "`connection.function`: 1 to 64 ASCII letters, digits, `_` and `-`, a dot, and 1 to 255 characters without control characters";
name_type!(
    FunctionName,
    FUNCTION_GRAMMAR,
    "^[A-Za-z0-9_-]{1,64}\\.[^\\u0000-\\u001f\\u007f-\\u009f]{1,255}$",
    320
);

impl TryFrom<ByteString> for FunctionName {
    type Error = InvalidName;

    fn try_from(text: ByteString) -> Result<Self, InvalidName> {
        let well_formed = text.split_once('.').is_some_and(|(connection, function)| {
            is_token(connection, 64)
                && (1..=255).contains(&function.chars().count())
                && !function.chars().any(char::is_control)
        });
        if well_formed { Ok(Self(text)) } else { Err(InvalidName::new("function", FUNCTION_GRAMMAR, &text)) }
    }
}

impl FunctionName {
    /// The part before the first dot.
    pub fn connection(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(connection, _)| connection)
    }
}

/// The id of the execution that one idempotency key, function and arguments digest name in a tenant (UUIDv5).
///
/// The parts are joined with a NUL byte. Only the key can hold one itself; as the other three cannot, two different
/// lists of parts never give the same text.
pub(crate) fn attempt_execution_id(parts: [&str; 4]) -> Uuid {
    Uuid::new_v5(&NAMESPACE, parts.join("\0").as_bytes())
}
