//! API keys.

use proto_events::Timestamp;
use vidimus_api_types as wire;
use vidimus_engine::{CreatedKey, Key, KeyStatus, NewKey};

/// The key that a request asks for.
pub fn new_key(create: wire::CreateKey) -> NewKey {
    let wire::CreateKey { roles, actor, label, expires_at } = create;
    NewKey { actor, roles, label, expires_at }
}

/// A key as it is at `now`.
pub fn key(key: Key, now: Timestamp) -> wire::Key {
    wire::Key {
        id: key.key_id,
        status: match key.status_at(now) {
            KeyStatus::Active => wire::KeyStatus::Active,
            KeyStatus::Expired => wire::KeyStatus::Expired,
            KeyStatus::Revoked => wire::KeyStatus::Revoked,
        },
        actor: key.actor,
        roles: key.roles,
        label: key.label,
        expires_at: key.expires_at,
        created_at: key.created_at,
        created_by: key.created_by,
        revoked_at: key.revoked_at,
        revoked_by: key.revoked_by,
        position: key.position,
    }
}

/// A key that was just made, with its secret.
pub fn created_key(created: CreatedKey, now: Timestamp) -> wire::CreatedKey {
    let CreatedKey { key, secret } = created;
    wire::CreatedKey { id: key.key_id, secret: secret.expose().to_owned(), key: self::key(key, now) }
}
