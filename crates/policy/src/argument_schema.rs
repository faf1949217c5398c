//! Whether arguments are what a function's JSON Schema asks for.

mod complexity;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use complexity::Complexity;

/// The largest schema, in bytes of JSON.
const MAX_SCHEMA_BYTES: usize = 64 * 1024;
/// The most violations that are told.
const MAX_VIOLATIONS: usize = 16;
/// The longest problem that is told, in characters.
const MAX_PROBLEM_CHARS: usize = 300;
/// The most memory that one pattern may take.
const MAX_PATTERN_BYTES: usize = 1024 * 1024;

/// Why a JSON Schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentSchemaError {
    /// Too large.
    #[error("the schema has {0} bytes, more than {max}: shorten it", max = MAX_SCHEMA_BYTES)]
    TooLarge(usize),
    /// Too deep.
    #[error("the schema nests deeper than {max}: flatten it", max = complexity::MAX_DEPTH)]
    TooDeep,
    /// Too much work for each value.
    #[error(
        "the schema asks for more than {max} checks of one value: let its references branch less",
        max = complexity::MAX_CHECKS
    )]
    TooComplex,
    /// A reference whose target cannot be told.
    #[error("the schema has `{}`, which leads nowhere in it: refer to `#/...` or to an `$anchor`", .0.escape_debug())]
    Reference(String),
    /// Not a schema, or one that cannot be used: it refers to other documents, or has a pattern with look-around or
    /// back-references.
    #[error("the schema cannot be used, at `{place}`: {reason}: mend it there")]
    Invalid {
        /// Where, as a JSON Pointer.
        place: String,
        /// What is wrong.
        reason: String,
    },
}

impl ArgumentSchemaError {
    /// The error's stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "argument_schema_too_large",
            Self::TooDeep => "argument_schema_too_deep",
            Self::TooComplex => "argument_schema_too_complex",
            Self::Reference(_) => "argument_schema_reference",
            Self::Invalid { .. } => "argument_schema_invalid",
        }
    }
}

/// Something in the arguments that the schema does not allow.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Where, as a JSON Pointer.
    pub pointer: String,
    /// What is wrong. The value itself is not repeated: it may be a secret.
    pub problem: String,
}

/// A function's JSON Schema, ready to check arguments. Draft 2020-12 where `$schema` says nothing else.
///
/// Nothing outside the schema is ever fetched. Patterns run in time linear in the text, so look-around and
/// back-references are refused.
#[derive(Clone, Debug)]
pub struct ArgumentSchema {
    validator: Validator,
    /// Whether it describes values of the same kind within each other.
    is_recursive: bool,
}

impl ArgumentSchema {
    /// Makes `schema` ready.
    ///
    /// # Errors
    /// When it is no JSON Schema, or one past the bounds.
    pub fn compile(schema: &Value) -> Result<Self, ArgumentSchemaError> {
        let bytes = serde_json::to_vec(schema).map_or(0, |text| text.len());
        if bytes > MAX_SCHEMA_BYTES {
            return Err(ArgumentSchemaError::TooLarge(bytes));
        }
        let is_recursive = Complexity::of(schema)?.is_recursive;
        let options = jsonschema::options().offline().with_pattern_options(
            PatternOptions::regex().size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES),
        );
        let validator = options.build(schema).map_err(|error| ArgumentSchemaError::Invalid {
            place: error.instance_path().to_string(),
            reason: short(&error.to_string()),
        })?;
        Ok(Self { validator, is_recursive })
    }

    /// Checks arguments.
    ///
    /// # Errors
    /// With what the schema does not allow: the first 16. Of a schema that refers to itself, only that the arguments do
    /// not fit: to find out why could take for ever.
    pub fn check(&self, arguments: &Value) -> Result<(), Vec<Violation>> {
        if self.validator.is_valid(arguments) {
            return Ok(());
        }
        if self.is_recursive {
            let problem = "the arguments do not fit the schema".to_owned();
            return Err(vec![Violation { pointer: String::new(), problem }]);
        }
        let violation = |error: jsonschema::ValidationError<'_>| Violation {
            pointer: error.instance_path().to_string(),
            problem: short(&error.masked().to_string()),
        };
        Err(self.validator.iter_errors(arguments).take(MAX_VIOLATIONS).map(violation).collect())
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= MAX_PROBLEM_CHARS {
        return text.to_owned();
    }
    text.chars().take(MAX_PROBLEM_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
