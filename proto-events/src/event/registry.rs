//! Payloads of the events of the registry: agents and conversations that were announced.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An agent was registered, or registered again with another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentRegistered {
    /// The agent.
    pub agent: String,
    /// What people call it, if anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A conversation of an agent was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConversationRegistered {
    /// The agent.
    pub agent: String,
    /// The conversation.
    pub conversation: String,
}
