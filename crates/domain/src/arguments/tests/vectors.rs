//! The vectors of RFC 8785.

use super::parse;

fn canonical(text: &str) -> String {
    parse(text).canonical().as_str().to_owned()
}

/// Section 3.2.2 and 3.2.4; the number 1E30 of the RFC is beyond what arguments may hold and stands as 1E15 here.
#[test]
fn the_structured_example() {
    let text = r#"{
      "numbers": [333333333.33333329, 1E15, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"#;
    let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1000000000000000,4.5,0.002,1e-27],\
                    \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
    assert_eq!(canonical(text), expected);
}

/// Section 3.2.3: keys by UTF-16 code units, which puts the emoji before U+FB33.
#[test]
fn keys_are_sorted_by_utf16_code_units() {
    let text = r#"{
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }"#;
    let expected = [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ];
    let canonical = canonical(text);
    let places = expected.map(|name| canonical.find(name).expect(name));
    assert!(places.is_sorted(), "{canonical}");
    assert!(canonical.starts_with("{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":"), "{canonical}");
}

/// The project's test data: `french.json`.
#[test]
fn french_keys_are_not_sorted_by_language() {
    let text = r#"{
      "peach": "This sorting order",
      "p\u00e9ch\u00e9": "is wrong according to French",
      "p\u00eache": "but canonicalization MUST",
      "sin": "ignore locale"
    }"#;
    let expected = r#"{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ignore locale"}"#;
    assert_eq!(canonical(text), expected);
}

/// Appendix B, the rows within ±(2^53 − 1), by their bits; and some of ECMAScript's turning points.
#[test]
fn numbers_are_written_as_ecmascript_does() {
    for (bits, text) in [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        (0x433f_ffff_ffff_ffff, "9007199254740991"),
    ] {
        let number = f64::from_bits(bits);
        assert_eq!(canonical(&format!("{{\"n\":{number:?}}}")), format!("{{\"n\":{text}}}"), "{bits:016x}");
    }
    for (written, text) in [
        ("1e-7", "1e-7"),
        ("0.0000001", "1e-7"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1E3", "1000"),
        ("1.10", "1.1"),
    ] {
        assert_eq!(canonical(&format!("{{\"n\":{written}}}")), format!("{{\"n\":{text}}}"));
    }
}
