//! What can be wrong with JSON that a caller hands in, and where.

use std::fmt;

use super::MAX_DEPTH;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There are too many bytes.
    #[error("{len} bytes are too many: keep it within {max}, and send large content by reference")]
    TooLarge {
        /// How many there are.
        len: usize,
        /// How many there may be.
        max: usize,
    },
    /// Too many objects and arrays stand within each other.
    #[error("nested too deep: use at most {MAX_DEPTH} levels of objects and arrays")]
    TooDeep,
    /// An object has a key twice.
    #[error("key `{key}` is there twice in one object: keep one")]
    DuplicateKey {
        /// The key, cut to 80 characters.
        key: String,
    },
    /// A key would be taken for a parser's own mark.
    #[error("key `{key}` is reserved: rename it")]
    ReservedKey {
        /// The key, cut to 80 characters.
        key: String,
    },
    /// A number has more magnitude than every reader understands.
    #[error("number `{number}` is beyond ±9007199254740991 (2^53 − 1): send it as a string")]
    NumberRange {
        /// The number, as far as it was read.
        number: String,
    },
    /// A text contains a code point that Unicode reserves for internal use.
    #[error("the text contains the noncharacter U+{code_point:04X}: leave it out")]
    Noncharacter {
        /// The code point.
        code_point: u32,
    },
    /// It is JSON, but no object.
    #[error("{found} is no object: send arguments as `{{\"name\": value}}`")]
    NotObject {
        /// What it is.
        found: &'static str,
    },
    /// It is no JSON.
    #[error("not JSON: {reason}")]
    NotJson {
        /// What the parser says.
        reason: String,
    },
}

/// Where it is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a text: line and column, both from 1.
    Text {
        /// The line.
        line: usize,
        /// The column, in bytes.
        column: usize,
    },
    /// In a value: a JSON pointer (RFC 6901).
    Pointer(String),
    /// As a whole.
    Whole,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { line, column } => write!(f, " (line {line}, column {column})"),
            Self::Pointer(pointer) => write!(f, " (at `{pointer}`)"),
            Self::Whole => Ok(()),
        }
    }
}

/// A problem and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) problem: Problem,
    pub(super) place: Place,
}

impl Problem {
    pub(super) const fn nowhere(self) -> Located {
        Located { problem: self, place: Place::Whole }
    }
}

/// Declares an error type whose codes start with the name of what is wrong.
macro_rules! invalid {
    ($(#[$doc:meta])* $name:ident, $text:literal, { $($variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[error("{}: {problem}{place}", $text)]
        pub struct $name {
            /// What is wrong.
            pub problem: Problem,
            /// Where.
            pub place: Place,
        }

        impl $name {
            /// The stable code.
            pub const fn code(&self) -> &'static str {
                match self.problem { $(Problem::$variant { .. } => $code,)+ }
            }
        }

        impl From<Located> for $name {
            fn from(Located { problem, place }: Located) -> Self {
                Self { problem, place }
            }
        }
    };
}

invalid! {
    /// Arguments that cannot be taken.
    InvalidArguments, "invalid arguments", {
        TooLarge = "arguments_too_large",
        TooDeep = "arguments_too_deep",
        DuplicateKey = "arguments_duplicate_key",
        ReservedKey = "arguments_reserved_key",
        NumberRange = "arguments_number_range",
        Noncharacter = "arguments_noncharacter",
        NotObject = "arguments_not_object",
        NotJson = "arguments_not_json",
    }
}

invalid! {
    /// Other JSON that cannot be taken.
    InvalidPayload, "invalid payload", {
        TooLarge = "payload_too_large",
        TooDeep = "payload_too_deep",
        DuplicateKey = "payload_duplicate_key",
        ReservedKey = "payload_reserved_key",
        NumberRange = "payload_number_range",
        Noncharacter = "payload_noncharacter",
        NotObject = "payload_not_object",
        NotJson = "payload_not_json",
    }
}

impl InvalidArguments {
    /// Every code that [`InvalidArguments::code`] can answer.
    pub const ALL_CODES: &'static [&'static str] = &[
        "arguments_too_large",
        "arguments_too_deep",
        "arguments_duplicate_key",
        "arguments_reserved_key",
        "arguments_number_range",
        "arguments_noncharacter",
        "arguments_not_object",
        "arguments_not_json",
    ];
}

impl InvalidPayload {
    /// Every code that [`crate::arguments::payload`] can answer: it asks for less than arguments have to be.
    pub const ALL_CODES: &'static [&'static str] = &[
        "payload_too_large",
        "payload_too_deep",
        "payload_reserved_key",
        "payload_number_range",
        "payload_not_json",
    ];
}
