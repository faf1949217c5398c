//! The body, field by field: what the document allows is taken, and of everything else all is named.

use std::collections::{BTreeMap, btree_map::Entry};

use axum::extract::Request;
use proto_events::{Json, Timestamp};
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use vidimus_api_types::{InvocationSource, ToolExecutionCreate, ToolKind, ToolOutcome};

use super::validation::{Fault, Faults};
use crate::{extract, state::Api};

/// Of how many unknown or repeated fields an answer tells.
const MAX_NAMED: usize = 1_000;

/// Reads the body of `request`; nothing, and why not, where something is wrong with it.
pub(super) async fn read(request: Request, api: &Api, faults: &mut Faults) -> Option<ToolExecutionCreate> {
    let is_json = extract::is_json(request.headers());
    let bytes = faults.keep(&["body"], extract::bytes(request, api).await.map_err(Fault::from))?;
    let fields = match &*bytes {
        [] => Err(Fault::new("missing", "Field required")),
        _ if !is_json => Err(Fault::new("content_type", "Content-Type should be application/json")),
        bytes => Fields::parse(bytes),
    };
    fill(faults.keep(&["body"], fields)?, faults)
}

/// The table of fields: each with what it has to be.
fn fill(fields: Fields<'_>, faults: &mut Faults) -> Option<ToolExecutionCreate> {
    let mut taken = Taken { fields, faults };
    let tool_id = taken.optional("tool_id", text(0, 255));
    let tool_name = taken.required("tool_name", text(1, 255));
    let tool_kind = taken.required("tool_kind", one_of(ToolKind::ALL, ToolKind::as_str));
    let invocation_source =
        taken.required("invocation_source", one_of(InvocationSource::ALL, InvocationSource::as_str));
    let trigger_event = taken.optional("trigger_event", text(1, 64));
    let source_tool_id = taken.optional("source_tool_id", text(0, 255));
    let started_at = taken.required("started_at", instant);
    let finished_at = taken.required("finished_at", instant);
    let duration_ms = taken.required("duration_ms", integer(0, u64::MAX));
    let outcome = taken.required("outcome", one_of(ToolOutcome::ALL, ToolOutcome::as_str));
    let http_status = taken.optional("http_status", integer(100, 999));
    let error_code = taken.optional("error_code", text(0, 128));
    let error_type = taken.optional("error_type", text(0, 200));
    let wait_for_response = taken.optional("wait_for_response", boolean);
    let show_results_to_llm = taken.optional("show_results_to_llm", boolean);
    let target_url = taken.optional("target_url", text(0, 1_024));
    let arguments_preview = taken.optional("arguments_preview", any);
    let result_preview = taken.optional("result_preview", any);
    let error_message = taken.optional("error_message", text(0, 5_000));
    let stack_trace = taken.optional("stack_trace", text(0, 20_000));
    taken.nothing_else();
    Some(ToolExecutionCreate {
        tool_id,
        tool_name: tool_name?,
        tool_kind: tool_kind?,
        invocation_source: invocation_source?,
        trigger_event,
        source_tool_id,
        started_at: started_at?,
        finished_at: finished_at?,
        duration_ms: duration_ms?,
        outcome: outcome?,
        http_status: http_status.and_then(|status| u16::try_from(status).ok()),
        error_code,
        error_type,
        wait_for_response,
        show_results_to_llm,
        target_url,
        arguments_preview,
        result_preview,
        error_message,
        stack_trace,
    })
}

/// An object's fields, each value as the text it came as: so that one which is no good does not hide the next, and one
/// that may be anything may be anything.
#[derive(Default)]
struct Fields<'b> {
    values: BTreeMap<String, &'b RawValue>,
    repeated: Vec<String>,
}

impl<'b> Fields<'b> {
    fn parse(bytes: &'b [u8]) -> Result<Self, Fault> {
        let invalid = |reason: &dyn std::fmt::Display| {
            Fault::new("json_invalid", format!("JSON decode error: {reason}"))
        };
        let text = std::str::from_utf8(bytes).map_err(|error| invalid(&error))?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let fields = deserializer.deserialize_map(FieldsVisitor);
        let fields = fields.and_then(|fields| deserializer.end().map(|()| fields));
        fields.map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                Fault::new("model_attributes_type", "Input should be an object")
            }
            _ => invalid(&error),
        })
    }
}

struct FieldsVisitor;

impl<'b> Visitor<'b> for FieldsVisitor {
    type Value = Fields<'b>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'b>>(self, mut entries: A) -> Result<Fields<'b>, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value()?;
            match fields.values.entry(name) {
                Entry::Vacant(field) => {
                    field.insert(value);
                }
                Entry::Occupied(field) => fields.repeated.push(field.key().clone()),
            }
        }
        Ok(fields)
    }
}

/// The fields, of which one after the other is taken.
struct Taken<'b, 'f> {
    fields: Fields<'b>,
    faults: &'f mut Faults,
}

impl Taken<'_, '_> {
    /// A field that may be left out or `null`.
    fn optional<T>(&mut self, name: &str, read: impl Fn(&str) -> Result<T, Fault>) -> Option<T> {
        let value = self.fields.values.remove(name)?.get();
        if value == "null" { None } else { self.faults.keep(&["body", name], read(value)) }
    }

    /// A field that has to be there.
    fn required<T>(&mut self, name: &str, read: impl Fn(&str) -> Result<T, Fault>) -> Option<T> {
        let missing = || Fault::new("missing", "Field required");
        let read = self.fields.values.remove(name).ok_or_else(missing).and_then(|value| read(value.get()));
        self.faults.keep(&["body", name], read)
    }

    /// What was not taken must not be there.
    fn nothing_else(&mut self) {
        for name in self.fields.values.keys().take(MAX_NAMED) {
            self.faults.add(&["body", name], Fault::new("extra_forbidden", "Extra inputs are not permitted"));
        }
        // Two readers may understand two things by it, and this is evidence.
        for name in self.fields.repeated.iter().take(MAX_NAMED) {
            self.faults.add(&["body", name], Fault::new("duplicate_field", "Field should be there once"));
        }
    }
}

fn string(value: &str) -> Result<String, Fault> {
    if !value.starts_with('"') {
        return Err(Fault::new("string_type", "Input should be a valid string"));
    }
    // The only thing left that can be wrong is an escape of half a surrogate pair, which is no character.
    serde_json::from_str(value).map_err(|_| {
        Fault::new("string_unicode", "Input should be a valid string, without half surrogate pairs")
    })
}

/// A text of so many characters.
fn text(min: usize, max: usize) -> impl Fn(&str) -> Result<String, Fault> {
    let characters =
        |count| if count == 1 { "1 character".to_owned() } else { format!("{count} characters") };
    move |value| {
        let text = string(value)?;
        match text.chars().count() {
            len if len < min => Err(Fault::new(
                "string_too_short",
                format!("String should have at least {}", characters(min)),
            )),
            len if len > max => {
                Err(Fault::new("string_too_long", format!("String should have at most {}", characters(max))))
            }
            _ => Ok(text),
        }
    }
}

/// One of a few names.
fn one_of<T: Copy + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl Fn(&str) -> Result<T, Fault> {
    move |value| {
        let text = serde_json::from_str::<String>(value).ok();
        let found = all.iter().copied().find(|one| text.as_deref() == Some(name(*one)));
        found.ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|one| format!("'{}'", name(*one))).collect();
            let (last, others) =
                names.split_last().map_or((String::new(), &[][..]), |(last, others)| (last.clone(), others));
            Fault::new("enum", format!("Input should be {} or {last}", others.join(", ")))
        })
    }
}

fn boolean(value: &str) -> Result<bool, Fault> {
    value.parse().map_err(|_| Fault::new("bool_type", "Input should be a valid boolean"))
}

fn any(value: &str) -> Result<Json, Fault> {
    Json::from_text(value.to_owned()).map_err(|error| Fault::new("json_invalid", error.to_string()))
}

/// An instant as RFC 3339 has it. One that an offset moves out of the years that can be recorded is the first or the
/// last of them.
fn instant(value: &str) -> Result<Timestamp, Fault> {
    let text = string(value)?;
    let fault = || Fault::new("datetime_parsing", "Input should be a valid date-time as in RFC 3339");
    // The parser takes any separator.
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return Err(fault());
    }
    let instant = OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| fault())?;
    Ok(Timestamp::from_micros(instant.unix_timestamp() * 1_000_000 + i64::from(instant.microsecond())))
}

/// An integer in a range, however it is written: `1.0` and `1e3` are integers. `u64::MAX` is no bound: what is larger is
/// recorded as that.
fn integer(min: u64, max: u64) -> impl Fn(&str) -> Result<u64, Fault> {
    move |value| {
        let (negative, magnitude) =
            whole(value).ok_or_else(|| Fault::new("int_type", "Input should be a valid integer"))?;
        if magnitude < min || (negative && magnitude > 0) {
            let message = format!("Input should be greater than or equal to {min}");
            return Err(Fault::new("greater_than_equal", message));
        }
        if magnitude > max {
            return Err(Fault::new(
                "less_than_equal",
                format!("Input should be less than or equal to {max}"),
            ));
        }
        Ok(magnitude)
    }
}

/// Sign and magnitude of a JSON number, held within `u64`; nothing where it is no number, or has a fraction.
fn whole(value: &str) -> Option<(bool, u64)> {
    let (negative, value) = value.strip_prefix('-').map_or((false, value), |value| (true, value));
    if !value.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = value.split_once(['e', 'E']).unwrap_or((value, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [integer, fraction].concat();
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some((negative, 0));
    }
    // An exponent that is no i64 is beyond every number of digits that a body has room for.
    let exponent = exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN } else { i64::MAX });
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let shift = i64::try_from(zeros).ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let shift = exponent.saturating_add(shift);
    if shift < 0 {
        return None;
    }
    let power = u32::try_from(shift).ok().and_then(|shift| 10_u64.checked_pow(shift));
    let magnitude =
        significant.parse::<u64>().ok().zip(power).and_then(|(digits, power)| digits.checked_mul(power));
    Some((negative, magnitude.unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_however_they_are_written() {
        for (text, expected) in [
            ("0", 0),
            ("0.0", 0),
            ("0e999999999999999999999", 0),
            ("7", 7),
            ("7.0", 7),
            ("7.00e0", 7),
            ("70e-1", 7),
            ("0.7e1", 7),
            ("0.0007E+4", 7),
            ("1e3", 1_000),
            ("1200", 1_200),
            ("18446744073709551615", u64::MAX),
            ("18446744073709551616", u64::MAX),
            ("1e19", 10_000_000_000_000_000_000),
            ("1e20", u64::MAX),
            ("1e999999999999999999999", u64::MAX),
            (&"9".repeat(1_000), u64::MAX),
        ] {
            assert_eq!(whole(text), Some((false, expected)), "{text}");
            assert_eq!(whole(&format!("-{text}")), Some((true, expected)), "-{text}");
        }
        for text in
            ["0.5", "7.1", "1e-1", "70e-2", "1e-999999999999999999999", "\"7\"", "true", "[7]", "{}", "null"]
        {
            assert_eq!(whole(text), None, "{text}");
        }
    }
}
