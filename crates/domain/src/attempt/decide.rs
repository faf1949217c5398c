//! What happens on a command.

use proto_events::{AttemptEvent, AttemptOpened};

use super::{Open, Rejection, State};
use crate::field;

/// What happens when `command` is given in `state`; nothing where that attempt is the last one already.
///
/// # Errors
/// When the key breaks its limits.
pub fn decide(state: &State, command: &Open) -> Result<Vec<AttemptEvent>, Rejection> {
    field::name("idempotency_key", &command.idempotency_key)?;
    if state.last == Some(command.execution_id) {
        return Ok(Vec::new());
    }
    Ok(vec![AttemptEvent::Opened(AttemptOpened {
        idempotency_key: command.idempotency_key.clone(),
        execution_id: command.execution_id,
        function: command.function.clone(),
        arguments_digest: command.arguments_digest,
    })])
}
