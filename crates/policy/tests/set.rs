//! What is wrong with a policy set is told all at once, each fault in its place.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/rules.rs"]
mod support;

use std::collections::BTreeMap;

use expect_test::expect;
use support::{set, source};
use vidimus_policy::{HISTORY_FACTS, PolicySet, PolicySource, RuleEffect, schema_text};

/// Every error as `file:line:column code: message`.
fn errors(files: &[(&str, &str)]) -> String {
    let errors = PolicySet::parse(&source(files)).unwrap_err();
    let mut told = String::new();
    for error in errors.errors() {
        assert!(!error.help.is_empty());
        let rule = error.rule.as_deref().map_or(String::new(), |rule| format!(" [{rule}]"));
        let place = format!("{}:{}:{}", error.file, error.line, error.column);
        told.push_str(&format!("{place}{rule} {}: {}\n", error.code(), error.message));
    }
    told
}

fn error(text: &str) -> String {
    errors(&[("a.cedar", text)])
}

#[test]
fn the_digest_is_that_of_the_canonical_json_of_the_files() {
    let source = source(&[("b.cedar", "// two\n"), ("a.cedar", "permit (principal, action, resource);\n")]);
    // printf '{"a.cedar":"permit (principal, action, resource);\\n","b.cedar":"// two\\n"}' | sha256sum
    expect!["f1f6dfa131144d8fb5e9f9bfd14d5d398e232d7771a55f9e522f8d148fd0fa57"]
        .assert_eq(&source.digest().to_string());
    let json = serde_json::to_string(&source).unwrap();
    assert_eq!(json, r#"{"a.cedar":"permit (principal, action, resource);\n","b.cedar":"// two\n"}"#);
    assert_eq!(serde_json::from_str::<PolicySource>(&json).unwrap(), source);
}

#[test]
fn sources_are_bounded() {
    let code = |files: BTreeMap<String, String>| PolicySource::new(files).unwrap_err().code();
    let one = |name: &str, text: String| BTreeMap::from([(name.to_owned(), text)]);
    assert_eq!(code(BTreeMap::new()), "policy_source_empty");
    for name in ["a.txt", ".cedar", "a/b.cedar", "..cedar", "ä.cedar", &format!("{}.cedar", "x".repeat(64))]
    {
        assert_eq!(code(one(name, String::new())), "policy_file_name_invalid", "{name}");
    }
    assert_eq!(code(one("a.cedar", "x".repeat(256 * 1024))), "policy_source_too_large");
    let many = (0..65).map(|n| (format!("{n}.cedar"), String::new())).collect();
    assert_eq!(code(many), "policy_source_too_many_files");
    assert!(serde_json::from_str::<PolicySource>(r#"{"../a.cedar": ""}"#).is_err());
}

#[test]
fn a_set_without_a_rule_is_one() {
    let set = set("// nothing\n");
    assert!(set.rules().is_empty());
}

#[test]
fn rules_are_known_by_their_ids() {
    let text = "\n@id(\"a\") @owner(\"ops\")\npermit (principal, action, resource);\n\
                @id(\"b\") @reason(\"no\") forbid (principal, action, resource);";
    let set = set(text);
    assert_eq!(set.rules().iter().map(|rule| rule.id()).collect::<Vec<_>>(), ["a", "b"]);
    let rule = set.rule("a").unwrap();
    assert_eq!((rule.file(), rule.line(), rule.effect()), ("a.cedar", 2, RuleEffect::Permit));
    assert_eq!((rule.owner(), rule.reason(), rule.demand()), (Some("ops"), None, None));
    assert_eq!(set.rule("c").map(|rule| rule.id()), None);
    assert_eq!(set.digest(), set.source().digest());
}

#[test]
fn every_fault_of_every_rule_of_every_file_is_told() {
    let first = r#"permit (principal, action, resource);
@id("a")
forbid (principal, action, resource) when { context.histroy.calls > 3 };
@id("b") permit (principal, action) ;
  @id("ä")
  permit (principal, action, resource) when { resource.risk == 3 };
"#;
    let second = r#"@id("c") permit (principal, action, resource);
// the same again
@owner("x") @id("c") @reviwers("ops") permit (principal, action, resource)
when { context.text.getTag("to") == "x" };
@id("d") permit (principal == ?principal, action, resource);
"#;
    expect![[r#"
        one.cedar:1:1 policy_id_missing: a rule has a name by which decisions speak of it
        one.cedar:3:1 [a] policy_reason_missing: a `forbid` says why to whoever it stops
        one.cedar:3:45 [a] policy_type: attribute `histroy` in context for Action::"call" not found
        one.cedar:4:35 policy_syntax: this policy is missing the `resource` variable in the scope
        one.cedar:5:3 policy_id_invalid: `ä` is no name of a rule
        one.cedar:6:47 policy_type: the types Long and String are not compatible
        two.cedar:3:13 [c] policy_id_taken: `c` is the id of another rule (two.cedar:1:1)
        two.cedar:3:22 [c] policy_annotation_unknown: there is no annotation `@reviwers`
        two.cedar:4:8 [c] policy_type: unable to guarantee safety of access to tag `"to"` on entity type `Texts`
        two.cedar:5:31 policy_template: a template is no rule
    "#]].assert_eq(&errors(&[("one.cedar", first), ("two.cedar", second)]));
}

#[test]
fn syntax() {
    let told = [
        "permit",
        "permit (principal, action, resource)",
        "@id(\"a\" permit (principal, action, resource);",
        "x;",
        "@id(\"a\") permit (principal, action, resource) when { 1 + };",
        "é",
    ]
    .map(|text| format!("{text}\n  {}", error(text)))
    .concat();
    expect![[r#"
        permit
          a.cedar:1:7 policy_syntax: unexpected end of input (expected `(`)
        permit (principal, action, resource)
          a.cedar:1:37 policy_syntax: unexpected end of input (expected `;` or identifier)
        @id("a" permit (principal, action, resource);
          a.cedar:1:9 policy_syntax: unexpected token `permit` (expected `)`)
        x;
          a.cedar:1:2 policy_syntax: unexpected token `;` (expected `(`)
        @id("a") permit (principal, action, resource) when { 1 + };
          a.cedar:1:58 policy_syntax: unexpected token `}` (expected `!`, `(`, `-`, `[`, `{`, `false`, identifier, `if`, number, `?principal`, `?resource`, string literal, or `true`)
        é
          a.cedar:1:1 policy_syntax: invalid token
    "#]].assert_eq(&told);
}

#[test]
fn the_schema_is_held_to() {
    let told = [
        "principal.name == \"x\"",
        "context.number.getTag(\"amount\") > 3",
        "context.number.hasTag(\"amount\") && context.number.getTag(\"amount\") == \"3\"",
        "context.history.nothing > 3",
        "resource.risk > 3",
        "context.flag.hasTag(\"x\") && context.flag.getTag(\"y\")",
        "principal == User::\"x\"",
        "resource.described && false",
    ]
    .map(|condition| {
        let text = format!("@id(\"a\") permit (principal, action, resource)\n  when {{ {condition} }};");
        format!("{condition}\n  {}", error(&text))
    })
    .concat();
    expect![[r#"
        principal.name == "x"
          a.cedar:2:10 [a] policy_type: attribute `name` on entity type `Agent` not found
        context.number.getTag("amount") > 3
          a.cedar:2:10 [a] policy_type: unable to guarantee safety of access to tag `"amount"` on entity type `Numbers`
        context.number.hasTag("amount") && context.number.getTag("amount") == "3"
          a.cedar:2:45 [a] policy_type: the types Long and String are not compatible
        context.history.nothing > 3
          a.cedar:2:10 [a] policy_type: attribute `history.nothing` in context for Action::"call" not found
        resource.risk > 3
          a.cedar:2:10 [a] policy_type: unexpected type: expected Long but saw String
        context.flag.hasTag("x") && context.flag.getTag("y")
          a.cedar:2:38 [a] policy_type: unable to guarantee safety of access to tag `"y"` on entity type `Flags`
        principal == User::"x"
          a.cedar:1:1 [a] policy_never_matches: policy is impossible: the policy expression evaluates to false for all valid requests
        resource.described && false
          a.cedar:1:1 [a] policy_never_matches: policy is impossible: the policy expression evaluates to false for all valid requests
    "#]].assert_eq(&told);
}

#[test]
fn words_that_a_value_never_is_are_errors() {
    let told = [
        r#"resource.risk == "hihg""#,
        r#""lookups" != resource.tool_type"#,
        r#"["write", "sent"].contains(resource.effect)"#,
        r#"context.requester.kind == "human""#,
    ]
    .map(|condition| {
        error(&format!("@id(\"a\") permit (principal, action, resource) when {{ {condition} }};"))
    })
    .concat();
    expect![[r#"
        a.cedar:1:71 [a] policy_vocabulary: `resource.risk` is never `hihg`
        a.cedar:1:54 [a] policy_vocabulary: `resource.tool_type` is never `lookups`
        a.cedar:1:64 [a] policy_vocabulary: `resource.effect` is never `sent`
        a.cedar:1:80 [a] policy_vocabulary: `context.requester.kind` is never `human`
    "#]]
    .assert_eq(&told);
}

#[test]
fn every_annotation_fault_has_its_place() {
    let told = [
        "permit (principal, action, resource);",
        "@id(\"a b\")\npermit (principal, action, resource);",
        "@id(\"a\")\nforbid (principal, action, resource);",
        "@id(\"a\")\n@note(\"x\") permit (principal, action, resource);",
        "@id(\"a\")\n @require(\"approval\") permit (principal, action, resource);",
        "@id(\"a\") @reason(\"x\")\n @quorum(\"2\") forbid (principal, action, resource);",
        "@id(\"a\") @reason(\"x\") @require(\"approval\")\n @quorum(\"0\") forbid (principal, action, resource);",
        "@id(\"a\") @reason(\"x\") @require(\"reviewer\") @quorum(\"2\") forbid (principal, action, resource);",
        "@id(\"a\") @id(\"b\") permit (principal, action, resource);",
    ]
    .map(error)
    .concat();
    expect![[r#"
        a.cedar:1:1 policy_id_missing: a rule has a name by which decisions speak of it
        a.cedar:1:1 policy_id_invalid: `a b` is no name of a rule
        a.cedar:2:1 [a] policy_reason_missing: a `forbid` says why to whoever it stops
        a.cedar:2:1 [a] policy_annotation_unknown: there is no annotation `@note`
        a.cedar:2:2 [a] policy_annotation_misplaced: `@require` says nothing here
        a.cedar:2:2 [a] policy_annotation_misplaced: `@quorum` says nothing here
        a.cedar:2:2 [a] policy_annotation_invalid: `@quorum` cannot be `0`
        a.cedar:1:23 [a] policy_annotation_invalid: `@require` cannot be `reviewer`
        a.cedar:1:10 policy_syntax: duplicate annotation: @id
    "#]]
    .assert_eq(&told);
}

#[test]
fn rules_are_bounded() {
    let text: String =
        (0..1_001).map(|n| format!("@id(\"{n}\") permit (principal, action, resource);\n")).collect();
    assert_eq!(
        error(&text),
        "a.cedar:1001:1 policy_too_many_rules: 1001 rules are more than a policy set holds\n"
    );
}

#[test]
fn a_rule_is_bounded() {
    let rule =
        |condition: &str| format!("@id(\"a\") permit (principal, action, resource)\nwhen {{ {condition} }};");
    let chain = |count: usize| rule(&vec!["true"; count].join(" && "));
    let fine = [
        chain(1_000),
        rule(&format!("{}true{}", "(".repeat(30), ")".repeat(30))),
        rule(&format!("context.history.calls {}> 0", "+ 1 ".repeat(900))),
        rule(&format!(
            "[\"{}\"].contains(context.conversation)",
            vec!["somebody@example.com"; 1_200].join("\", \"")
        )),
    ];
    for text in fine {
        assert!(PolicySet::parse(&source(&[("a.cedar", &text)])).is_ok(), "{}", &text[..80]);
    }
    let large = |text: &str| error(text).contains("policy_rule_too_large");
    assert!(large(&chain(1_002)));
    assert!(large(&chain(30_000)));
    assert!(large(&rule(&"(".repeat(100_000))));
    assert!(large(&rule(&format!("principal{}", ".id".repeat(1_001)))));
    assert!(large(&rule(&"if true then true else ".repeat(1_001))));
    assert!(large(&rule(&format!("context.conversation == \"{}\"", "x".repeat(40_000)))));
    assert!(error(&rule(&format!("{}true{}", "(".repeat(32), ")".repeat(32)))).starts_with("a.cedar:2:39 "));
}

#[test]
fn letters_that_look_like_others_are_warned_of() {
    // A Cyrillic `о` in `ops`.
    let set = set(
        "@id(\"a\")\npermit (principal, action, resource)\nwhen { context.conversation == \"\u{43e}ps\" };",
    );
    let told: Vec<String> = set.warnings().iter().map(ToString::to_string).collect();
    expect![[r#"a.cedar:3:32: string `"оps"` contains mixed scripts: write it in letters of one script"#]]
        .assert_eq(&told.join("\n"));
}

#[test]
fn the_whole_tells_every_error() {
    let errors =
        PolicySet::parse(&source(&[("a.cedar", "permit (principal, action, resource);")])).unwrap_err();
    assert_eq!(errors.code(), "policy_set_invalid");
    assert_eq!(errors.left_out(), 0);
    expect![[r#"
        the policy set has 1 error
        a.cedar:1:1: a rule has a name by which decisions speak of it: add `@id("...")` before it"#]]
    .assert_eq(&errors.to_string());
    let many = "permit (principal, action, resource);\n".repeat(700);
    let errors = PolicySet::parse(&source(&[("a.cedar", &many)])).unwrap_err();
    assert_eq!((errors.errors().len(), errors.left_out()), (500, 200));
}

#[test]
fn the_schema_has_every_history_fact() {
    for fact in HISTORY_FACTS {
        assert!(
            schema_text().contains(&format!("\"{}\": {}", fact.name, fact.kind.schema_type())),
            "{}",
            fact.name
        );
    }
}
