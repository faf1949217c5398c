//! The digest of arguments.

use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};
use vidimus_api_types::ArgumentsDigest;

use super::PermitError;

/// 2^53 − 1. Beyond it two integers may be written as one.
const MAX_NUMBER: u64 = (1 << 53) - 1;
/// How many objects and arrays may stand within each other.
const MAX_DEPTH: usize = 64;

/// The digest of a call's arguments: SHA-256 of their canonical JSON (RFC 8785). Give it the value that the call is made
/// with, not another reading of the same text.
///
/// # Errors
/// `arguments_invalid`: it is no object, or has what canonical JSON cannot tell apart.
pub fn arguments_digest(arguments: &Value) -> Result<ArgumentsDigest, PermitError> {
    let invalid = |problem| PermitError::ArgumentsInvalid { problem };
    if !arguments.is_object() {
        return Err(invalid("they are no object"));
    }
    check(arguments, 0)?;
    let canonical = serde_json_canonicalizer::to_vec(arguments);
    let canonical = canonical.map_err(|_| invalid("they have no canonical form"))?;
    Ok(ArgumentsDigest::new(Sha256::digest(canonical).into()))
}

fn check(value: &Value, depth: usize) -> Result<(), PermitError> {
    let invalid = |problem| Err(PermitError::ArgumentsInvalid { problem });
    match value {
        Value::Number(number) if !is_exact(number) => invalid("a number in them is beyond 2^53 − 1"),
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => {
            invalid("they nest more than 64 levels deep")
        }
        Value::Array(items) => items.iter().try_for_each(|item| check(item, depth + 1)),
        Value::Object(entries) => entries.values().try_for_each(|entry| check(entry, depth + 1)),
        _ => Ok(()),
    }
}

fn is_exact(number: &Number) -> bool {
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(number), ..) => number <= MAX_NUMBER,
        (None, Some(number), _) => number.unsigned_abs() <= MAX_NUMBER,
        (None, None, Some(number)) => number.abs() <= MAX_NUMBER as f64,
        (None, None, None) => false,
    }
}
