//! `vidimus log export|replay|stats|verify` of a log that is whole.

use std::io::{BufRead as _, BufReader};

use proto_events::{Event, RecordedEvent};
use serde_json::json;

use crate::support::{Place, SAMPLE_CALLS, ended};

const EVENTS: usize = 2 * SAMPLE_CALLS;

#[test]
fn a_clean_log_verifies() {
    let place = Place::with_sample();
    let report = place.json(["log", "verify"]);
    assert_eq!((&report["events"], &report["tail"]), (&json!(EVENTS), &json!(EVENTS)));
    assert_eq!((&report["streams"], &report["findings"]), (&json!(SAMPLE_CALLS), &json!([])));
    let stats = place.json(["log", "stats"]);
    assert_eq!((&stats["root"], &stats["events"]), (&report["root"], &json!(EVENTS)));
    let text = place.run(["log", "verify"]).ok().out;
    assert!(text.starts_with("120 events in 60 streams and ") && text.ends_with("\nclean\n"), "{text}");
    place.run(["log", "stats"]).ok().says("events         120");
}

#[test]
fn the_export_is_the_log_line_by_line() {
    let place = Place::with_sample();
    let export = |args: &[&str]| place.run(["log", "export"].iter().chain(args)).ok().out;
    let text = export(&[]);
    let events: Vec<RecordedEvent> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let positions: Vec<u64> = events.iter().map(|event| event.position.get()).collect();
    assert_eq!(positions, (1..=EVENTS as u64).collect::<Vec<_>>());
    for recorded in &events {
        let event = &recorded.event;
        Event::decode(&event.event_type, event.schema_version, &event.payload).unwrap();
    }
    for (line, event) in text.lines().zip(&events) {
        assert_eq!(serde_json::to_string(event).unwrap(), line);
    }
    let lines: Vec<&str> = text.lines().collect();
    let range =
        |from: usize, to: usize| lines[from..to].iter().map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(export(&["--after", "100"]), range(100, EVENTS));
    assert_eq!(export(&["--after", "10", "--until", "13"]), range(10, 13));
    assert_eq!(export(&["--until", "5000"]), text);
    assert_eq!(export(&["--after", "120"]), "");
    assert_eq!(export(&["--after", "18446744073709551615"]), "");
    assert_eq!(export(&["--after", "13", "--until", "10"]), "");
    assert_eq!(export(&["--output", "json"]), text);
    assert_eq!(place.run(["log", "export", "--after", "-1"]).code, Some(2));
}

/// `vidimus log export | head -1`
#[test]
fn a_reader_may_leave_early() {
    let place = Place::with_sample();
    for args in [&["log", "export"][..], &["log", "replay", "--output", "json"]] {
        let mut child = place.spawn(args);
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        assert!(first.starts_with(r#"{"position":1,"#), "{first}");
        drop(reader);
        ended(child).ok();
    }
    for args in [&["completions", "bash"][..], &["man"], &["--help"]] {
        let mut child = place.spawn(args);
        drop(child.stdout.take());
        ended(child).ok();
    }
}

#[test]
fn a_conversation_is_played_again() {
    let place = Place::with_sample();
    let text = place.run(["log", "replay", "--conversation", "hd-1004"]).ok().out;
    assert_eq!(text.lines().count(), 10, "{text}");
    assert!(text.lines().all(|line| line.contains("hd-1004  helpdesk.")), "{text}");
    let order: Vec<_> =
        text.lines().filter(|line| line.contains("initiated")).map(|line| line.contains("refund")).collect();
    assert_eq!(order, [false, false, true, true, true]);
    place.run(["log", "replay", "--conversation", "hd-1004"]).ok().says("amount is more than the invoice");
    let lines =
        place.run(["log", "replay", "--conversation", "hd-1004", "--output", "json"]).ok().json_lines();
    assert!(lines.iter().all(|event| event["data"]["call"]["conversation"] == "hd-1004"));
    let id = lines[0]["data"]["execution_id"].as_str().unwrap();
    assert_eq!(place.run(["log", "replay", "--execution", id]).ok().out.lines().count(), 2);
    assert_eq!(place.run(["log", "replay", "--after", "3", "--until", "7"]).ok().out.lines().count(), 4);
    assert_eq!(place.run(["log", "replay", "--conversation", "nonsense"]).ok().out, "no events match\n");
}
