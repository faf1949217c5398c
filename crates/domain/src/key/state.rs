//! What is so: all that deciding and authenticating need of a key's history.

use std::collections::BTreeSet;

use proto_events::{Actor, Digest, KeyEvent, Role, Timestamp};
use uuid::Uuid;

use super::evolve;

/// An event of a key and what its envelope says about it: who caused it, and when it was decided.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The envelope's `actor`.
    pub by: &'a Actor,
    /// The envelope's `recorded_at`.
    pub at: Timestamp,
    /// The event.
    pub event: &'a KeyEvent,
}

/// The state of one key's stream; by default that of a stream without events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The key; `None` where none was created.
    pub key: Option<Key>,
}

/// A key that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub key_id: Uuid,
    /// Who acts with it.
    pub actor: Actor,
    /// What may be done with it.
    pub roles: BTreeSet<Role>,
    /// What it is for.
    pub label: Option<String>,
    /// From when on it is no longer good; `None` where it does not expire.
    pub expires_at: Option<Timestamp>,
    /// The keyed hash of its secret.
    pub secret_hash: Digest,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: Actor,
    /// Its revocation, if it was revoked.
    pub revoked: Option<Revocation>,
}

/// How a key was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// Who revoked it.
    pub by: Actor,
    /// Why.
    pub reason: Option<String>,
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = Happened<'a>>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }

    /// The state after `events`, which `by` caused at `at`.
    #[must_use]
    pub fn then(self, by: &Actor, at: Timestamp, events: &[KeyEvent]) -> Self {
        events.iter().fold(self, |state, event| evolve(state, Happened { by, at, event }))
    }
}
