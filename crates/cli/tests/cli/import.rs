//! `vidimus import` of what is well-formed.

use std::{collections::BTreeMap, io::Write as _};

use serde_json::{Value, json};

use crate::support::{Done, Place, SAMPLE, SAMPLE_CALLS, line, lines};

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn sample() -> Vec<u8> {
    std::fs::read(SAMPLE).unwrap()
}

#[track_caller]
fn counts(summary: &Value, recorded: usize, already: usize) {
    assert_eq!(
        (&summary["recorded"], &summary["already"], &summary["calls"]),
        (&json!(recorded), &json!(already), &json!(recorded + already)),
        "{summary}"
    );
}

#[test]
fn the_sample_comes_on_record_once() {
    let place = Place::new();
    let summary = place.json(["import", SAMPLE]);
    let expected = json!({
        "calls": SAMPLE_CALLS, "recorded": SAMPLE_CALLS, "already": 0, "skipped": 0, "skipped_lines": [],
        "spoken": 0, "spoken_already": 0, "functions": 0,
        "position": 2 * SAMPLE_CALLS, "interrupted": false,
    });
    assert_eq!(summary, expected);
    let stats = place.json(["log", "stats"]);
    counts(&place.json(["import", SAMPLE]), 0, SAMPLE_CALLS);
    // Who imports is not part of the call.
    counts(&place.json(["import", SAMPLE, "--as", "somebody-else"]), 0, SAMPLE_CALLS);
    let after = place.json(["log", "stats"]);
    assert_eq!((&after["events"], &after["root"]), (&stats["events"], &stats["root"]));
    assert_eq!(place.verify(), 2 * SAMPLE_CALLS as u64);
}

#[test]
fn people_get_a_line() {
    let place = Place::new();
    let Done { out, .. } = place.run(["import", SAMPLE]).ok();
    assert_eq!(out, "60 calls: 60 recorded, 0 already on record; 0 lines skipped; log at position 120\n");
}

#[test]
fn files_may_be_gzipped_whatever_their_name_and_in_several_members() {
    let place = Place::new();
    let whole = place.file("calls.jsonl", gzipped(&sample()));
    counts(&place.json(["import".as_ref(), whole.as_os_str()]), SAMPLE_CALLS, 0);
    let members = [gzipped(lines(0..3).as_bytes()), gzipped(lines(3..5).as_bytes())].concat();
    let members = place.file("members.gz", members);
    counts(&place.json(["import".as_ref(), members.as_os_str()]), 5, 0);
}

#[test]
fn standard_input_is_a_file_too() {
    let place = Place::new();
    let summary = place.run_with_input(["import", "-", "--output", "json"], &sample()).ok().json();
    counts(&summary, SAMPLE_CALLS, 0);
    let summary = place.run_with_input(["import", "-", "--output", "json"], &gzipped(&sample())).ok().json();
    counts(&summary, 0, SAMPLE_CALLS);
    counts(&place.run_with_input(["import", "-", "--output", "json"], b"").ok().json(), 0, 0);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_file_system_is_a_file_too() {
    let place = Place::new();
    let pipe = place.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let importing = place.spawn(["import".as_ref(), pipe.as_os_str(), "--output".as_ref(), "json".as_ref()]);
    std::fs::write(&pipe, sample()).unwrap();
    counts(&crate::support::ended(importing).ok().json(), SAMPLE_CALLS, 0);
}

#[test]
fn several_files_and_what_windows_makes_of_them() {
    let place = Place::new();
    let first = place.file("first", "\u{feff}".to_owned() + &lines(0..4).replace('\n', "\r\n\r\n  \n"));
    let second = place.file("second", lines(2..6).trim_end());
    counts(&place.json(["import".as_ref(), first.as_os_str(), second.as_os_str()]), 6, 2);
}

#[test]
fn tenants_see_nothing_of_each_other() {
    let place = Place::with_sample();
    place.run(["import", SAMPLE, "--tenant", "other"]).ok();
    let ids = |tenant: &str| -> Vec<Value> {
        let page = place.json(["execution", "list", "--limit", "1000", "--tenant", tenant]);
        page["items"].as_array().unwrap().iter().map(|row| row["execution_id"].clone()).collect()
    };
    let (default, other) = (ids("default"), ids("other"));
    assert_eq!((default.len(), other.len(), ids("third").len()), (SAMPLE_CALLS, SAMPLE_CALLS, 0));
    assert!(default.iter().all(|id| !other.contains(id)));
    let id = other.first().and_then(Value::as_str).unwrap();
    place.run(["execution", "show", id, "--tenant", "other"]).ok();
    place.run(["execution", "show", id]).failed(3, "execution_not_found").says("tenant `default`");
    assert_eq!(place.run(["log", "replay", "--tenant", "third"]).ok().out, "no events match\n");
    place.verify();
}

#[test]
fn the_calls_of_a_conversation_come_on_record_in_their_order() {
    let place = Place::new();
    place.run_with_input(["import", "-"], lines(0..3_000).as_bytes()).ok();
    let mut last = BTreeMap::new();
    for event in place.run(["log", "export"]).ok().json_lines() {
        if event["type"] == "initiated" {
            let conversation = event["data"]["call"]["conversation"].to_string();
            let seq = event["data"]["context"]["seq"].as_u64();
            assert!(seq > last.insert(conversation, seq).flatten(), "{event}");
        }
    }
    assert_eq!(last.len(), 300);
}

/// Arguments and result at their limits; more of them than are read ahead.
#[test]
fn the_largest_calls_come_on_record() {
    let place = Place::new();
    let arguments = format!(r#"{{"a":"{}"}}"#, "a".repeat(256 * 1024 - 8));
    let result = format!(r#","result":"{}""#, "b".repeat(256 * 1024 - 2));
    let input: String = (0..40).map(|seq| line(seq, &arguments, &result)).collect();
    let summary = place.run_with_input(["import", "-", "--output", "json"], input.as_bytes()).ok().json();
    counts(&summary, 40, 0);
}

#[test]
fn what_the_recording_says_is_what_is_on_record() {
    let place = Place::new();
    let input = [
        line(
            0,
            r#"{"b":1.0,"a":"ü"}"#,
            r#","turn":7,"result":{"x":[1,null]},"executed":true,"label":{"ignored":1}"#,
        ),
        line(1, "{}", r#","turn":7,"error":"boom","executed":true"#),
        line(2, "{}", r#","error":"not let through","executed":false"#),
        r#"{"conversation":"lone","seq":0,"tool":"t.u","arguments":{}}"#.to_owned(),
    ];
    place.run_with_input(["import", "-"], input.concat().as_bytes()).ok();
    let page = place.json(["execution", "list"]);
    let shown: Vec<Value> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|row| place.json(["execution", "show", row["execution_id"].as_str().unwrap()]))
        .collect();
    let [first, second, third, lone] = shown.as_slice() else { panic!("{page}") };
    assert_eq!(first["arguments"], json!({"a": "ü", "b": 1}));
    assert_eq!(first["result"], json!({"x": [1, null]}));
    assert_eq!((&first["status"], &first["stage"]), (&json!("Success"), &json!("succeeded")));
    assert_eq!((&first["agent"], &first["requester"]), (&json!("m"), &json!({"kind": "agent", "id": "m"})));
    assert_eq!((&first["request_id"], &second["request_id"]), (&json!("c0/7"), &json!("c0/7")));
    assert_eq!((&second["status"], &second["error"]["message"]), (&json!("Failed"), &json!("boom")));
    assert_eq!((&third["status"], &third["stage"]), (&json!("Failed"), &json!("skipped")));
    assert_eq!(third["error"]["message"], "not let through");
    assert_eq!((&lone["function"], &lone["agent"]), (&json!("imported.t.u"), &json!("unknown")));
}
