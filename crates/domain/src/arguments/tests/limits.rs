//! What is refused, and where it is said to be.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::arguments::{
    Arguments, InvalidArguments, InvalidPayload, MAX_ARGUMENTS_BYTES, MAX_DEPTH, payload,
};

fn code(text: &str) -> &'static str {
    Arguments::parse(text.as_bytes()).map_or_else(|error| error.code(), |_| "fine")
}

fn payload_code(text: &str) -> &'static str {
    payload(text.as_bytes()).map_or_else(|error| error.code(), |_| "fine")
}

fn message(text: &str) -> String {
    Arguments::parse(text.as_bytes()).unwrap_err().to_string()
}

/// An object with arrays in it, `depth` levels in all.
fn nested(depth: usize) -> String {
    format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1))
}

#[test]
fn numbers_beyond_the_integers_of_a_double_are_refused() {
    for fine in
        ["9007199254740991", "-9007199254740991", "9007199254740991.0", "9.007199254740991e15", "1e-400"]
    {
        assert_eq!(code(&format!("{{\"n\":{fine}}}")), "fine", "{fine}");
    }
    for beyond in [
        "9007199254740992",
        "-9007199254740992",
        "9007199254740993",
        "9007199254740992.0",
        "9007199254740991.6",
        "1e16",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "1e308",
        "1e400",
        "-1e400",
    ] {
        assert_eq!(code(&format!("{{\"n\":{beyond}}}")), "arguments_number_range", "{beyond}");
    }
    assert_eq!(
        message("{\"n\":\n 9007199254740993}"),
        "invalid arguments: number `9007199254740993` is beyond ±9007199254740991 (2^53 − 1): send it as a string \
         (line 2, column 17)"
    );
}

#[test]
fn a_key_stands_once_however_it_is_written() {
    assert_eq!(code(r#"{"a":{"b":1},"b":{"b":2}}"#), "fine");
    for twice in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"x":[{"a":1,"b":2,"a":3}]}"#] {
        assert_eq!(code(twice), "arguments_duplicate_key", "{twice}");
    }
    let said = message("{\"amount\":1,\n\"amount\":1000}");
    assert_eq!(
        said,
        "invalid arguments: key `amount` is there twice in one object: keep one (line 2, column 8)"
    );
    assert_eq!(payload_code(r#"{"a":1,"a":1}"#), "fine");
}

#[test]
fn depth_is_bounded_and_no_depth_overflows_the_stack() {
    assert_eq!(code(&nested(MAX_DEPTH)), "fine");
    assert_eq!(code(&nested(MAX_DEPTH + 1)), "arguments_too_deep");
    assert_eq!(code(&nested(10_000)), "arguments_too_deep");
    assert_eq!(code(&"{\"a\":".repeat(10_000)), "arguments_too_deep");
    assert_eq!(code(&"[".repeat(200_000)), "arguments_too_deep");
    assert_eq!(code(&"[".repeat(1_000_000)), "arguments_too_large");
    assert_eq!(payload_code(&"[".repeat(MAX_DEPTH + 1)), "payload_too_deep");
    assert_eq!(payload_code(&format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH))), "fine");
    let said = Arguments::from_value(&serde_json::from_str(&nested(MAX_DEPTH + 1)).unwrap()).unwrap_err();
    assert_eq!(said.code(), "arguments_too_deep");
    assert!(Arguments::from_value(&serde_json::from_str(&nested(MAX_DEPTH)).unwrap()).is_ok());
}

#[test]
fn size_is_bounded_as_it_came_and_in_canonical_form() {
    let of_len = |len: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(len - 8));
    assert_eq!(of_len(MAX_ARGUMENTS_BYTES).len(), MAX_ARGUMENTS_BYTES);
    assert_eq!(code(&of_len(MAX_ARGUMENTS_BYTES)), "fine");
    assert_eq!(code(&of_len(MAX_ARGUMENTS_BYTES + 1)), "arguments_too_large");
    assert_eq!(code(&format!("{{}}{}", " ".repeat(MAX_ARGUMENTS_BYTES))), "arguments_too_large");
    // 4 bytes as they came, 16 in canonical form.
    let growing = format!("{{\"a\":[{}0]}}", "1e15,".repeat(40_000));
    assert!(growing.len() < MAX_ARGUMENTS_BYTES);
    assert_eq!(code(&growing), "arguments_too_large");
    assert_eq!(payload_code(&of_len(256 * 1024)), "fine");
    assert_eq!(payload_code(&of_len(256 * 1024 + 1)), "payload_too_large");
}

#[test]
fn text_has_to_be_text() {
    for (text, expected) in [
        (r#"{"a":"\ud800"}"#, "arguments_not_json"),
        (r#"{"a":"\udc00x"}"#, "arguments_not_json"),
        (r#"{"\ud800":1}"#, "arguments_not_json"),
        (r#"{"a":"\ud83d\ude00"}"#, "fine"),
        (r#"{"a":"\u0000"}"#, "fine"),
        (r#"{"a":"\uffff"}"#, "arguments_noncharacter"),
        (r#"{"\ufdd0":1}"#, "arguments_noncharacter"),
        ("{\"a\":\"\u{1FFFE}\"}", "arguments_noncharacter"),
        ("{\"a\":\"\u{FFFD}\"}", "fine"),
        ("{\"a\":\"line\nend\"}", "arguments_not_json"),
    ] {
        assert_eq!(code(text), expected, "{text:?}");
    }
    let error = Arguments::parse(b"{\"a\":\"\xff\"}").unwrap_err();
    assert_eq!(error.to_string(), "invalid arguments: not JSON: byte 6 is not UTF-8");
    assert_eq!(payload(b"\"\xff\"").unwrap_err().code(), "payload_not_json");
}

#[test]
fn only_one_object_and_nothing_after_it() {
    for (text, expected) in [
        ("[]", "arguments_not_object"),
        ("null", "arguments_not_object"),
        ("\"{}\"", "arguments_not_object"),
        ("1", "arguments_not_object"),
        ("", "arguments_not_json"),
        ("{} {}", "arguments_not_json"),
        ("{\"a\":1,}", "arguments_not_json"),
        ("{'a':1}", "arguments_not_json"),
        ("{\"a\":NaN}", "arguments_not_json"),
        ("{\"a\":01}", "arguments_not_json"),
        ("\u{feff}{}", "arguments_not_json"),
        ("// c\n{}", "arguments_not_json"),
    ] {
        assert_eq!(code(text), expected, "{text:?}");
    }
    assert_eq!(
        message("[]"),
        "invalid arguments: an array is no object: send arguments as `{\"name\": value}`"
    );
    assert_eq!(message("{\"a\": tru}"), "invalid arguments: not JSON: expected ident (line 1, column 10)");
}

/// serde_json would read `{"$serde_json::private::RawValue": "{\"amount\":1}"}` as the object inside the string: what
/// was approved would not be what is shown.
#[test]
fn a_key_cannot_pass_for_a_mark_of_the_parser() {
    let text = r#"{"$serde_json::private::RawValue":"{\"amount\":1}"}"#;
    assert_eq!(code(text), "arguments_reserved_key");
    assert_eq!(payload_code(text), "payload_reserved_key");
    assert_eq!(code(r#"{"a":[{"$serde_json::private::Number":"1"}]}"#), "arguments_reserved_key");
    assert_eq!(code(r#"{"$serde":1}"#), "fine");
}

#[test]
fn a_value_is_checked_like_a_text() {
    let refused: [(Value, &str, &str); 4] = [
        (json!({"a": {"b/c": [0, 9_007_199_254_740_992_u64]}}), "arguments_number_range", "(at `/a/b~1c/1`)"),
        (json!({"a": "\u{ffff}"}), "arguments_noncharacter", "(at `/a`)"),
        (json!({"$serde_json::private::Number": "1"}), "arguments_reserved_key", "Number`)"),
        (json!([1]), "arguments_not_object", "`{\"name\": value}`"),
    ];
    for (value, code, end) in refused {
        let error = Arguments::from_value(&value).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(error.to_string().ends_with(end), "{error}");
    }
}

#[test]
fn a_payload_is_kept_as_it_came() {
    for text in ["null", " 12345678901234567890 ", "[1e300]", r#"{"b":1, "a":1}"#, "\"\\uffff\""] {
        assert_eq!(payload(text.as_bytes()).unwrap().as_str(), text.trim());
    }
    assert_eq!(payload_code("1e999"), "payload_number_range");
    assert_eq!(payload_code(""), "payload_not_json");
    assert_eq!(payload_code("{} {}"), "payload_not_json");
}

#[test]
fn every_code_is_reached() {
    let deep = "[".repeat(65);
    let large = " ".repeat(300_000);
    let tries = [
        &*deep,
        &large,
        r#"{"a":1,"a":1}"#,
        r#"{"$serde_json::private::Number":"1"}"#,
        "1e999",
        r#"{"a":"\uffff"}"#,
        "1",
        "",
    ];
    let codes: BTreeSet<&str> = tries.map(code).into();
    assert_eq!(codes, InvalidArguments::ALL_CODES.iter().copied().collect());
    let codes: BTreeSet<&str> = tries.map(payload_code).into_iter().filter(|code| *code != "fine").collect();
    assert_eq!(codes, InvalidPayload::ALL_CODES.iter().copied().collect());
}
