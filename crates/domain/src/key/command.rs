//! What can be asked of an API key.

use std::collections::BTreeSet;

use proto_events::{Actor, Digest, Role, Timestamp};
use uuid::Uuid;

/// A command, who gives it and when. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The authenticated principal.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
    /// What is asked.
    pub action: Action,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Create the key.
    Create(Create),
    /// Revoke the key.
    Revoke {
        /// Why.
        reason: Option<String>,
    },
}

/// A key that shall be. Its secret was drawn before, and is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
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
}
