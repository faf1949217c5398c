//! What happens on a command.

use proto_events::{AgentRegistered, ConversationRegistered, RegistryEvent};

use super::{Register, Rejection, State, Subject};
use crate::field;

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When a part of it is no name.
pub fn decide(state: &State, command: &Register) -> Result<Vec<RegistryEvent>, Rejection> {
    field::actor("by", &command.by)?;
    let event = match &command.subject {
        Subject::Agent { agent, name } => {
            field::name("agent", agent)?;
            if let Some(name) = name {
                field::name("name", name)?;
            }
            if *state == (State::Registered { name: name.clone() }) {
                return Ok(Vec::new());
            }
            RegistryEvent::AgentRegistered(AgentRegistered { agent: agent.clone(), name: name.clone() })
        }
        Subject::Conversation { agent, conversation } => {
            field::name("agent", agent)?;
            field::name("conversation", conversation)?;
            if *state != State::Unregistered {
                return Ok(Vec::new());
            }
            RegistryEvent::ConversationRegistered(ConversationRegistered {
                agent: agent.clone(),
                conversation: conversation.clone(),
            })
        }
    };
    Ok(vec![event])
}
