//! Test cases of a policy set, and what differs between two sets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/rules.rs"]
mod support;

use support::set;
use vidimus_policy::{AnnotationChange, Case, diff, parse_cases, run_cases};

const RULES: &str = r#"
@id("reads") permit (principal, action, resource) when { resource.effect == "read" };
@id("egress") @reason("x") forbid (principal, action, resource) when { context.text.hasTag("url") };
"#;

#[test]
fn cases_hold_or_say_what_differs() {
    let text = r#"
{"name": "reads", "request": {"function": {"effect": "read"}}, "expect": {"outcome": "allowed", "rules": ["reads"]}}

{"name": "nothing is known", "expect": {"outcome": "blocked", "code": "no_rule_permits"}}
{"name": "wrong", "request": {"arguments": {"url": "x"}}, "expect": {"outcome": "allowed", "code": "policy_permits", "rules": ["reads", "egress"]}}
"#;
    let cases = parse_cases(text).unwrap();
    let results = run_cases(&set(RULES), &cases);
    let told: Vec<(&str, bool)> =
        results.iter().map(|result| (result.name.as_str(), result.holds())).collect();
    assert_eq!(told, [("reads", true), ("nothing is known", true), ("wrong", false)]);
    assert_eq!(
        results[2].differences,
        [
            "expected `allowed`, decided `blocked` (x)",
            "expected the code `policy_permits`, decided for `policy_forbids`",
            "expected the rule `reads` to match",
        ]
    );
    let line = serde_json::to_string(&cases[0]).unwrap();
    assert_eq!(parse_cases(&line).unwrap(), cases[..1]);
    assert_eq!(serde_json::from_str::<Case>(&line).unwrap(), cases[0]);
}

#[test]
fn every_fault_of_a_file_of_cases_has_its_line() {
    let good = r#"{"name": "a", "expect": {"outcome": "allowed"}}"#;
    let text = [
        good,
        "",
        r#"{"name": "b", "expects": {"outcome": "allowed"}}"#,
        r#"{"name": "c", "request": {"history": {"cals": 1}}, "expect": {"outcome": "allowed"}}"#,
        r#"{"name": "d", "request": {"function": {"effect": "reads"}}, "expect": {"outcome": "allowed"}}"#,
        good,
        "{",
        r#"{"name": "e", "expect": {"outcome": "allowed", "because": "x"}}"#,
    ]
    .join("\n");
    let errors = parse_cases(&text).unwrap_err();
    let told: Vec<String> = errors
        .iter()
        .map(|error| {
            let text = error.to_string();
            format!("{} {}", error.code(), text.split(": a case is").next().unwrap())
        })
        .collect();
    expect_test::expect![[r#"
        policy_case_invalid line 3, column 23: unknown field `expects`, expected one of `name`, `request`, `expect`
        policy_case_invalid line 4, column 44: unknown field `cals`, expected one of `calls`, `calls_of_function`, `failures`, `waiting`, `untrusted_read`, `untrusted_since_user`, `instructions_seen`, `destinations`, `hosts`, `objects`, `origins`, `objects_linked`, `has_title`, `titles_related`, `secrets_known`, `user_asked`, `user_delegated`, `one_time_code`, `continues_held`, `amount`, `amount_today`, `agent_calls_last_hour`, `agent_calls_last_day`, `agent_failures_last_hour`, `agent_amount_today`, `tenant_calls_last_hour`, `tenant_calls_last_day`, `tenant_amount_today`, `known`
        policy_case_invalid line 5, column 56: unknown variant `reads`, expected one of `none`, `read`, `egress_read`, `write`, `send`, `destroy`, `auth`
        policy_case_name_taken line 6: `a` is the name of line 1 too: give each case a name of its own
        policy_case_invalid line 7, column 1: EOF while parsing an object
        policy_case_invalid line 8, column 56: unknown field `because`, expected one of `outcome`, `code`, `rules`"#]].assert_eq(&told.join("\n"));
}

#[test]
fn files_of_cases_are_bounded() {
    let long = format!(r#"{{"name": "{}", "expect": {{"outcome": "allowed"}}}}"#, "x".repeat(600_000));
    assert_eq!(parse_cases(&long).unwrap_err()[0].code(), "policy_case_too_long");
    let many: String = (0..10_001)
        .map(|n| format!("{{\"name\": \"{n}\", \"expect\": {{\"outcome\": \"blocked\"}}}}\n"))
        .collect();
    let errors = parse_cases(&many).unwrap_err();
    assert_eq!(errors.iter().map(|error| error.code()).collect::<Vec<_>>(), ["policy_cases_too_many"]);
    assert_eq!(parse_cases(&"{\n".repeat(500)).unwrap_err().len(), 100);
}

#[test]
fn sets_differ_rule_by_rule() {
    let before = set(RULES);
    let after = set(r#"
// Another comment, another layout.
@id("reads")
permit (principal, action, resource)
when { resource.effect == "read" };
@id("egress") @reason("y") @owner("ops")
forbid (principal, action, resource) when { context.text.hasTag("uri") };
@id("new") permit (principal, action, resource);
"#);
    let found = diff(&before, &after);
    assert_eq!((found.added.as_slice(), found.removed.as_slice()), (&["new".to_owned()][..], &[][..]));
    assert_eq!(found.changed.len(), 1);
    let change = &found.changed[0];
    assert_eq!((change.id.as_str(), change.meaning), ("egress", true));
    let annotation = |name: &str, before: Option<&str>, after: &str| AnnotationChange {
        name: name.to_owned(),
        before: before.map(str::to_owned),
        after: Some(after.to_owned()),
    };
    assert_eq!(change.annotations, [annotation("owner", None, "ops"), annotation("reason", Some("x"), "y")]);
    assert!(change.before.contains("\"url\"") && change.after.contains("\"uri\""));
    assert_eq!(diff(&after, &before).removed, ["new"]);
    assert!(diff(&before, &before).is_empty());
    assert!(!found.is_empty());
}
