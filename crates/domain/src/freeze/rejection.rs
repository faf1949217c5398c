//! The ways to be told no.

use proto_events::Actor;
use uuid::Uuid;

use crate::field::InvalidField;

/// Why a freeze does not begin or end. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// What stops is not for agents to say.
    #[error("agent `{actor}` cannot freeze or unfreeze: have an administrator do it")]
    AgentCannotFreeze {
        /// Who tried.
        actor: Actor,
    },
    /// There are as many as there may be.
    #[error(
        "{max} freezes are in force, which is the most: freeze the tenant, or end one that is not needed any more"
    )]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// The id is taken.
    #[error("freeze `{freeze_id}` exists already: use another id")]
    Exists {
        /// The id.
        freeze_id: Uuid,
    },
    /// There is no such freeze.
    #[error("there is no such freeze: check the id; the list of freezes has those that are in force")]
    NotFound,
}

impl Rejection {
    /// Every code that [`Rejection::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &[
        "invalid_field",
        "text_missing",
        "text_too_long",
        "agent_cannot_freeze",
        "too_many_freezes",
        "freeze_exists",
        "freeze_not_found",
    ];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::AgentCannotFreeze { .. } => "agent_cannot_freeze",
            Self::TooMany { .. } => "too_many_freezes",
            Self::Exists { .. } => "freeze_exists",
            Self::NotFound => "freeze_not_found",
        }
    }
}
