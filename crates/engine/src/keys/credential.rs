//! What it takes to tell who a token is.

use std::collections::BTreeSet;

use proto_events::{Actor, Digest, Role, Timestamp};
use vidimus_domain::key::Key;

/// A key as far as a token needs it; labels and reasons would be most of the memory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) actor: Actor,
    pub(crate) roles: BTreeSet<Role>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) secret_hash: Digest,
}

impl From<Key> for Credential {
    fn from(key: Key) -> Self {
        Self {
            actor: key.actor,
            roles: key.roles,
            expires_at: key.expires_at,
            revoked_at: key.revoked.map(|revoked| revoked.at),
            secret_hash: key.secret_hash,
        }
    }
}
