use serde_json::{Value, json};

use super::*;

fn no_uses() -> Value {
    json!({"permits": 0, "asks_confirmation": 0, "asks_approval": 0, "forbids": 0, "unknown": 0})
}

fn listed(total: u64, changes: Value) -> Value {
    json!({"total": total, "first": changes})
}

fn changed(number: u128, from: Option<&str>, to: &str) -> Value {
    let mut change = json!({
        "kind": "other", "execution_id": uuid::Uuid::from_u128(number), "position": 9, "at": "2026-01-15T10:30:00Z",
        "agent": "ana", "conversation": "c", "function": "mail.send", "again": false, "to": to,
        "code": "policy_forbids", "reason": "goes outside", "rules": ["all", "outside"],
    });
    if let Some(from) = from {
        change["from"] = from.into();
    }
    change
}

/// A report with these fields in place of those of one in which nothing was found.
fn replay(found: Value) -> PolicyReplay {
    let mut replay = json!({
        "candidate": "ab".repeat(32), "since": "2026-01-08T00:00:00Z", "until": "2026-01-15T00:00:00Z",
        "events": 0, "rederived": 0, "mismatched": 0, "mismatches": [], "not_derived": {}, "compared": 0,
        "after_the_fact": 0, "outcomes": {}, "moves": [], "functions": {}, "rules": {},
        "changes": {"newly_allowed": listed(0, json!([])), "newly_blocked": listed(0, json!([])), "other": listed(0, json!([]))},
        "other_rules": {"on_record": no_uses(), "candidate": no_uses()}, "reads_beyond": false, "stopped": null,
    });
    replay.as_object_mut().unwrap().extend(found.as_object().unwrap().clone());
    serde_json::from_value(replay).unwrap()
}

#[test]
fn totals_are_sentences() {
    let said = |found: Value| sums(&replay(found).report);
    assert!(said(json!({}))[0].starts_with("No call of these days was decided again"));
    assert_eq!(said(json!({"compared": 12})), ["12 calls were decided again: none would change."]);
    let changes = json!({
        "newly_allowed": listed(1, json!([])), "newly_blocked": listed(2, json!([])), "other": listed(1, json!([])),
    });
    assert_eq!(
        said(json!({"compared": 9, "after_the_fact": 1, "changes": changes})),
        [
            "9 calls were decided again: 4 would change.",
            "Of these 1 was handed in after the fact, which counts as having run.",
            "1 call would be allowed and had not been.",
            "2 calls would be blocked and had not been.",
            "1 call would be held, or held otherwise than on record.",
        ]
    );
}

#[test]
fn the_table_has_the_outcomes_that_there_are() {
    let moved = |from: Option<&str>, to: &str, calls: u64, changed: u64| json!({"from": from, "to": to, "calls": calls, "changed": changed});
    let moves = json!([
        moved(None, "allowed", 3, 0),
        moved(Some("allowed"), "allowed", 5, 0),
        moved(Some("allowed"), "blocked", 2, 2),
        moved(Some("awaiting_approval"), "awaiting_approval", 4, 1),
    ]);
    let found = matrix(&replay(json!({"moves": moves})).report.moves).unwrap();
    assert_eq!(found.columns, ["allowed", "asks for an approval", "blocked"]);
    let rows: Vec<_> = found
        .rows
        .iter()
        .map(|(from, cells)| {
            (*from, cells.iter().map(|cell| (cell.calls, cell.otherwise, cell.differs)).collect())
        })
        .collect();
    let same = |calls| (calls, 0, false);
    let expected: [(&str, Vec<_>); 3] = [
        ("allowed", vec![same(5), same(0), (2, 0, true)]),
        ("asks for an approval", vec![same(0), (4, 1, false), same(0)]),
        ("ran, handed in", vec![same(3), same(0), same(0)]),
    ];
    assert_eq!(rows, expected);
    assert_eq!(matrix(&[]), None);
}

#[test]
fn rules_that_do_something_else_are_named_the_largest_difference_first() {
    let uses = |what: &str, count: u64| {
        let mut uses = no_uses();
        uses[what] = count.into();
        uses
    };
    let rule = |on_record: Value, candidate: Value| json!({"on_record": on_record, "candidate": candidate});
    let none = || uses("permits", 0);
    let report = replay(json!({"rules": {
        "same": rule(uses("permits", 7), uses("permits", 7)), "gone": rule(uses("unknown", 1), none()),
        "new": rule(none(), uses("forbids", 5)), "stricter": rule(uses("asks_approval", 2), uses("forbids", 2)),
        "draft": rule(uses("asks_confirmation", 1), uses("asks_confirmation", 4)),
    }}));
    let (found, more) = rules(&report.report);
    let said: Vec<_> = found
        .iter()
        .map(|rule| (rule.id.as_str(), rule.on_record.as_str(), rule.candidate.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("new", "matches no call", "blocks 5 calls"),
            ("stricter", "asks for an approval of 2 calls", "blocks 2 calls"),
            ("draft", "asks for a confirmation of 1 call", "asks for a confirmation of 4 calls"),
            ("gone", "matches, to an effect that is not known any more, 1 call", "matches no call"),
        ]
    );
    assert_eq!(more, 0);
    let several: serde_json::Map<_, _> =
        (0..60).map(|number| (format!("r{number}"), rule(none(), uses("forbids", 1)))).collect();
    let (found, more) = rules(&replay(json!({"rules": several})).report);
    assert_eq!((found.len(), more), (50, 10));
}

#[test]
fn what_changes_is_said_with_why_and_what_could_not_be_is_said_too() {
    let changes = json!({
        "newly_allowed": listed(0, json!([])),
        "newly_blocked": listed(7, json!([changed(1, Some("awaiting_approval"), "blocked"), changed(2, None, "blocked")])),
        "other": listed(1, json!([changed(3, Some("awaiting_approval"), "awaiting_approval")])),
    });
    let found = json!({
        "changes": changes, "not_derived": {"no_arguments": 2, "of_a_newer_server": 1},
        "stopped": {"reason": "calls", "position": 77, "at": "2026-01-14T00:00:00Z"}, "mismatched": 1,
        "mismatches": [{
            "execution_id": uuid::Uuid::from_u128(4), "position": 5, "function": "a.b",
            "differences": [{"what": "outcome", "recorded": 1, "derived": 2}, {"what": "facts.x", "recorded": 1, "derived": 2}],
        }],
    });
    let replay = replay(found);
    let report = Report::of(&replay, Some(replay.candidate));
    let words: Vec<_> =
        report.changes.iter().map(|change| (change.from.0, change.to.0, change.is_same)).collect();
    assert_eq!(
        words,
        [
            ("asks for an approval", "blocked", false),
            ("ran, handed in", "blocked", false),
            ("asks for an approval", "asks for an approval", true),
        ]
    );
    assert_eq!((report.changes_in_all, report.is_in_force), (8, true));
    assert_eq!(
        report.not_derived[0],
        ("were handed in without arguments".to_owned(), 2, "no_arguments".to_owned())
    );
    assert_eq!(report.not_derived[1].0, "were left out");
    assert_eq!(report.mismatches, [(uuid::Uuid::from_u128(4).to_string(), "outcome, facts.x".to_owned())]);
    let stopped = report.stopped.unwrap();
    assert_eq!(
        (stopped.why, stopped.position.as_str()),
        ("as many calls as may be had been looked at", "77")
    );
    assert!(!Report::of(&replay, None).is_in_force);
}
