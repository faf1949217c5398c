//! Limits of what callers may write into a command.

use proto_events::{Actor, ActorKind, CallRef};

/// The longest agent, conversation, request id and idempotency key, in characters.
pub const MAX_NAME_CHARS: usize = 255;

/// A field that breaks its limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidField {
    /// The field does not have the form that it must have.
    #[error("`{field}` {problem}: correct it and send the command again")]
    Invalid {
        /// The field's name.
        field: &'static str,
        /// What is wrong, in words.
        problem: &'static str,
    },
    /// The text must be there and is not, or is blank.
    #[error("`{field}` is missing or blank: say it in words and send the command again")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// The text is too long.
    #[error("`{field}` has {len} characters: shorten it to {max}")]
    TooLong {
        /// The field's name.
        field: &'static str,
        /// How long it is.
        len: usize,
        /// How long it may be.
        max: usize,
    },
}

impl InvalidField {
    /// Every code.
    pub const ALL_CODES: [&'static str; 3] = ["invalid_field", "text_missing", "text_too_long"];

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid_field",
            Self::Missing { .. } => "text_missing",
            Self::TooLong { .. } => "text_too_long",
        }
    }

    /// The field's name.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Invalid { field, .. } | Self::Missing { field } | Self::TooLong { field, .. } => field,
        }
    }
}

const fn invalid(field: &'static str, problem: &'static str) -> Result<(), InvalidField> {
    Err(InvalidField::Invalid { field, problem })
}

/// Checks a name: 1 to 255 characters, not blank, no control characters (NUL and line ends among them).
///
/// # Errors
/// When it is none.
pub fn name(field: &'static str, text: &str) -> Result<(), InvalidField> {
    if text.trim().is_empty() {
        return invalid(field, "is empty or blank; use 1 to 255 characters");
    }
    if text.chars().any(char::is_control) {
        return invalid(field, "contains a control character");
    }
    match text.chars().count() {
        ..=MAX_NAME_CHARS => Ok(()),
        _ => invalid(field, "has more than 255 characters"),
    }
}

/// Checks the parts of a call whose types do not check themselves.
///
/// # Errors
/// When the agent, the conversation or the request id is no name.
pub fn call(call: &CallRef) -> Result<(), InvalidField> {
    name("agent", &call.agent)?;
    name("conversation", &call.conversation)?;
    match &call.request_id {
        Some(request_id) => name("request_id", request_id),
        None => Ok(()),
    }
}

/// Checks a principal's id: 1 to 255 bytes, no control characters.
///
/// # Errors
/// When it is not.
pub fn actor(field: &'static str, actor: &Actor) -> Result<(), InvalidField> {
    name(field, &actor.id)?;
    if actor.id.len() > Actor::MAX_ID_BYTES {
        return invalid(field, "has an id of more than 255 bytes");
    }
    Ok(())
}

/// Checks on whose behalf a call is: anybody who can be a principal from outside.
///
/// # Errors
/// When the id is none, or when it claims to be Vidimus itself.
pub(crate) fn requester(requester: &Actor) -> Result<(), InvalidField> {
    if requester.kind == ActorKind::System {
        return invalid("requester", "is of kind `system`, which is this server itself");
    }
    actor("requester", requester)
}

/// Checks a text that must be there.
///
/// # Errors
/// When it is blank or longer than `max` characters.
pub(crate) fn text(field: &'static str, text: &str, max: usize) -> Result<(), InvalidField> {
    if text.trim().is_empty() {
        return Err(InvalidField::Missing { field });
    }
    within(field, text, max)
}

/// Checks a text that may be left out.
///
/// # Errors
/// When it is there and longer than `max` characters.
pub(crate) fn optional(field: &'static str, text: Option<&str>, max: usize) -> Result<(), InvalidField> {
    text.map_or(Ok(()), |text| within(field, text, max))
}

fn within(field: &'static str, text: &str, max: usize) -> Result<(), InvalidField> {
    // A text has at most as many characters as bytes: the short ones need no counting.
    if text.len() <= max {
        return Ok(());
    }
    let len = text.chars().count();
    if len <= max { Ok(()) } else { Err(InvalidField::TooLong { field, len, max }) }
}

/// Checks a size in bytes.
///
/// # Errors
/// `problem` where `len` is more than `max`.
pub(crate) const fn bytes(
    field: &'static str,
    len: usize,
    max: usize,
    problem: &'static str,
) -> Result<(), InvalidField> {
    if len <= max { Ok(()) } else { invalid(field, problem) }
}

#[cfg(test)]
mod tests;
