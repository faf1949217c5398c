//! What a description of a function has to keep to.

use std::collections::BTreeSet;

use proto_events::{FunctionDescription, Json};

use crate::{
    arguments,
    execution::MAX_TEXT_CHARS,
    field::{self, InvalidField},
    reviewer,
};

/// Most scopes that a function asks for.
pub const MAX_SCOPES: usize = 32;
/// Most members that are left out where many can read them.
pub const MAX_SENSITIVE: usize = 64;
/// Most members that a call's context must have.
pub const MAX_REQUIRED_CONTEXT: usize = 32;
/// The largest argument schema, in bytes.
pub const MAX_SCHEMA_BYTES: usize = 64 * 1024;
/// The longest JSON Pointer, in bytes.
pub const MAX_POINTER_BYTES: usize = 1_024;
/// The oldest that data may be allowed to be, in seconds: ten years. Older is any age.
pub const MAX_DATA_AGE_SECONDS: u64 = 10 * 365 * 24 * 3_600;

/// Checks a description; all but whether its argument schema, which is JSON, is a schema.
///
/// # Errors
/// When a part of it breaks its limits.
pub fn validate(description: &FunctionDescription) -> Result<(), InvalidField> {
    field::text("purpose", &description.purpose, MAX_TEXT_CHARS)?;
    if let Some(schema) = &description.arguments_schema {
        self::schema(schema)?;
    }
    names("scopes", &description.scopes, MAX_SCOPES, "has more than 32 scopes")?;
    names("sensitive", &description.sensitive, MAX_SENSITIVE, "has more than 64 members")?;
    let required = &description.required_context;
    names("required_context", required, MAX_REQUIRED_CONTEXT, "has more than 32 members")?;
    if description.max_data_age_seconds.is_some_and(|age| !(1..=MAX_DATA_AGE_SECONDS).contains(&age)) {
        return invalid("max_data_age_seconds", "is not between 1 and 315360000; leave it out for any age");
    }
    if let Some(owner) = &description.owner {
        self::owner(owner)?;
    }
    description.amount.as_deref().map_or(Ok(()), |amount| pointer("amount", amount))
}

/// Checks a JSON Pointer (RFC 6901) to a part: not the empty one, which names the whole.
///
/// # Errors
/// When it is none, or longer than 1,024 bytes.
pub fn pointer(field: &'static str, text: &str) -> Result<(), InvalidField> {
    field::bytes(field, text.len(), MAX_POINTER_BYTES, "has more than 1024 bytes")?;
    let escapes = || text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if text.starts_with('/') && escapes() {
        return Ok(());
    }
    invalid(
        field,
        "is no JSON Pointer to a part; use one like `/payment/amount`, with `~0` for `~` and `~1` for `/`",
    )
}

/// Checks an owner: somebody who can review, or a group of such people.
///
/// # Errors
/// When it is neither.
fn owner(owner: &str) -> Result<(), InvalidField> {
    field::name("owner", owner)?;
    let is_owner = match owner.split_once(':') {
        Some(("user" | "service", id)) => !id.trim().is_empty(),
        Some(_) => false,
        None => reviewer::is_group(owner),
    };
    if is_owner {
        return Ok(());
    }
    invalid(
        "owner",
        "names nobody who could review; use `user:ID`, `service:ID` or a group: 1 to 64 ASCII letters, digits, `_` and `-`",
    )
}

fn schema(schema: &Json) -> Result<(), InvalidField> {
    let text = schema.as_str();
    field::bytes("arguments_schema", text.len(), MAX_SCHEMA_BYTES, "has more than 64 KiB")?;
    let is_json = arguments::payload(text.as_bytes()).is_ok();
    let is_schema = is_json && matches!(text.as_bytes().first(), Some(b'{' | b't' | b'f'));
    if is_schema {
        return Ok(());
    }
    invalid("arguments_schema", "is no JSON Schema; it is a JSON object, or `true` or `false`")
}

fn names(
    field: &'static str,
    names: &[String],
    max: usize,
    too_many: &'static str,
) -> Result<(), InvalidField> {
    if names.len() > max {
        return invalid(field, too_many);
    }
    let mut seen = BTreeSet::new();
    for name in names {
        field::name(field, name)?;
        if !seen.insert(name) {
            return invalid(field, "names the same twice");
        }
    }
    Ok(())
}

const fn invalid(field: &'static str, problem: &'static str) -> Result<(), InvalidField> {
    Err(InvalidField::Invalid { field, problem })
}
