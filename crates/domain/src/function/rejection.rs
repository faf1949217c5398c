//! The ways to be told no.

use proto_events::Actor;

use crate::field::InvalidField;

/// Why the access is not set, or the description not changed. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// What agents may do is not for agents to say.
    #[error("agent `{actor}` cannot set the access to functions: have an administrator do it")]
    AgentCannotSetAccess {
        /// Who tried.
        actor: Actor,
    },
    /// What there is to call is not for agents to say.
    #[error("agent `{actor}` cannot manage the catalogue: have an administrator do it")]
    AgentCannotManageCatalogue {
        /// Who tried.
        actor: Actor,
    },
}

impl Rejection {
    /// Every code that [`Rejection::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &[
        "invalid_field",
        "text_missing",
        "text_too_long",
        "agent_cannot_set_access",
        "agent_cannot_manage_catalogue",
    ];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::AgentCannotSetAccess { .. } => "agent_cannot_set_access",
            Self::AgentCannotManageCatalogue { .. } => "agent_cannot_manage_catalogue",
        }
    }
}
