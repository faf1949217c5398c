//! What happens on a command.

use proto_events::{ActorKind, FreezeEvent, FreezeScope, Frozen, Unfrozen};
use uuid::Uuid;

use super::{Action, Command, Rejection, State};
use crate::{execution::MAX_TEXT_CHARS, field};

/// Most freezes in force at a time in a tenant.
pub const MAX_FREEZES: usize = 1_000;

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Command) -> Result<Vec<FreezeEvent>, Rejection> {
    field::actor("by", &command.by)?;
    if command.by.kind == ActorKind::Agent {
        return Err(Rejection::AgentCannotFreeze { actor: command.by.clone() });
    }
    match &command.action {
        Action::Freeze { freeze_id, scope, reason } => frozen(state, *freeze_id, scope, reason),
        Action::Unfreeze { freeze_id, reason } => unfrozen(state, *freeze_id, reason.as_deref()),
    }
}

fn frozen(
    state: &State,
    freeze_id: Uuid,
    scope: &FreezeScope,
    reason: &str,
) -> Result<Vec<FreezeEvent>, Rejection> {
    field::text("reason", reason, MAX_TEXT_CHARS)?;
    if let FreezeScope::Agent { agent } = scope {
        field::name("scope.agent", agent)?;
    }
    if state.of(scope).is_some() {
        return Ok(Vec::new());
    }
    if state.get(freeze_id).is_some() || state.has_ended(freeze_id) {
        return Err(Rejection::Exists { freeze_id });
    }
    if state.len() >= MAX_FREEZES {
        return Err(Rejection::TooMany { max: MAX_FREEZES });
    }
    Ok(vec![FreezeEvent::Frozen(Frozen { freeze_id, scope: scope.clone(), reason: reason.to_owned() })])
}

fn unfrozen(state: &State, freeze_id: Uuid, reason: Option<&str>) -> Result<Vec<FreezeEvent>, Rejection> {
    field::optional("reason", reason, MAX_TEXT_CHARS)?;
    if state.has_ended(freeze_id) {
        return Ok(Vec::new());
    }
    if state.get(freeze_id).is_none() {
        return Err(Rejection::NotFound);
    }
    Ok(vec![FreezeEvent::Unfrozen(Unfrozen { freeze_id, reason: reason.map(str::to_owned) })])
}
