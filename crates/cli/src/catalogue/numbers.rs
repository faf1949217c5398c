//! Schemas of tools that convert numbers which come as text.

use serde_json::{Map, Value, json};

/// The deepest nesting that is looked into; what lies deeper stays as it is.
const MAX_DEPTH: usize = 32;
/// Text that is a whole number.
const WHOLE: &str = "^[+-]?[0-9]{1,30}$";
/// Text that is a number.
const NUMBER: &str = "^[+-]?[0-9]{1,30}(\\.[0-9]{1,30})?$";

/// Lets a number also be the text of one, wherever `schema` asks for a number.
pub(super) fn accept_as_text(schema: &mut Value) {
    accept(schema, MAX_DEPTH);
}

fn accept(schema: &mut Value, depth: usize) {
    let (Value::Object(members), Some(deeper)) = (schema, depth.checked_sub(1)) else { return };
    loosen(members);
    for (keyword, value) in members.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "$defs" | "definitions" | "patternProperties", Value::Object(schemas)) => {
                schemas.values_mut().for_each(|schema| accept(schema, deeper));
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems" | "items", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(|schema| accept(schema, deeper));
            }
            ("items" | "additionalProperties", schema) => accept(schema, deeper),
            _ => {}
        }
    }
}

fn loosen(members: &mut Map<String, Value>) {
    // What is one of a list of values, or has a pattern for its text already, says exactly what it takes.
    if ["enum", "const", "pattern"].iter().any(|keyword| members.contains_key(*keyword)) {
        return;
    }
    let types: Vec<&str> = match members.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let pattern = if types.contains(&"number") {
        NUMBER
    } else if types.contains(&"integer") {
        WHOLE
    } else {
        return;
    };
    if types.contains(&"string") {
        return;
    }
    let with_text: Vec<&str> = types.into_iter().chain(["string"]).collect();
    let with_text = json!(with_text);
    members.insert("type".to_owned(), with_text);
    members.insert("pattern".to_owned(), json!(pattern));
}
