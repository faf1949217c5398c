//! What happens on a command.

use proto_events::{
    Access, ActorKind, FunctionAccessChanged, FunctionDescribed, FunctionDescription, FunctionEvent,
    FunctionName, FunctionWithdrawn,
};

use super::{Action, Command, Rejection, State, validate};
use crate::{execution::MAX_TEXT_CHARS, field};

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Command) -> Result<Vec<FunctionEvent>, Rejection> {
    field::actor("by", &command.by)?;
    let (actor, is_agent) = (&command.by, command.by.kind == ActorKind::Agent);
    match &command.action {
        Action::SetAccess { to, reason } => {
            field::optional("reason", reason.as_deref(), MAX_TEXT_CHARS)?;
            if is_agent {
                return Err(Rejection::AgentCannotSetAccess { actor: actor.clone() });
            }
            Ok(access_changed(state, &command.function, *to, reason.as_deref()))
        }
        Action::Describe(description) => {
            if is_agent {
                return Err(Rejection::AgentCannotManageCatalogue { actor: actor.clone() });
            }
            validate(description)?;
            Ok(described(state, &command.function, description))
        }
        Action::Withdraw { reason } => {
            field::optional("reason", reason.as_deref(), MAX_TEXT_CHARS)?;
            if is_agent {
                return Err(Rejection::AgentCannotManageCatalogue { actor: actor.clone() });
            }
            Ok(withdrawn(state, &command.function, reason.as_deref()))
        }
    }
}

fn access_changed(
    state: &State,
    function: &FunctionName,
    to: Access,
    reason: Option<&str>,
) -> Vec<FunctionEvent> {
    if state.access == Some(to) {
        return Vec::new();
    }
    let (function, reason) = (function.clone(), reason.map(str::to_owned));
    vec![FunctionEvent::AccessChanged(FunctionAccessChanged { function, from: state.access, to, reason })]
}

fn described(
    state: &State,
    function: &FunctionName,
    description: &FunctionDescription,
) -> Vec<FunctionEvent> {
    if state.description.as_deref() == Some(description) {
        return Vec::new();
    }
    let (function, description) = (function.clone(), description.clone());
    vec![FunctionEvent::Described(FunctionDescribed { function, description })]
}

fn withdrawn(state: &State, function: &FunctionName, reason: Option<&str>) -> Vec<FunctionEvent> {
    if state.description.is_none() {
        return Vec::new();
    }
    let (function, reason) = (function.clone(), reason.map(str::to_owned));
    vec![FunctionEvent::Withdrawn(FunctionWithdrawn { function, reason })]
}
