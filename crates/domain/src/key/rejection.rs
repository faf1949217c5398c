//! The ways to be told no.

use proto_events::{Actor, Timestamp};
use uuid::Uuid;

use crate::field::InvalidField;

/// Why a key is not created or revoked. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// Who may do what is not for agents to say.
    #[error("agent `{actor}` cannot create or revoke keys: have an administrator do it")]
    AgentCannotManageKeys {
        /// Who tried.
        actor: Actor,
    },
    /// Nobody acts as Vidimus itself.
    #[error("a key cannot act as `{actor}`: give an actor of the kind `agent`, `user` or `service`")]
    SystemActor {
        /// The actor that was asked for.
        actor: Actor,
    },
    /// A key without roles is good for nothing.
    #[error("the key has no roles: give at least one of `agent`, `approver`, `auditor` and `admin`")]
    RolesMissing,
    /// It would be expired from the start.
    #[error("the key would expire at `{expires_at}`, which is over: give a later time, or none")]
    ExpiryInThePast {
        /// When it would expire.
        expires_at: Timestamp,
    },
    /// The id is another key's.
    #[error("there is a key `{key_id}` already: send the command again to get another id")]
    Exists {
        /// The id.
        key_id: Uuid,
    },
    /// There is no such key in this tenant.
    #[error("there is no such key: look its id up in the list of keys")]
    NotFound,
}

impl Rejection {
    /// Every code that [`Rejection::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &[
        "invalid_field",
        "text_too_long",
        "agent_cannot_manage_keys",
        "system_actor",
        "roles_missing",
        "expiry_in_the_past",
        "key_exists",
        "key_not_found",
    ];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::AgentCannotManageKeys { .. } => "agent_cannot_manage_keys",
            Self::SystemActor { .. } => "system_actor",
            Self::RolesMissing => "roles_missing",
            Self::ExpiryInThePast { .. } => "expiry_in_the_past",
            Self::Exists { .. } => "key_exists",
            Self::NotFound => "key_not_found",
        }
    }
}
