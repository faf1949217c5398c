//! What happens on a command.

use proto_events::{ActorKind, KeyCreated, KeyEvent, KeyRevoked, Timestamp};

use super::{Action, Command, Create, Rejection, State};
use crate::{execution::MAX_TEXT_CHARS, field};

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Command) -> Result<Vec<KeyEvent>, Rejection> {
    field::actor("by", &command.by)?;
    // Who can make keys can act as anybody: an agent would approve its own calls.
    if command.by.kind == ActorKind::Agent {
        return Err(Rejection::AgentCannotManageKeys { actor: command.by.clone() });
    }
    match &command.action {
        Action::Create(create) => created(state, command.at, create),
        Action::Revoke { reason } => revoked(state, reason.as_deref()),
    }
}

fn created(state: &State, at: Timestamp, create: &Create) -> Result<Vec<KeyEvent>, Rejection> {
    field::actor("actor", &create.actor)?;
    if let Some(label) = &create.label {
        field::name("label", label)?;
    }
    if create.actor.kind == ActorKind::System {
        return Err(Rejection::SystemActor { actor: create.actor.clone() });
    }
    if create.roles.is_empty() {
        return Err(Rejection::RolesMissing);
    }
    if let Some(expires_at) = create.expires_at.filter(|expires_at| *expires_at <= at) {
        return Err(Rejection::ExpiryInThePast { expires_at });
    }
    if state.key.is_some() {
        return Err(Rejection::Exists { key_id: create.key_id });
    }
    Ok(vec![KeyEvent::Created(KeyCreated {
        key_id: create.key_id,
        actor: create.actor.clone(),
        roles: create.roles.clone(),
        label: create.label.clone(),
        expires_at: create.expires_at,
        secret_hash: create.secret_hash,
    })])
}

fn revoked(state: &State, reason: Option<&str>) -> Result<Vec<KeyEvent>, Rejection> {
    field::optional("reason", reason, MAX_TEXT_CHARS)?;
    let Some(key) = &state.key else { return Err(Rejection::NotFound) };
    // An expired key can be revoked: its end is on record then, whatever the clock says.
    if key.revoked.is_some() {
        return Ok(Vec::new());
    }
    let reason = reason.map(str::to_owned);
    Ok(vec![KeyEvent::Revoked(KeyRevoked { key_id: key.key_id, reason })])
}
