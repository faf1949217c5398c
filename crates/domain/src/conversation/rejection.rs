//! The ways to be told no.

use proto_events::Actor;

use crate::field::InvalidField;

/// Why words are not put on record. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
    /// What the user said to an agent is not for another agent to say.
    #[error(
        "`{actor}` is not agent `{agent}`: have that agent say what its user said, or a service that runs it"
    )]
    NotTheAgent {
        /// Who tried.
        actor: Actor,
        /// Whose conversation it is.
        agent: String,
    },
}

impl Rejection {
    /// Every code that [`Rejection::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &["invalid_field", "text_missing", "not_the_agent"];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::NotTheAgent { .. } => "not_the_agent",
        }
    }
}
