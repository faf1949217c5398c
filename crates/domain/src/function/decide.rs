//! What happens on a command.

use proto_events::{ActorKind, FunctionAccessChanged, FunctionEvent};

use super::{Rejection, SetAccess, State};
use crate::{execution::MAX_TEXT_CHARS, field};

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &SetAccess) -> Result<Vec<FunctionEvent>, Rejection> {
    field::actor("by", &command.by)?;
    field::optional("reason", command.reason.as_deref(), MAX_TEXT_CHARS)?;
    if command.by.kind == ActorKind::Agent {
        return Err(Rejection::AgentCannotSetAccess { actor: command.by.clone() });
    }
    if state.access == Some(command.to) {
        return Ok(Vec::new());
    }
    Ok(vec![FunctionEvent::AccessChanged(FunctionAccessChanged {
        function: command.function.clone(),
        from: state.access,
        to: command.to,
        reason: command.reason.clone(),
    })])
}
