//! What can be asked of a conversation.

use proto_events::Actor;

/// Put on record what the user said to the agent. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speak {
    /// The authenticated principal: the runtime that hands it in.
    pub by: Actor,
    /// The agent.
    pub agent: String,
    /// The conversation.
    pub conversation: String,
    /// The words.
    pub text: String,
}
