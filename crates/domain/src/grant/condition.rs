//! Conditions on arguments.

use proto_events::{ArgumentCondition, ArgumentTest};
use serde_json::Value;

use super::decimal::number;
use crate::{
    field::{self, InvalidField},
    function::pointer,
};

/// Most conditions of a grant.
pub const MAX_CONDITIONS: usize = 32;
/// Most texts of which an argument has to be one.
pub const MAX_VALUES: usize = 64;
/// The longest text that an argument is compared with, in characters.
pub const MAX_VALUE_CHARS: usize = 1_024;

/// Most bytes of all conditions of a grant: every proposal has every grant in memory.
pub const MAX_CONDITIONS_BYTES: usize = 16 * 1024;

/// Whether the arguments meet the condition. A number is a JSON number or a decimal number in text, as tools take either;
/// what cannot be read as one exactly is not known to be at most anything.
pub fn is_met(condition: &ArgumentCondition, arguments: &Value) -> bool {
    let argument = arguments.pointer(&condition.pointer);
    match (&condition.test, argument) {
        (ArgumentTest::Absent, argument) => argument.is_none(),
        (ArgumentTest::OneOf { values }, Some(Value::String(text))) => values.contains(text),
        (ArgumentTest::StartsWith { text }, Some(Value::String(argument))) => argument.starts_with(text),
        (ArgumentTest::AtMost { number: most }, Some(argument)) => {
            let argument = match argument {
                Value::Number(argument) => number(&argument.to_string()),
                Value::String(argument) => number(argument),
                _ => None,
            };
            argument.zip(number(most)).is_some_and(|(argument, most)| argument <= most)
        }
        _ => false,
    }
}

/// Checks conditions as they are given.
pub(super) fn validate(conditions: &[ArgumentCondition]) -> Result<(), InvalidField> {
    const FIELD: &str = "scope.conditions";
    let invalid = |problem| Err(InvalidField::Invalid { field: FIELD, problem });
    if conditions.len() > MAX_CONDITIONS {
        return invalid("has more than 32 conditions");
    }
    for condition in conditions {
        pointer("scope.conditions.pointer", &condition.pointer)?;
        match &condition.test {
            ArgumentTest::OneOf { values } => {
                if values.is_empty() || values.len() > MAX_VALUES {
                    return invalid("has a condition that names no text, or more than 64");
                }
                let long = values.iter().find(|value| value.chars().count() > MAX_VALUE_CHARS);
                field::optional(FIELD, long.map(String::as_str), MAX_VALUE_CHARS)?;
            }
            ArgumentTest::AtMost { number: most } => {
                if number(most).is_none() {
                    return invalid(
                        "has a condition with a number that is none; use one like `99.50`, of at most 16 digits before the point and 9 after it",
                    );
                }
            }
            ArgumentTest::StartsWith { text } => field::text(FIELD, text, MAX_VALUE_CHARS)?,
            ArgumentTest::Absent => {}
        }
    }
    let bytes = conditions.iter().map(bytes).sum();
    field::bytes(FIELD, bytes, MAX_CONDITIONS_BYTES, "has more than 16 KiB")
}

fn bytes(condition: &ArgumentCondition) -> usize {
    let test = match &condition.test {
        ArgumentTest::OneOf { values } => values.iter().map(String::len).sum(),
        ArgumentTest::AtMost { number: text } | ArgumentTest::StartsWith { text } => text.len(),
        ArgumentTest::Absent => 0,
    };
    condition.pointer.len() + test
}
