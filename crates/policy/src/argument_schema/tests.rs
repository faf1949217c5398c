use serde_json::{Map, Value, json};

use super::{ArgumentSchema, Violation};

fn code(schema: &Value) -> &'static str {
    ArgumentSchema::compile(schema).map_or_else(|error| error.code(), |_| "fine")
}

fn violations(schema: &Value, arguments: &Value) -> Vec<(String, String)> {
    let told = |Violation { pointer, problem }| (pointer, problem);
    let checked = ArgumentSchema::compile(schema).unwrap().check(arguments);
    checked.err().unwrap_or_default().into_iter().map(told).collect()
}

fn payment() -> Value {
    json!({
        "type": "object",
        "properties": {
            "amount": {"type": "integer", "minimum": 1},
            "iban": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2,30}$"},
            "address": {"$ref": "#/$defs/address"}
        },
        "required": ["amount", "iban"],
        "additionalProperties": false,
        "$defs": {"address": {"type": "object", "properties": {"city": {"type": "string"}}}}
    })
}

#[test]
fn arguments_are_checked_and_values_are_not_repeated() {
    assert_eq!(violations(&payment(), &json!({"amount": 5, "iban": "DE1234", "address": {"city": "x"}})), []);
    let found =
        violations(&payment(), &json!({"amount": 0, "iban": "secret", "address": {"city": 3}, "b": 1}));
    let places: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(places.len(), 4, "{found:?}");
    for place in ["/amount", "/iban", "/address/city", ""] {
        assert!(places.contains(&place), "{place}: {found:?}");
    }
    assert!(found.iter().all(|(_, problem)| !problem.contains("secret")), "{found:?}");
    assert_eq!(violations(&payment(), &json!({"amount": 1})).len(), 1);
}

#[test]
fn what_is_told_is_bounded() {
    let schema = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let many: Map<String, Value> = (0..100).map(|n| (n.to_string(), json!(n))).collect();
    assert_eq!(violations(&schema, &Value::Object(many)).len(), 16);
    let schema = json!({"properties": {"a": {"const": "x".repeat(5_000)}}});
    let told = &violations(&schema, &json!({"a": 1}))[0].1;
    assert_eq!(told.chars().count(), 300, "{told}");
}

#[test]
fn schemas_past_the_bounds_are_refused() {
    assert_eq!(code(&json!({"description": "x".repeat(70_000)})), "argument_schema_too_large");
    let mut deep = json!({});
    for _ in 0..70 {
        deep = json!({ "not": deep });
    }
    assert_eq!(code(&deep), "argument_schema_too_deep");
    assert_eq!(code(&json!({"type": "objekt"})), "argument_schema_invalid");
    assert_eq!(code(&json!({"$ref": "https://example.com/x"})), "argument_schema_reference");
    assert_eq!(code(&json!({"$ref": "file:///etc/passwd"})), "argument_schema_reference");
    assert_eq!(code(&json!({"$ref": "#/$defs/none"})), "argument_schema_reference");
    assert_eq!(
        code(&json!({"properties": {"a": {"$id": "other", "type": "string"}}})),
        "argument_schema_reference"
    );
    assert_eq!(code(&json!(true)), "fine");
}

#[test]
fn patterns_run_in_linear_time() {
    let schema = json!({"properties": {"a": {"pattern": "(a+)+$"}}});
    let text = format!("{}!", "a".repeat(50_000));
    assert_eq!(violations(&schema, &json!({ "a": text })).len(), 1);
    assert_eq!(code(&json!({"pattern": "(?=a)b"})), "argument_schema_invalid");
    assert_eq!(code(&json!({"pattern": "(a)\\1"})), "argument_schema_invalid");
    assert_eq!(code(&json!({"pattern": "(a{1000}){1000}"})), "argument_schema_invalid");
}

#[test]
fn a_short_schema_cannot_ask_for_endless_work() {
    let mut definitions = Map::new();
    for n in 0..40 {
        let next = json!({"$ref": format!("#/$defs/a{}", n + 1)});
        definitions.insert(format!("a{n}"), json!({"allOf": [next, next]}));
    }
    definitions.insert("a40".to_owned(), json!({"type": "object"}));
    assert_eq!(code(&json!({"$defs": definitions, "$ref": "#/$defs/a0"})), "argument_schema_too_complex");

    let tree = json!({"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}, "required": ["b"]});
    let mut deep = json!({});
    for _ in 0..60 {
        deep = json!({"a": deep, "b": 1});
    }
    assert_eq!(violations(&tree, &deep), [(String::new(), "the arguments do not fit the schema".to_owned())]);
    assert_eq!(violations(&tree, &json!({"b": 1, "a": {"b": 2}})), []);
}

#[test]
fn references_within_the_document_are_followed() {
    let schema = json!({
        "$id": "https://example.com/x", "$ref": "https://example.com/x#/$defs/a",
        "$defs": {"a": {"required": ["b"], "$ref": "#named"}, "c": {"$anchor": "named", "required": ["d"]}}
    });
    assert_eq!(violations(&schema, &json!({})).len(), 2);
    for schema in [json!({"$ref": "#"}), json!({"$anchor": "x", "$ref": "#x"})] {
        assert_eq!(violations(&schema, &json!({"a": 1})), []);
    }
}
