//! What is so after an event happened.

use proto_events::KeyEvent;

use super::{Happened, Key, Revocation, State};

/// The state after an event. Total: what cannot have been decided changes nothing.
#[must_use]
pub fn evolve(state: State, happened: Happened<'_>) -> State {
    match (state.key, happened.event) {
        (None, KeyEvent::Created(created)) => State {
            key: Some(Key {
                key_id: created.key_id,
                actor: created.actor.clone(),
                roles: created.roles.clone(),
                label: created.label.clone(),
                expires_at: created.expires_at,
                secret_hash: created.secret_hash,
                created_at: happened.at,
                created_by: happened.by.clone(),
                revoked: None,
            }),
        },
        (Some(key), KeyEvent::Revoked(revoked)) if key.revoked.is_none() => {
            let revocation =
                Revocation { at: happened.at, by: happened.by.clone(), reason: revoked.reason.clone() };
            State { key: Some(Key { revoked: Some(revocation), ..key }) }
        }
        (key, _) => State { key },
    }
}
