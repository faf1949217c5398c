use serde_json::{Value, json};

use super::{decimal, flag, is_partial, list, names, number, places, text};
use crate::value::FactValue;

fn long(value: Value) -> Option<FactValue<'static>> {
    number(&json!({ "n": value }), "n")
}

fn units(value: Value) -> Option<FactValue<'static>> {
    decimal(&json!({ "n": value }), "n")
}

#[test]
fn numbers_round_away_from_zero() {
    for (value, whole, fine) in [
        (json!(5), 5, 50_000),
        (json!(-5), -5, -50_000),
        (json!(0.1), 1, 1_000),
        (json!(-0.1), -1, -1_000),
        (json!(2.5), 3, 25_000),
        (json!(100.0), 100, 1_000_000),
        (json!(1.00001), 2, 10_001),
        (json!(-1.00001), -2, -10_001),
        (json!(1e-7), 1, 1),
        (json!(1e3), 1_000, 10_000_000),
        (json!(0.0), 0, 0),
    ] {
        assert_eq!(long(value.clone()), Some(FactValue::Long(whole)), "{value}");
        assert_eq!(units(value.clone()), Some(FactValue::Decimal(fine)), "{value}");
        assert!(!is_partial(&json!({ "n": value })), "{value}");
    }
}

#[test]
fn numbers_beyond_are_the_largest_there_is_and_not_seen_whole() {
    for (value, whole) in [(json!(1e300), i64::MAX), (json!(-1e300), i64::MIN), (json!(u64::MAX), i64::MAX)] {
        assert_eq!(long(value.clone()), Some(FactValue::Long(whole)), "{value}");
        assert!(is_partial(&json!({ "n": value })), "{value}");
    }
    assert_eq!(units(json!(9_007_199_254_740_991_i64)), Some(FactValue::Decimal(i64::MAX)));
}

#[test]
fn a_value_is_seen_under_its_own_type_alone() {
    let arguments =
        json!({"t": "x", "n": 1, "f": true, "l": ["b", "a", "b"], "m": ["a", 1], "0": null, "e": []});
    assert_eq!(text(&arguments, "t"), Some("x".into()));
    assert_eq!(number(&arguments, "t"), None);
    assert_eq!(text(&arguments, "n"), None);
    assert_eq!(flag(&arguments, "f"), Some(true.into()));
    assert_eq!(list(&arguments, "l"), Some(FactValue::Set(vec!["a", "b"])));
    assert_eq!(list(&arguments, "m"), None);
    assert_eq!(list(&arguments, "e"), Some(FactValue::Set(vec![])));
    assert_eq!(number(&arguments, "m/1"), Some(FactValue::Long(1)));
    assert_eq!(text(&arguments, "0"), None);
    assert_eq!(names(&arguments), FactValue::Set(vec!["0", "e", "f", "l", "m", "n", "t"]));
}

#[test]
fn places_are_pointers_without_the_first_slash() {
    let arguments = json!({"a": {"b/c": {"~": "deep"}}, "l": [{"x": 1}, {"x": 2}]});
    assert_eq!(text(&arguments, "a/b~1c/~0"), Some("deep".into()));
    assert_eq!(number(&arguments, "l/1/x"), Some(FactValue::Long(2)));
    assert_eq!(
        places(&arguments),
        ["a", "a/b~1c", "a/b~1c/~0", "l", "l/0", "l/0/x", "l/1", "l/1/x"].map(str::to_owned)
    );
    assert_eq!(places(&json!(["no object"])), Vec::<String>::new());
}

#[test]
fn what_is_past_a_bound_is_not_seen_whole() {
    let long_text = "ä".repeat(3_000);
    let arguments = json!({ "t": long_text });
    assert!(is_partial(&arguments));
    assert_eq!(text(&arguments, "t"), Some("ä".repeat(2_048).as_str().into()));

    let many: serde_json::Map<String, Value> = (0..300).map(|n| (format!("k{n}"), json!(n))).collect();
    let many = Value::Object(many);
    assert!(is_partial(&many));
    assert_eq!(places(&many).len(), 256);
    assert_eq!(number(&many, "k299"), Some(FactValue::Long(299)), "a place that a rule names is seen");

    let items: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    assert!(is_partial(&json!({ "l": items })));
    let mut deep = json!(1);
    for _ in 0..20 {
        deep = json!({ "d": deep });
    }
    assert!(is_partial(&deep));
    assert!(is_partial(&json!("text")));
    assert!(!is_partial(&json!({"a": "b", "l": ["x"], "n": 1.5, "z": null})));
}
