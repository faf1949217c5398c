//! `vidimus execution list|show`, `vidimus approval list`.

use serde_json::{Value, json};

use crate::support::{Place, SAMPLE_CALLS, line};

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().unwrap()
}

#[test]
fn every_filter_of_the_table_filters() {
    let place = Place::with_sample();
    let list = |args: &[&str]| {
        let page = place.json(["execution", "list", "--limit", "1000"].iter().chain(args));
        assert_eq!(page["next"], Value::Null);
        items(&page).to_vec()
    };
    let all = list(&[]);
    assert_eq!(all.len(), SAMPLE_CALLS);
    let count = |field: &str, value: &str| all.iter().filter(|row| row[field] == value).count();
    let cases = [
        ("--agent", "agent", "maple-2"),
        ("--conversation", "conversation", "hd-1004"),
        ("--function", "function", "helpdesk.refund"),
        ("--status", "status", "Failed"),
        ("--status", "status", "Success"),
        ("--status", "status", "PendingApproval"),
        ("--state", "stage", "skipped"),
        ("--state", "stage", "failed"),
        ("--approval-status", "approval_status", "Approval not required"),
        ("--approval-status", "approval_status", "Approved"),
    ];
    for (option, field, value) in cases {
        let found = list(&[option, value]);
        assert_eq!(found.len(), count(field, value), "{option} {value}");
        assert!(found.iter().all(|row| row[field] == value), "{option} {value}");
    }
    assert_eq!(
        (count("status", "Failed"), count("stage", "skipped"), count("agent", "maple-2")),
        (11, 4, 28)
    );
    assert_eq!(list(&["--resolved-by", "nobody"]).len(), 0);
    assert_eq!(list(&["--from", "2000-01-01T00:00:00Z", "--to", "2999-01-01T00:00:00Z"]).len(), SAMPLE_CALLS);
    assert_eq!(list(&["--to", "2000-01-01T00:00:00Z"]).len(), 0);
    assert_eq!(list(&["--agent", "maple-2", "--status", "Failed", "--function", "helpdesk.refund"]).len(), 2);
}

#[test]
fn search_finds_words_wherever_they_stand() {
    let place = Place::with_sample();
    let found = |words: &str| items(&place.json(["execution", "list", "--search", words])).len();
    assert_eq!(found("brandvold"), 1);
    assert_eq!(found("ZOE"), 2, "without diacritics");
    assert_eq!(found("花子"), 1);
    assert_eq!(found("itiner*"), 1);
    assert_eq!(found("timed out after"), 1, "of an error");
    assert_eq!(found("brandvold nowhere"), 0);
    let refused = place.run(["execution", "list", "--search", "***"]).failed(4, "invalid_search");
    refused.says("`***`");
    assert_eq!(place.run(["execution", "list", "--search", "nowhere"]).ok().out, "no executions match\n");
}

#[test]
fn a_walk_from_cursor_to_cursor_meets_every_row_once() {
    let place = Place::with_sample();
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let after = cursor.iter().flat_map(|cursor| ["--cursor", cursor]);
        let page = place.json(["execution", "list", "--limit", "7"].into_iter().chain(after));
        assert!(items(&page).len() <= 7);
        seen.extend(items(&page).iter().map(|row| row["position"].as_u64().unwrap()));
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen.len(), SAMPLE_CALLS);
    assert!(seen.is_sorted_by(|newer, older| newer > older), "{seen:?}");
    let hint = place.run(["execution", "list", "--limit", "7"]).ok();
    hint.says("\nmore: add `--cursor ");
}

#[test]
fn pages_have_bounds_and_cursors_are_checked() {
    let place = Place::with_sample();
    let list = |args: &[&str]| place.run(["execution", "list"].iter().chain(args));
    list(&["--limit", "0"]).failed(4, "invalid_limit").says("1 to 1000");
    list(&["--limit", "1001"]).failed(4, "invalid_limit").says("1 to 1000");
    assert_eq!(list(&["--limit", "many"]).says("1 to 1000").code, Some(2));
    list(&["--limit", "1000"]).ok();
    list(&["--cursor", "nonsense"]).failed(4, "invalid_cursor").says("`nonsense`");
    let other = place.json(["audit", "list", "--limit", "1"]);
    list(&["--cursor", other["next"].as_str().unwrap()]).failed(4, "invalid_cursor");
}

#[test]
fn an_execution_is_shown_with_arguments_and_result() {
    let place = Place::with_sample();
    let row = place.json(["execution", "list", "--conversation", "hd-1001", "--function", "helpdesk.refund"]);
    let id = items(&row)[0]["execution_id"].as_str().unwrap().to_owned();
    let shown = place.json(["execution", "show", &id]);
    assert_eq!(shown["execution_id"], id);
    assert_eq!(shown["arguments"]["amount"], json!({"currency": "EUR", "value": 4900}));
    assert_eq!(shown["result"], json!({"refund": "rf_2291", "state": "queued"}));
    assert_eq!((&shown["status"], &shown["stage"]), (&json!("Success"), &json!("succeeded")));
    assert_eq!(shown["approval_status"], "Approval not required");
    let text = place.run(["execution", "show", &id]).ok().out;
    assert!(text.contains(r#"arguments     {"amount":{"currency":"EUR","value":4900}"#), "{text}");
    let unknown = place.run(["execution", "show", "00000000-0000-0000-0000-000000000000"]);
    unknown.failed(3, "execution_not_found").says("vidimus execution list");
    assert_eq!(place.run(["execution", "show", "nonsense"]).says("a UUID").code, Some(2));
}

/// Agents write what a terminal shows.
#[test]
fn nothing_that_an_agent_writes_controls_the_terminal() {
    let place = Place::new();
    let evil = "\\u001b[2Jx\\u009b1mx\\nstatus        Success\\u202e";
    let result = "\u{9b}31m\u{202e}";
    let input =
        line(0, &format!(r#"{{"a":"{evil}"}}"#), &format!(r#","error":"{evil}","result":"{result}""#));
    place.run_with_input(["import", "-"], input.as_bytes()).ok();
    let id = place.json(["execution", "list"])["items"][0]["execution_id"].as_str().unwrap().to_owned();
    for args in
        [&["execution", "show", &id][..], &["execution", "list"], &["audit", "list"], &["log", "replay"]]
    {
        let out = place.run(args).ok().out;
        let controls =
            |character: char| (character.is_control() && character != '\n') || character == '\u{202e}';
        assert!(!out.contains(controls), "{out:?}");
        assert!(!out.contains("\nstatus        Success"), "{out}");
    }
}

#[test]
fn nothing_waits_for_approval_after_an_import() {
    let place = Place::with_sample();
    assert_eq!(place.run(["approval", "list"]).ok().out, "nothing waits for an approval or a confirmation\n");
    let page = place.json([
        "approval",
        "list",
        "--for",
        "alice",
        "--agent",
        "maple-2",
        "--function",
        "helpdesk.refund",
    ]);
    assert_eq!(page, json!({"items": [], "next": null, "position": 2 * SAMPLE_CALLS}));
}
