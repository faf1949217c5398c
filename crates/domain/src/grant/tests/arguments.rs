//! What arguments meet, and what counts as a number.

use proto_events::{ArgumentCondition, ArgumentTest};
use serde_json::{Value, json};

use crate::grant::{amount, amount_at, is_met};

fn meets(test: ArgumentTest, arguments: &Value) -> bool {
    is_met(&ArgumentCondition { pointer: "/a".to_owned(), test }, arguments)
}

fn at_most(number: &str, argument: Value) -> bool {
    meets(ArgumentTest::AtMost { number: number.to_owned() }, &json!({ "a": argument }))
}

#[test]
fn a_number_is_at_most_another() {
    for yes in [json!(99.5), json!(99), json!(0), json!(-1e15), json!(1e-9), json!("99.50"), json!("-1")] {
        assert!(at_most("99.50", yes.clone()), "{yes}");
    }
    for no in [
        json!(99.51),
        json!(100),
        json!("99.500000001"),
        json!(1e300),
        json!(-1e300),
        json!(1e-10),
        json!("1 000"),
        json!("1,5"),
        json!("ten"),
        json!(""),
        json!(true),
        json!(null),
        json!([1]),
        json!({ "b": 1 }),
    ] {
        assert!(!at_most("99.50", no.clone()), "{no}");
    }
    assert!(
        !at_most("99.50", Value::Null) && !meets(ArgumentTest::AtMost { number: "1".into() }, &json!({}))
    );
    assert!(at_most("9007199254740991", json!(9_007_199_254_740_991_u64)));
    assert!(!at_most("9007199254740990", json!(9_007_199_254_740_991_u64)));
}

#[test]
fn a_text_is_one_of_some_or_begins_with_one() {
    let one_of = || ArgumentTest::OneOf { values: vec!["x".to_owned(), "1".to_owned()] };
    let begins = || ArgumentTest::StartsWith { text: "mi".to_owned() };
    let table = [
        (one_of(), json!({ "a": "x" }), true),
        (one_of(), json!({ "a": "X" }), false),
        (one_of(), json!({ "a": "xx" }), false),
        (one_of(), json!({ "a": 1 }), false),
        (one_of(), json!({ "a": ["x"] }), false),
        (one_of(), json!({}), false),
        (begins(), json!({ "a": "mira" }), true),
        (begins(), json!({ "a": "mi" }), true),
        (begins(), json!({ "a": "Mira" }), false),
        (begins(), json!({ "a": ["mira"] }), false),
        (begins(), json!({}), false),
        (ArgumentTest::Absent, json!({}), true),
        (ArgumentTest::Absent, json!({ "b": 1 }), true),
        (ArgumentTest::Absent, json!({ "a": null }), false),
        (ArgumentTest::Absent, json!({ "a": "" }), false),
    ];
    for (test, arguments, expected) in table {
        assert_eq!(meets(test.clone(), &arguments), expected, "{test:?} {arguments}");
    }
}

#[test]
fn an_argument_is_named_at_any_depth() {
    let pointer = "/items/1/a~1b".to_owned();
    let condition = ArgumentCondition { pointer, test: ArgumentTest::AtMost { number: "5".to_owned() } };
    assert!(is_met(&condition, &json!({ "items": [{}, { "a/b": 5 }] })));
    assert!(!is_met(&condition, &json!({ "items": [{ "a/b": 5 }] })));
}

#[test]
fn an_amount_is_exact_or_none() {
    for (text, expected) in [
        ("0", "0"),
        ("-0", "0"),
        ("99.50", "99.5"),
        ("007", "7"),
        ("1e3", "1000"),
        ("1.5e-7", "0.00000015"),
        ("1E+2", "100"),
        ("9999999999999999.999999999", "9999999999999999.999999999"),
    ] {
        let read = amount(text).map(|amount| amount.to_string());
        assert_eq!(read.as_deref(), Some(expected), "{text}");
    }
    for none in [
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        ".5",
        "5.",
        "1..2",
        "1_000",
        "0x10",
        "inf",
        "NaN",
        "1e",
        "e1",
        "--1",
        "1-2",
        "10000000000000000",
        "0.0000000001",
        "1e16",
        "1e-10",
        "1e400",
        &"9".repeat(65),
    ] {
        assert_eq!(amount(none), None, "{none}");
    }
}

#[test]
fn the_amount_of_a_call_is_where_the_catalogue_says() {
    let arguments =
        json!({ "pay": { "amount": 12.5, "text": "7.00", "flag": true, "bad": "x", "less": -1 } });
    assert_eq!(amount_at(&arguments, "/pay/amount").as_deref(), Some("12.5"));
    assert_eq!(amount_at(&arguments, "/pay/text").as_deref(), Some("7"));
    for none in ["/pay", "/pay/flag", "/pay/bad", "/pay/less", "/pay/none", "amount"] {
        assert_eq!(amount_at(&arguments, none), None, "{none}");
    }
}
