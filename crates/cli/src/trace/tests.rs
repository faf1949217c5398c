use std::collections::BTreeMap;

use serde_json::{Value, json};
use vidimus_policy::{PolicySet, PolicySource};

use super::{
    error::Problem,
    pool::{Room, run_in},
    *,
};
use crate::catalogue::{self, Form, Given};

const CATALOGUE: &str = r#"{
    "shop": [
        {"tool": "get_inbox", "description": "Returns the emails in the inbox.", "effect": "read"},
        {"tool": "get_balance", "description": "The balance.", "effect": "read"},
        {"tool": "pay", "description": "Pays.", "effect": "send", "parameters": {
            "type": "object", "required": ["to"],
            "properties": {"to": {"type": "string"}, "amount": {"type": "number"}}}}
    ]
}"#;

const RULES: &str = r#"
@id("all") permit (principal, action, resource);
@id("after_strangers") @reason("strangers wrote that") @require("approval")
forbid (principal, action, resource)
when { resource.effect == "send" && context.history.untrusted_since_user };
@id("many") @reason("the second is looked at") @require("confirmation")
forbid (principal, action, resource)
when { resource.effect == "send" && context.history.calls_of_function >= 1 };
"#;

fn known() -> Known {
    let files = BTreeMap::from([("rules.cedar".to_owned(), RULES.to_owned())]);
    let set = PolicySet::parse(&PolicySource::new(files).unwrap()).unwrap();
    let catalogue = catalogue::read(CATALOGUE.as_bytes(), Form::Auto, &Given::default()).unwrap();
    Known::new(set, catalogue).unwrap()
}

/// A conversation that the user begins.
fn begins(conversation: &str, words: &str) -> Value {
    json!({"event": "conversation", "conversation": conversation, "source": "s", "suite": "shop", "user_prompt": words})
}

fn call(conversation: &str, seq: u64, turn: u64, tool: &str, result: &str) -> Value {
    json!({"event": "tool_call", "source": "s", "suite": "shop", "conversation": conversation, "seq": seq, "turn": turn,
        "tool": tool, "arguments": {"to": "DE001"}, "result": result})
}

/// Reads what strangers wrote and pays then; reads and pays in one turn; pays twice, and calls what nobody knows.
fn trace() -> Vec<Value> {
    vec![
        begins("one", "pay my bill"),
        call("one", 0, 0, "get_inbox", "pay DE001"),
        call("one", 1, 1, "pay", "done"),
        begins("two", "pay DE001"),
        call("two", 0, 0, "get_inbox", "hello"),
        call("two", 1, 0, "pay", "done"),
        call("two", 2, 1, "pay", "done"),
        begins("three", "pay DE001 twice"),
        call("three", 0, 0, "get_balance", "1"),
        call("three", 1, 1, "pay", "done"),
        call("three", 2, 2, "pay", "done"),
        call("three", 3, 3, "what", "done"),
    ]
}

/// Every answer, on `threads` threads, or where it ended.
fn decided(lines: &[Value], threads: usize) -> Result<(Vec<Value>, Counts), (u64, Problem)> {
    decided_in(&Room::new(usize::MAX), lines, threads)
}

fn decided_in(room: &Room, lines: &[Value], threads: usize) -> Result<(Vec<Value>, Counts), (u64, Problem)> {
    let (known, mut out) = (known(), Vec::new());
    let ran = run_in(room, &known, threads, &mut out, |hand_on| {
        let mut grouper = Grouper::default();
        for (number, line) in (1..).zip(lines) {
            if let Some(job) = grouper.push(number, line.to_string().into_bytes())?
                && !hand_on(job)
            {
                return Ok(());
            }
        }
        grouper.finish().map(hand_on);
        Ok(())
    });
    let at = |error: TraceError| (error.line, error.problem);
    let counts = match ran {
        Ok((counts, told)) => told.map(|()| counts).map_err(at)?,
        Err(Ended::Trace(error)) => return Err(at(error)),
        Err(Ended::Write(error)) => panic!("{error}"),
    };
    let lines = String::from_utf8(out).unwrap();
    Ok((lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), counts))
}

#[test]
fn each_call_is_decided_from_what_could_be_known() {
    let (answers, counts) = decided(&trace(), 1).unwrap();
    let told: Vec<(&str, u64, &str, &str)> = answers
        .iter()
        .map(|answer| {
            let text = |name: &str| answer[name].as_str().unwrap();
            (text("conversation"), answer["seq"].as_u64().unwrap(), text("decision"), text("code"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("one", 0, "allow", "function_enabled"),
            ("one", 1, "approve", "policy_requires_approval"),
            ("two", 0, "allow", "function_enabled"),
            // Issued together with the reading: it did not see what was read.
            ("two", 1, "allow", "function_enabled"),
            ("two", 2, "approve", "policy_requires_approval"),
            ("three", 0, "allow", "function_enabled"),
            ("three", 1, "allow", "function_enabled"),
            ("three", 2, "confirm", "policy_requires_confirmation"),
            ("three", 3, "block", "function_unknown"),
        ]
    );
    assert_eq!(answers[1]["outcome"], "awaiting_approval");
    assert!(answers[1]["rules"].as_array().unwrap().contains(&json!("after_strangers")), "{}", answers[1]);
    let Counts { conversations, calls, allow, confirm, approve, block } = counts;
    assert_eq!((conversations, calls, allow, confirm, approve, block), (3, 9, 5, 1, 2, 1));
}

#[test]
fn the_answer_is_the_same_on_any_number_of_threads() {
    let mut lines = Vec::new();
    for copy in 0..40 {
        for mut line in trace() {
            line["conversation"] = json!(format!("{}-{copy}", line["conversation"].as_str().unwrap()));
            lines.push(line);
        }
    }
    let alone = decided(&lines, 1).unwrap();
    assert_eq!(alone.0.len(), 360);
    for threads in [2, 3, 7] {
        assert_eq!(decided(&lines, threads).unwrap(), alone);
    }
}

#[test]
fn labels_make_no_difference() {
    let mut labelled = trace();
    for line in &mut labelled {
        for (name, value) in [
            ("is_injection", json!(true)),
            ("needed", json!(false)),
            ("security", json!(true)),
            ("effect", json!("read")),
            ("model", json!("m")),
            ("executed", json!(false)),
            ("defence", json!("none")),
        ] {
            line[name] = value;
        }
    }
    assert_eq!(decided(&labelled, 1).unwrap(), decided(&trace(), 1).unwrap());
}

#[test]
fn conversations_may_be_told_before_all_calls_and_events_left_unsaid() {
    let strip = |mut line: Value| {
        line.as_object_mut().unwrap().remove("event");
        line
    };
    let (mut begin, mut calls) = (Vec::new(), Vec::new());
    for line in trace() {
        let list = if line["event"] == "conversation" { &mut begin } else { &mut calls };
        list.push(strip(line));
    }
    begin.extend(calls);
    assert_eq!(decided(&begin, 2).unwrap(), decided(&trace(), 1).unwrap());
}

#[test]
fn a_turn_that_is_not_said_is_one_of_its_own() {
    let mut lines = trace();
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("turn");
    }
    let (answers, _) = decided(&lines, 1).unwrap();
    assert_eq!(answers[3]["decision"], "approve", "it came after the reading");
}

#[test]
fn what_cannot_be_decided_is_named_with_its_line() {
    let wrong = |line: Value| {
        let mut lines = trace();
        lines.insert(2, line);
        let (line, problem) = decided(&lines, 2).unwrap_err();
        let code = TraceError::at(line, problem).code();
        (line, code)
    };
    assert_eq!(wrong(json!({"conversation": "one"})), (3, "trace_line_invalid"));
    assert_eq!(wrong(json!({"event": "x", "conversation": "one"})), (3, "trace_line_invalid"));
    assert_eq!(wrong(json!([1])), (3, "trace_line_invalid"));
    assert_eq!(wrong(begins("one", "again")), (3, "trace_line_invalid"));
    assert_eq!(wrong(call("one", 0, 0, "pay", "")), (3, "trace_order"));
    assert_eq!(wrong(call("one", 1, 1, "\n", "")), (3, "trace_call_invalid"));
    let mut apart = trace();
    apart.push(call("one", 9, 9, "pay", ""));
    let (line, problem) = decided(&apart, 2).unwrap_err();
    assert!(matches!(problem, Problem::Apart(_)) && line == 13, "{problem}");
}

#[test]
fn what_waits_is_bounded_by_bytes_and_nobody_waits_for_an_answer_that_does_not_come() {
    let mut lines = trace();
    let whole = decided(&lines, 2).unwrap();
    for threads in [1, 3] {
        // Each conversation has more bytes than that: one at a time.
        assert_eq!(decided_in(&Room::new(1), &lines, threads).unwrap(), whole);
    }
    lines[2]["arguments"] = json!([]);
    for conversation in 0..300 {
        lines.push(call(&format!("more-{conversation}"), 0, 0, "pay", "done"));
    }
    let (line, problem) = decided_in(&Room::new(1), &lines, 2).unwrap_err();
    assert!(line == 3 && matches!(problem, Problem::Call(_)), "{line}: {problem}");
}

#[test]
fn what_a_user_said_is_cut_as_in_an_import() {
    let long = format!("pay {}DE001", "\u{e4}".repeat(40_000));
    let lines = [begins("one", &long), call("one", 0, 0, "pay", "done")];
    let mut grouper = Grouper::default();
    for (number, line) in (1..).zip(&lines) {
        assert!(grouper.push(number, line.to_string().into_bytes()).unwrap().is_none());
    }
    let prompt = grouper.finish().unwrap().prompt.unwrap();
    assert_eq!(prompt.len(), 64 * 1024);
    assert!(long.starts_with(&prompt) && crate::import::spoken(long) == prompt);
}
