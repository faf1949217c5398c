use super::*;

fn found(text: &str) -> Vec<(Kind, String)> {
    let mut all = Vec::new();
    each(text, |one| {
        assert!(one.start < one.end && text.is_char_boundary(one.start) && text.is_char_boundary(one.end));
        all.push((one.kind, one.value.to_owned()));
    });
    all
}

fn is(text: &str, kind: Kind, value: &str) {
    assert_eq!(found(text), [(kind, value.to_owned())], "{text}");
}

#[test]
fn mail() {
    is("Write to Ana.Lopez+work@Example.Co.", Kind::Mail, "ana.lopez+work@example.co");
    is("<ana@example.org>", Kind::Mail, "ana@example.org");
    is("“ana@example.org”", Kind::Mail, "ana@example.org");
    assert_eq!(found("meet @noon, a@b"), []);
}

#[test]
fn the_host_of_a_web_address_is_what_its_reader_would_go_to() {
    is("see https://www.Example.com/a/b2?c=9.", Kind::Host, "example.com");
    is("(https://shop.example.com:8443/x)", Kind::Host, "shop.example.com");
    is("https://example.com@evil.test/", Kind::Host, "evil.test");
    is("https://evil.test\\@example.com/", Kind::Host, "evil.test");
    is("www.example_site.dev", Kind::Host, "example_site.dev");
    is("go to example.com/form4 now", Kind::Host, "example.com");
    is("example.com.evil.net", Kind::Host, "example.com.evil.net");
    is("ftp://files.example.net", Kind::Host, "files.example.net");
    is("http://10.1.2.30/x", Kind::Host, "10.1.2.30");
    is("ping 10.1.2.30", Kind::Host, "10.1.2.30");
    assert_eq!(found("read notes.txt, e.g. this one."), []);
}

#[test]
fn paths() {
    is("open /home/ana/Bill.pdf.", Kind::Path, "/home/ana/bill.pdf");
    is("'/system/.keys/'", Kind::Path, "/system/.keys");
    assert_eq!(found("and/or, ./here"), []);
}

#[test]
fn numbers_are_the_same_however_they_are_written() {
    for text in ["$1,250.00", "1250.0", "1250", "1250.", "(1250)"] {
        is(text, Kind::Number, "1250");
    }
    is("98.70 dollars", Kind::Number, "98.7");
    is("0.5", Kind::Number, "0.5");
    assert_eq!(found("3 of 5"), []);
    assert_eq!(found("12:30"), [(Kind::Number, "12".into()), (Kind::Number, "30".into())]);
}

#[test]
fn tokens_are_words_with_a_digit() {
    is("order #INV-2041,", Kind::Token, "inv-2041");
    is("2025-03-01", Kind::Token, "2025-03-01");
    is("on 20.03.2025.", Kind::Token, "20.03.2025");
    is("version 1.4.2", Kind::Token, "1.4.2");
    is("amelia_stone_4739", Kind::Token, "amelia_stone_4739");
    is("12A", Kind::Token, "12a");
    assert_eq!(found("well-known words_only"), []);
}

#[test]
fn what_is_too_long_has_no_value() {
    is(&format!("a1{}", "b".repeat(600)), Kind::Token, "");
    is(&format!("https://{}.com", "b".repeat(600)), Kind::Host, "");
}

#[test]
fn letters_that_look_alike_stay_different() {
    assert_ne!(found("аna@example.com"), found("ana@example.com"));
    // The sign of Kelvin becomes a plain k in lower case, as Unicode has it; it must not here.
    assert_ne!(found("\u{212a}im@example.com"), found("kim@example.com"));
}

#[test]
fn hostile_texts_take_time_in_proportion_to_their_length() {
    for piece in
        ["a.", "a@", "a@b", "1,", "1,000", "/", "/a", "www.", "a-", "://", "a://", "1.", "é1", "@.", "+-."]
    {
        let text = piece.repeat(20_000);
        let mut count = 0_usize;
        each(&text, |_| count += 1);
        assert!(count <= text.len());
    }
}
