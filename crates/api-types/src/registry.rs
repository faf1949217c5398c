//! Agents and their conversations ("calls" of voice agents) that calls can be handed in for after the fact.

use proto_events::GlobalPosition;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Registers an agent, or gives it another name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RegisterAgent {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub name: Option<String>,
}

/// An agent that is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Agent {
    /// Its id.
    pub agent_id: Uuid,
    /// What people call it.
    pub name: Option<String>,
    /// Position of the event that registered it.
    pub position: GlobalPosition,
}

/// A call of an agent that is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentCall {
    /// The agent's id.
    pub agent_id: Uuid,
    /// Its id: the conversation of the executions that are handed in for it.
    pub call_id: Uuid,
    /// Position of the event that registered it.
    pub position: GlobalPosition,
}
