//! The decision: which rules let through, stop and hold, and what a held call waits for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/rules.rs"]
mod support;

use proto_events::{Actor, ActorKind, Outcome};
use serde_json::json;
use support::{data, decide, set};
use vidimus_policy::{Approval, Confirmation, Escalation, Need, Stage};

const PERMIT: &str = "@id(\"permit\") permit (principal, action, resource);\n";
const NO_PERMIT: &str = "@id(\"permit\") permit (principal, action, resource) when { resource.described };\n";
const PLAIN: &str = "@id(\"plain\") @reason(\"no\") @owner(\"ops\") @missing(\"a ticket\") forbid (principal, action, resource);\n";
const CONFIRM: &str =
    "@id(\"confirm\") @reason(\"look\") @require(\"confirmation\") forbid (principal, action, resource);\n";
const APPROVE: &str =
    "@id(\"approve\") @reason(\"ask\") @require(\"approval\") forbid (principal, action, resource);\n";
const PLAIN_ERROR: &str = "@id(\"error\") @reason(\"sum\") forbid (principal, action, resource) when { context.history.amount + 1 > 3 };\n";
const DEMAND_ERROR: &str = "@id(\"error\") @reason(\"sum\") @require(\"confirmation\") forbid (principal, action, resource) when { context.history.amount + 1 > 3 };\n";
const PERMIT_ERROR: &str =
    "@id(\"permit-error\") permit (principal, action, resource) when { context.history.amount + 1 > 3 };\n";

#[test]
fn which_rules_decide() {
    use Outcome::{Allowed, AwaitingApproval, Blocked, ConfirmationRequired};
    let table: [(&[&str], Outcome, &str, &[&str]); 16] = [
        (&[], Blocked, "no_rule_permits", &[]),
        (&[NO_PERMIT], Blocked, "no_rule_permits", &[]),
        (&[PERMIT], Allowed, "policy_permits", &["permit"]),
        (&[PLAIN], Blocked, "policy_forbids", &["plain"]),
        (&[PERMIT, PLAIN], Blocked, "policy_forbids", &["plain"]),
        (&[CONFIRM], Blocked, "no_rule_permits", &[]),
        (&[APPROVE, NO_PERMIT], Blocked, "no_rule_permits", &[]),
        (&[PERMIT, CONFIRM], ConfirmationRequired, "policy_requires_confirmation", &["confirm"]),
        (&[PERMIT, APPROVE], AwaitingApproval, "policy_requires_approval", &["approve"]),
        (&[PERMIT, CONFIRM, APPROVE], AwaitingApproval, "policy_requires_approval", &["confirm", "approve"]),
        (&[PERMIT, CONFIRM, APPROVE, PLAIN], Blocked, "policy_forbids", &["plain"]),
        (&[PERMIT, PLAIN_ERROR], Blocked, "rule_error", &["error"]),
        (&[PERMIT, DEMAND_ERROR], Blocked, "rule_error", &["error"]),
        (&[PERMIT, PLAIN_ERROR, PLAIN], Blocked, "policy_forbids", &["plain"]),
        (&[PERMIT_ERROR], Blocked, "no_rule_permits", &[]),
        (&[PERMIT_ERROR, PERMIT], Allowed, "policy_permits", &["permit"]),
    ];
    for (rules, outcome, code, deciding) in table {
        let found = decide(&rules.concat(), &json!({"history": {"amount": i64::MAX}}));
        assert_eq!((found.outcome, found.code.as_str()), (outcome, code), "{rules:?}");
        assert_eq!(found.deciding, deciding, "{rules:?}");
        let is_held = matches!(outcome, AwaitingApproval | ConfirmationRequired);
        assert_eq!(found.requirement.is_some(), is_held, "{rules:?}");
        let errors = rules.iter().filter(|rule| rule.contains("amount")).count();
        assert_eq!(found.errors.len(), errors, "{rules:?}");
    }
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_named_with_its_error() {
    let found = decide(&[PERMIT, PLAIN_ERROR].concat(), &json!({"history": {"amount": i64::MAX}}));
    assert_eq!(found.errors[0].rule, "error");
    assert!(found.errors[0].message.contains("overflow"), "{:?}", found.errors);
    assert!(found.reason.starts_with("the rule `error` forbids, and whether it applies cannot be told"));
    let fine = decide(&[PERMIT, PLAIN_ERROR].concat(), &json!({"history": {"amount": 1}}));
    assert_eq!(fine.outcome, Outcome::Allowed);
}

#[test]
fn a_decision_says_why_what_is_missing_and_who_answers() {
    let found = decide(&[PERMIT, PLAIN, CONFIRM].concat(), &json!({}));
    assert_eq!(found.reason, "no");
    assert_eq!((found.missing.as_deref(), found.owner.as_deref()), (Some("a ticket"), Some("ops")));
    assert_eq!(
        (found.permits, found.forbids),
        (vec!["permit".to_owned()], vec!["plain".into(), "confirm".into()])
    );
    let found = decide(&[PERMIT, CONFIRM, APPROVE].concat(), &json!({}));
    assert_eq!(found.reason, "look; ask");
    assert_eq!(found.matched().collect::<Vec<_>>(), ["permit", "confirm", "approve"]);
}

#[test]
fn requirements_add_up() {
    let text = r#"
        @id("p") permit (principal, action, resource);
        @id("c1") @reason("a") @require("confirmation") @expires("2h") forbid (principal, action, resource);
        @id("c2") @reason("b") @require("confirmation") @expires("1h") forbid (principal, action, resource);
        @id("late") @reason("c") @require("approval") @stage("3") @reviewers("heads") @self_review("true")
        forbid (principal, action, resource);
        @id("big") @reason("d") @require("approval") @reviewers("finance,user:ana") @quorum("2") @expires("4h")
        @escalate("3h:heads,1h:leads") @remind("30m") @self_review("true") forbid (principal, action, resource);
        @id("new") @reason("e") @require("approval") @expires("2h") @remind("10m") forbid (principal, action, resource);
        @id("not-here") @reason("f") @require("approval") @expires("1s")
        forbid (principal, action, resource == Function::"other.one");
    "#;
    let requirement = decide(text, &json!({})).requirement.unwrap();
    assert_eq!(
        requirement.confirmation,
        Some(Confirmation { rules: vec!["c1".into(), "c2".into()], expires_seconds: Some(3_600) })
    );
    let need = |rule: &str, groups: &[&str], people: Vec<Actor>, quorum| Need {
        rule: rule.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        people,
        quorum,
    };
    let big = need("big", &["finance"], vec![Actor::new(ActorKind::User, "ana")], 2);
    assert_eq!(
        requirement.approval,
        Some(Approval {
            stages: vec![
                Stage { number: 1, needs: vec![big, need("new", &[], vec![], 1)] },
                Stage { number: 3, needs: vec![need("late", &["heads"], vec![], 1)] },
            ],
            expires_seconds: Some(7_200),
            // That of 3h would come after the end.
            escalations: vec![Escalation {
                rule: "big".into(),
                after_seconds: 3_600,
                groups: vec!["leads".into()],
                people: vec![]
            }],
            remind_seconds: Some(600),
            self_review: false,
        })
    );
}

#[test]
fn the_requester_reviews_if_every_rule_says_so() {
    let rule = |id: &str, more: &str| {
        format!(
            "@id(\"{id}\") @reason(\"r\") @require(\"approval\") {more} forbid (principal, action, resource);\n"
        )
    };
    let self_review = |rules: &[String]| {
        let text = format!("{PERMIT}{}", rules.concat());
        decide(&text, &json!({})).requirement.unwrap().approval.unwrap().self_review
    };
    let yes = "@self_review(\"true\")";
    assert!(self_review(&[rule("a", yes)]));
    assert!(self_review(&[rule("a", yes), rule("b", yes)]));
    assert!(!self_review(&[rule("a", yes), rule("b", "")]));
    assert!(!self_review(&[rule("a", yes), rule("b", "@self_review(\"false\")")]));
}

#[test]
fn rules_see_every_fact() {
    let request = json!({
        "agent": {"id": "a1", "scopes": ["pay"]},
        "requester": {"id": "u1", "kind": "service", "groups": ["ops"]},
        "function": {
            "name": "bank.pay", "tool_type": "draft", "effect": "send", "risk": "high", "scopes": ["s"],
            "described": true, "results_trusted": true
        },
        "arguments": {
            "to": {"name": "Ana"}, "amount": 10.25, "now": false, "tags": ["x", "y"], "lines": [{"n": 1}], "void": null
        },
        "conversation": "c1",
        "attributes": {"site": "north"},
        "now": "2026-01-15T23:59:59.5Z",
        "history": {"calls": 7, "user_asked": true}
    });
    for condition in [
        r#"principal == Agent::"a1" && principal.id == "a1" && principal.scopes.contains("pay")"#,
        r#"context.requester == User::"u1" && context.requester.id == "u1" && context.requester.kind == "service""#,
        r#"context.requester.groups == ["ops"]"#,
        r#"resource == Function::"bank.pay" && resource in Connection::"bank""#,
        r#"resource.name == "bank.pay" && resource.connection == "bank" && resource.tool_type == "draft""#,
        r#"resource.effect == "send" && resource.risk == "high" && resource.scopes.contains("s")"#,
        r#"resource.described && resource.results_trusted"#,
        r#"context.text.hasTag("to/name") && context.text.getTag("to/name") == "Ana""#,
        r#"context.number.hasTag("amount") && context.number.getTag("amount") == 11"#,
        r#"context.number.hasTag("lines/0/n") && context.number.getTag("lines/0/n") == 1"#,
        r#"context.decimal.hasTag("amount") && context.decimal.getTag("amount") == decimal("10.25")"#,
        r#"context.flag.hasTag("now") && !context.flag.getTag("now")"#,
        r#"context.list.hasTag("tags") && context.list.getTag("tags") == ["y", "x"]"#,
        r#"!context.text.hasTag("amount") && !context.text.hasTag("void") && !context.list.hasTag("lines")"#,
        r#"context.argument_names == ["to", "amount", "now", "tags", "lines", "void"]"#,
        r#"context.argument_names.contains("void") && !context.arguments_partial"#,
        r#"context.conversation == "c1""#,
        r#"context.attributes.hasTag("site") && context.attributes.getTag("site") == "north""#,
        r#"context.now.epoch_seconds == 1768521599 && context.now.hour == 23 && context.now.weekday == 4"#,
        r#"context.history.calls == 7 && context.history.user_asked && !context.history.known"#,
    ] {
        let text = format!(
            "@id(\"a\") permit (principal, action == Action::\"call\", resource) when {{ {condition} }};"
        );
        let found = decide(&text, &request);
        assert_eq!(found.outcome, Outcome::Allowed, "{condition}: {:?}", found.errors);
    }
}

#[test]
fn a_fact_that_a_rule_names_indirectly_is_seen_too() {
    let request = json!({"arguments": {"a": "x", "b": "y"}, "conversation": "b", "attributes": {"a": "z"}});
    for condition in [
        r#"context.text.hasTag(context.conversation) && context.text.getTag(context.conversation) == "y""#,
        r#"(if resource.described then context.text else context.attributes).hasTag("a")"#,
        r#"(if resource.described then context.text else context.attributes).hasTag("a") && (if resource.described then context.text else context.attributes).getTag("a") == "z""#,
        r#"(if context.history.known then context else context).conversation == "b""#,
        r#"(if context.history.known then principal else principal).id == "agent""#,
        r#"(if context.history.known then context.now else context.now).hour == 0"#,
        r#"{Var: context.conversation}.Var == "b""#,
    ] {
        let text = format!("@id(\"a\") permit (principal, action, resource) when {{ {condition} }};");
        let found = decide(&text, &request);
        assert_eq!(found.outcome, Outcome::Allowed, "{condition}: {:?}", found.errors);
    }
}

#[test]
fn the_facts_of_a_decision_are_those_that_its_rules_read() {
    let set = set(r#"
        @id("a") permit (principal, action, resource)
        when { context.history.calls < 5 && context.text.hasTag("to") && resource.effect == "send" };
        @id("b") permit (principal, action, resource in Connection::"x")
        when { context.decimal.hasTag("n") && context.decimal.getTag("n").lessThan(decimal("1.0")) };
    "#);
    let request = data(&json!({"function": {"effect": "send"}, "arguments": {"to": "x", "n": 0.5}}));
    let facts = set.facts(&request.as_request(), ["a", "b", "gone"]);
    let json = serde_json::to_string(&facts).unwrap();
    assert_eq!(json, r#"{"decimal.n":"0.5000","function.effect":"send","history.calls":0,"text.to":"x"}"#);
}
