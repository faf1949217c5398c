//! What happens on a command.

use proto_events::{ConversationEvent, UserSpoke};

use super::{Rejection, Speak};
use crate::{
    agent::acts_for,
    field::{self, InvalidField},
};

/// Most bytes of what is said at once.
pub const MAX_SPOKEN_BYTES: usize = 64 * 1024;

/// What happens when `command` is given.
///
/// # Errors
/// When a part of it breaks its limits, or when it is another agent's conversation.
pub fn decide(command: &Speak) -> Result<Vec<ConversationEvent>, Rejection> {
    field::actor("by", &command.by)?;
    field::name("agent", &command.agent)?;
    field::name("conversation", &command.conversation)?;
    if !acts_for(&command.by, &command.agent) {
        let (actor, agent) = (command.by.clone(), command.agent.clone());
        return Err(Rejection::NotTheAgent { actor, agent });
    }
    if command.text.trim().is_empty() {
        return Err(InvalidField::Missing { field: "text" }.into());
    }
    field::bytes("text", command.text.len(), MAX_SPOKEN_BYTES, "has more than 64 KiB")?;
    Ok(vec![ConversationEvent::UserSpoke(UserSpoke {
        agent: command.agent.clone(),
        conversation: command.conversation.clone(),
        text: command.text.clone(),
    })])
}
