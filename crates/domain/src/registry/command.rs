//! What can be asked of the registry.

use proto_events::Actor;

/// Register an agent or a conversation. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// The authenticated principal.
    pub by: Actor,
    /// What is registered.
    pub subject: Subject,
}

/// What can be registered. Each has a stream of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An agent.
    Agent {
        /// The agent.
        agent: String,
        /// What people call it.
        name: Option<String>,
    },
    /// A conversation of an agent.
    Conversation {
        /// The agent.
        agent: String,
        /// The conversation.
        conversation: String,
    },
}
