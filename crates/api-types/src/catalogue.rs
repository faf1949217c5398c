//! The catalogue: connections, what an agent can see, its scopes, and what users say to it.

use std::collections::BTreeSet;

use proto_events::{Access, Actor, Digest, FunctionName, GlobalPosition, Timestamp};
use serde::{Deserialize, Serialize};

#[cfg(feature = "openapi")]
use crate::described::{Name, PlainName, Words};
use crate::{AsOf, Description};

/// Describes a connection in the catalogue; what it said of it before no longer counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DescribeConnection {
    /// What it is for, in words.
    #[cfg_attr(feature = "openapi", schema(value_type = Words))]
    pub purpose: String,
    /// Where it goes, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 1024, pattern = "[^\\s\\x85]"))]
    pub endpoint: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Name>))]
    pub owner: Option<String>,
}

/// A connection: what comes before the dot of its functions' names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connection {
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(value_type = PlainName))]
    pub connection: String,
    /// What it is for.
    pub purpose: String,
    /// Where it goes.
    pub endpoint: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Position of the last event about it.
    pub position: GlobalPosition,
    /// Only in the answer to describing it: whether it was different before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
}

/// Whose tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ToolQuery {
    /// The agent.
    #[cfg_attr(
        feature = "openapi",
        param(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub agent: String,
    /// The circumstances, as `context` of a proposal has them: a JSON object of at most 16 KiB. Then only tools that they are enough for
    /// (required context, age of data, intended use); without it, tools in whatever circumstances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// How many items at most; 50 unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1000))]
    pub limit: Option<u32>,
    /// The `next` of the page before: the last function on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<FunctionName>,
}

/// The tools that an agent can see now: functions that are neither disabled nor frozen, and whose scopes it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolSet {
    /// The agent.
    pub agent: String,
    /// Digest of the whole set, whatever the page: a decision says by it what could be seen.
    pub tool_set: Digest,
    /// How many tools are in the whole set.
    pub total: u64,
    /// The tools, by name.
    pub items: Vec<VisibleTool>,
    /// Where the next page begins: its `cursor`; `null` where this one is the last.
    pub next: Option<String>,
    /// What this page is true at.
    pub position: GlobalPosition,
}

/// A tool that an agent can see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisibleTool {
    /// What is called.
    pub function: FunctionName,
    /// Its access.
    pub access: Access,
    /// What the catalogue says of it: purpose, tool type, risk, arguments; `null` where it says nothing.
    pub description: Option<Description>,
}

/// Says which scopes an agent has, all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetAgentScopes {
    /// The scopes; none: it has none.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Name>, max_items = 256))]
    pub scopes: BTreeSet<String>,
}

/// The scopes that an agent has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentScopes {
    /// The agent.
    pub agent: String,
    /// Its scopes.
    pub scopes: BTreeSet<String>,
    /// Position of the event that set them; 0 where none did.
    pub position: GlobalPosition,
    /// Only in the answer to setting them: whether they were different before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
}

/// What a user said to an agent, as its runtime hands it in: what history facts know of the user's will.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddMessage {
    /// The agent.
    #[cfg_attr(feature = "openapi", schema(value_type = Name))]
    pub agent: String,
    /// The words; at most 64 KiB.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 65536, pattern = "[^\\s\\x85]"))]
    pub text: String,
}

/// Which messages of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct MessageQuery {
    /// The agent; another agent's conversation of the same name is another one.
    #[cfg_attr(feature = "openapi", param(value_type = Name))]
    pub agent: String,
    /// Only those that were on record then: up to this position, or at this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub as_of: Option<AsOf>,
    /// How many items at most; 50 unless told otherwise.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1000))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    #[cfg_attr(feature = "openapi", param(pattern = "^[0-9]{1,19}$"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// What a user said to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserMessage {
    /// The words.
    pub text: String,
    /// When it came on record.
    pub at: Timestamp,
    /// Who handed it in: the agent's runtime.
    pub by: Actor,
    /// Position of its event.
    pub position: GlobalPosition,
}

/// A user's message that is on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// The agent.
    pub agent: String,
    /// The conversation.
    pub conversation: String,
    /// Position of its event.
    pub position: GlobalPosition,
}
