//! API keys.

use std::collections::BTreeSet;

use proto_events::{Actor, GlobalPosition, Role, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(feature = "openapi")]
use crate::given::GivenActor;
use crate::{given, stage::named};

/// Makes a key in the caller's own tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// What its holder may do; at least one.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Role>, min_items = 1))]
    pub roles: BTreeSet<Role>,
    /// Who its holder is: the actor of every event that it causes. Without it, an agent or a service named by the key's
    /// id.
    #[serde(default, deserialize_with = "given::actor", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<GivenActor>))]
    pub actor: Option<Actor>,
    /// What people call the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub label: Option<String>,
    /// From when on it is of no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made. The secret is shown this once and kept nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedKey {
    /// Its id.
    pub id: Uuid,
    /// What its holder sends as `Authorization: Bearer …`.
    pub secret: String,
    /// The key.
    pub key: Key,
}

impl std::fmt::Debug for CreatedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedKey").field("id", &self.id).field("key", &self.key).finish_non_exhaustive()
    }
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Key {
    /// Its id.
    pub id: Uuid,
    /// Whether it opens anything.
    pub status: KeyStatus,
    /// Who its holder is.
    pub actor: Actor,
    /// What its holder may do.
    pub roles: BTreeSet<Role>,
    /// What people call it.
    pub label: Option<String>,
    /// From when on it is of no use.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    pub revoked_by: Option<Actor>,
    /// Position of the last event about it.
    pub position: GlobalPosition,
}

named! {
    /// Whether a key opens anything.
    KeyStatus {
        /// It does.
        Active = "active",
        /// Its time is over.
        Expired = "expired",
        /// It was revoked.
        Revoked = "revoked",
    }
}

/// Revokes a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RevokeKey {
    /// Why; goes on the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// Whom a key is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// The actor of every event that it causes.
    pub actor: Actor,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The server's time.
    pub now: Timestamp,
}
