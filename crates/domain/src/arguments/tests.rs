//! Canonical form, digest and limits.

mod limits;
mod vectors;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Arguments, MAX_NUMBER};

fn parse(text: &str) -> Arguments {
    Arguments::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_digest_of_no_arguments() {
    let digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert_eq!(parse("{}").digest().to_string(), digest);
    assert_eq!(parse(" {\n} ").digest().to_string(), digest);
}

#[test]
fn one_value_in_many_texts_has_one_digest() {
    let plain = parse(r#"{"a":1,"b":[true,"é"]}"#);
    assert_eq!(plain.canonical().as_str(), r#"{"a":1,"b":[true,"é"]}"#);
    for text in
        ["{ \"b\" : [ true , \"\\u00e9\" ] , \"a\" : 1.0 }", "\n{\"\\u0061\":1e0,\"b\":[true,\"é\"]}\t"]
    {
        assert_eq!(parse(text), plain, "{text}");
    }
}

#[test]
fn composed_and_decomposed_letters_are_different_arguments() {
    assert_ne!(parse(r#"{"a":"é"}"#).digest(), parse("{\"a\":\"e\u{301}\"}").digest());
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        (-(MAX_NUMBER as i64)..=MAX_NUMBER as i64).prop_map(Value::from),
        (-1e15..1e15_f64).prop_map(Value::from),
        prop_oneof![Just(0.0), Just(-0.0), Just(5e-324), Just(1e-7), Just(0.1 + 0.2)].prop_map(Value::from),
    ];
    let text = "[ -~\u{0}-\u{1f}éß€דּ😂\u{2028}]{0,8}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        text.prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(text, inner, 0..6).prop_map(|map| Value::from(Map::from_iter(map))),
        ]
    })
}

/// A text of the value with spaces, escapes and keys in descending order.
fn another_text(value: &Value) -> String {
    let escaped = |text: &str| {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
        format!("\"{}\"", units.collect::<String>())
    };
    match value {
        Value::Object(map) => {
            let entries =
                map.iter().rev().map(|(key, value)| format!("\t{} : {}", escaped(key), another_text(value)));
            format!("{{\n{} }}", entries.collect::<Vec<_>>().join(" ,"))
        }
        Value::Array(items) => {
            format!("[ {}\r\n]", items.iter().map(another_text).collect::<Vec<_>>().join(" , "))
        }
        Value::String(text) => escaped(text),
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn canonical_is_a_fixed_point_however_it_is_written(value in value()) {
        let value = json!({ "it": value });
        let arguments = Arguments::from_value(&value).unwrap();
        let again = Arguments::parse(arguments.canonical().as_str().as_bytes()).unwrap();
        prop_assert_eq!(&again, &arguments);
        let other = another_text(&value);
        prop_assert_eq!(&Arguments::parse(other.as_bytes()).unwrap(), &arguments, "{}", other);
        prop_assert_eq!(Arguments::from_value(&arguments.to_value()).unwrap(), arguments);
    }

    #[test]
    fn different_integers_have_different_digests(a in -(MAX_NUMBER as i64)..=MAX_NUMBER as i64, by in 1..3_i64) {
        prop_assume!(a + by <= MAX_NUMBER as i64);
        let digest = |n: i64| parse(&format!("{{\"n\":{n}}}")).digest();
        prop_assert_ne!(digest(a), digest(a + by));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Arguments::parse(&bytes);
        let _ = super::payload(&bytes);
    }
}
