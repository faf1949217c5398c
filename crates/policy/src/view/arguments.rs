//! Arguments by place: the JSON Pointer of a value without its first slash.

use serde_json::{Number, Value};

use crate::value::FactValue;

/// The longest text that rules see, in bytes; more is cut off.
const MAX_TEXT_BYTES: usize = 4 * 1024;
/// The most texts of a list that rules see, and the most names.
const MAX_ITEMS: usize = 256;
/// The most places that rules see where they do not name them.
const MAX_PLACES: usize = 256;
/// How deep values may stand for that.
const MAX_DEPTH: usize = 16;

/// The text at `place`.
pub(crate) fn text<'a>(arguments: &'a Value, place: &str) -> Option<FactValue<'a>> {
    Some(cut(at(arguments, place)?.as_str()?).into())
}

/// The number at `place` as a whole number, rounded away from zero; the largest there is where it is beyond.
pub(crate) fn number(arguments: &Value, place: &str) -> Option<FactValue<'static>> {
    Some(FactValue::Long(scaled(at(arguments, place)?, 0)?.0))
}

/// The number at `place` in ten-thousandths, rounded away from zero; the largest there is where it is beyond.
pub(crate) fn decimal(arguments: &Value, place: &str) -> Option<FactValue<'static>> {
    Some(FactValue::Decimal(scaled(at(arguments, place)?, 4)?.0))
}

/// The flag at `place`.
pub(crate) fn flag(arguments: &Value, place: &str) -> Option<FactValue<'static>> {
    Some(at(arguments, place)?.as_bool()?.into())
}

/// The list of texts at `place`.
pub(crate) fn list<'a>(arguments: &'a Value, place: &str) -> Option<FactValue<'a>> {
    let items = at(arguments, place)?.as_array()?;
    let texts = items.iter().take(MAX_ITEMS).filter_map(Value::as_str).map(cut);
    let all_texts = items.iter().all(Value::is_string);
    all_texts.then(|| FactValue::set(texts))
}

/// The names of the arguments.
pub(crate) fn names(arguments: &Value) -> FactValue<'_> {
    let names = arguments.as_object().into_iter().flat_map(serde_json::Map::keys);
    FactValue::set(names.take(MAX_ITEMS).map(String::as_str))
}

/// Whether some argument is not seen whole.
pub(crate) fn is_partial(arguments: &Value) -> bool {
    let mut places = 0;
    !arguments.is_object()
        || arguments.as_object().is_some_and(|members| members.len() > MAX_ITEMS)
        || is_beyond(arguments, 0, &mut places)
}

fn is_beyond(value: &Value, depth: usize, places: &mut usize) -> bool {
    if depth > MAX_DEPTH {
        return true;
    }
    *places += 1;
    // The arguments themselves are a place that is not counted.
    if *places > MAX_PLACES + 1 {
        return true;
    }
    match value {
        Value::String(text) => text.len() > MAX_TEXT_BYTES,
        Value::Number(number) => decimal_digits(number, 4).is_none_or(|(_, is_clamped)| is_clamped),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.len() > MAX_ITEMS || items.iter().any(|item| is_beyond(item, depth, &mut 0))
        }
        Value::Array(items) => items.iter().any(|item| is_beyond(item, depth + 1, places)),
        Value::Object(members) => members.values().any(|member| is_beyond(member, depth + 1, places)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// The places that rules see where they do not name them, in order of the arguments.
pub(crate) fn places(arguments: &Value) -> Vec<String> {
    let mut places = Vec::new();
    if arguments.is_object() {
        collect(arguments, "", 0, &mut places);
    }
    places
}

fn collect(value: &Value, place: &str, depth: usize, places: &mut Vec<String>) {
    if depth > MAX_DEPTH || places.len() >= MAX_PLACES {
        return;
    }
    if depth > 0 {
        places.push(place.to_owned());
    }
    let under = |name: &str| if depth == 0 { name.to_owned() } else { format!("{place}/{name}") };
    match value {
        Value::Array(items) if !items.iter().all(Value::is_string) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &under(&index.to_string()), depth + 1, places);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, &under(&name.replace('~', "~0").replace('/', "~1")), depth + 1, places);
            }
        }
        _ => {}
    }
}

/// `text`, cut where rules see no more of it.
pub(crate) fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn at<'a>(arguments: &'a Value, place: &str) -> Option<&'a Value> {
    let members = arguments.as_object()?;
    // Most places are names of arguments: no need to build the pointer.
    if !place.contains(['/', '~']) {
        return members.get(place);
    }
    arguments.pointer(&format!("/{place}"))
}

/// The number in units of 10^-`digits`, and whether it was beyond what there is.
fn scaled(value: &Value, digits: usize) -> Option<(i64, bool)> {
    let Value::Number(number) = value else { return None };
    match (number.as_i64(), digits) {
        (Some(whole), 0) => Some((whole, false)),
        _ => decimal_digits(number, digits),
    }
}

/// Reads the number from its decimal digits, so that 0.1 is one tenth and not what a binary fraction makes of it.
fn decimal_digits(number: &Number, digits: usize) -> Option<(i64, bool)> {
    let text = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), ..) => whole.to_string(),
        (_, Some(whole), _) => whole.to_string(),
        // A float is written without an exponent here.
        (_, _, Some(float)) => float.to_string(),
        _ => return None,
    };
    let (is_negative, size) = text.strip_prefix('-').map_or((false, text.as_str()), |size| (true, size));
    let (whole, fraction) = size.split_once('.').unwrap_or((size, ""));
    let kept = fraction.len().min(digits);
    let mut units = format!("{whole}{}{}", &fraction[..kept], "0".repeat(digits - kept)).parse::<i128>();
    if fraction[kept..].bytes().any(|digit| digit != b'0') {
        units = units.map(|units| units.saturating_add(1));
    }
    // More digits than fit are beyond anyway.
    let units = units.unwrap_or(i128::MAX);
    let signed = if is_negative { -units } else { units };
    let clamped = signed.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    Some((i64::try_from(clamped).ok()?, clamped != signed))
}

#[cfg(test)]
mod tests;
