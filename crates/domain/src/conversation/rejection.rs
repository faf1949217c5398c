//! The ways to be told no.

use crate::field::InvalidField;

/// Why words are not put on record. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field of the command breaks its limits.
    #[error(transparent)]
    Field(#[from] InvalidField),
}

impl Rejection {
    /// Every code that [`Rejection::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &["invalid_field", "text_missing"];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
        }
    }
}
