use super::{Anatomy, Chunk, ConditionKind, Position, chunks};

const POLICY: &str = r#"@id("a;b") // a comment; with "signs" {
@reason("x") forbid (principal == Agent::"a(", action, resource in Connection::"c")
when { context.history.calls > 3 && (context.now.hour < 6 || resource.risk == "high") && ((resource.described && true)) }
unless { principal.scopes.contains("x") || if true then resource.described else false };"#;

fn pieces(text: &str) -> Vec<(ConditionKind, &str)> {
    Anatomy::of(text).pieces.iter().map(|piece| (piece.kind, &text[piece.start..piece.end])).collect()
}

#[test]
fn a_policy_is_split_where_its_parts_hold_by_themselves() {
    use ConditionKind::{Unless, When};
    assert_eq!(
        pieces(POLICY),
        [
            (When, r#"principal == Agent::"a(""#),
            (When, r#"resource in Connection::"c""#),
            (When, "context.history.calls > 3"),
            (When, r#"(context.now.hour < 6 || resource.risk == "high")"#),
            (When, "resource.described"),
            (When, "true"),
            (Unless, r#"principal.scopes.contains("x")"#),
            (Unless, "if true then resource.described else false"),
        ]
    );
    let places: Vec<_> = Anatomy::of(POLICY).annotations.into_iter().collect();
    assert_eq!(places, [("id".to_owned(), 0), ("reason".to_owned(), 40)]);
}

#[test]
fn what_is_loose_stays_whole() {
    use ConditionKind::{Unless, When};
    assert_eq!(pieces("permit(principal, action, resource) when { a && b || c };"), [(When, "a && b || c")]);
    assert_eq!(
        pieces("permit(principal, action, resource) unless { a && b || c };"),
        [(Unless, "a && b"), (Unless, "c")]
    );
    assert_eq!(
        pieces("permit(principal, action, resource) when { if a then b && c else d };"),
        [(When, "if a then b && c else d")]
    );
    assert_eq!(
        pieces(r#"permit(principal, action, resource) when { (a) && "&&" == b };"#),
        [(When, "(a)"), (When, r#""&&" == b"#)]
    );
}

#[test]
fn policies_end_at_semicolons_outside_of_texts_and_comments() {
    let text = "// permit;\npermit(a);\n forbid(\";\") ; rest";
    let found: Vec<&str> = chunks(text).into_iter().map(|Chunk { start, end }| &text[start..end]).collect();
    assert_eq!(found, ["permit(a);", "forbid(\";\") ;", "rest"]);
    assert_eq!(chunks(" // nothing\n"), []);
    assert_eq!(chunks("\"open").len(), 1);
}

#[test]
fn places_count_characters() {
    assert_eq!(Position::of("a\näöü x", 8), Position { line: 2, column: 4 });
    assert_eq!(Position::of("a\nä", 3), Position { line: 2, column: 1 });
    assert_eq!(Position::of("", 9), Position::START);
}

#[test]
fn broken_text_has_parts_too() {
    for text in
        ["", "@", "@id", "permit", "permit(", "permit(a) when", "permit(a) when {", "permit(a) when }", "((("]
    {
        let anatomy = Anatomy::of(text);
        assert!(anatomy.pieces.len() < 2, "{text}: {anatomy:?}");
    }
}
