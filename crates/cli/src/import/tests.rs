use std::io::Write as _;

use proto_events::ResultStatus;

use super::*;

fn parse_call(line: &[u8]) -> Result<FinishedCall, BadLine> {
    match parse(line)? {
        Recorded::Call(call) => Ok(*call),
        Recorded::Conversation(conversation) => panic!("no call: {conversation:?}"),
    }
}

fn reason(line: &[u8]) -> String {
    parse(line).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_line_becomes_a_finished_call() {
    let line = br#"{"source":"bench","suite":"shop","model":"m-1","conversation":"c7","seq":3,"turn":2,
        "tool":"send_mail","arguments":{"to":"a@example.com","n":1.0},"result":"sent","executed":true,
        "is_injection":true,"security":null}"#;
    let finished = parse_call(line).unwrap();
    assert_eq!(finished.call.agent, "m-1");
    assert_eq!(finished.call.conversation, "c7");
    assert_eq!(finished.call.request_id.as_deref(), Some("c7/2"));
    assert_eq!(finished.call.function.as_str(), "shop.send_mail");
    assert_eq!(finished.idempotency_key.as_deref(), Some("import/bench/shop/c7/3"));
    assert_eq!(finished.arguments.unwrap().canonical().as_str(), r#"{"n":1,"to":"a@example.com"}"#);
    assert_eq!(finished.status, ResultStatus::Succeeded);
    assert_eq!(finished.report.result.unwrap().as_str(), r#""sent""#);
    let context = finished.context.unwrap();
    assert_eq!(context.as_str(), r#"{"seq":3,"source":"bench","suite":"shop","turn":2}"#);
}

#[test]
fn errors_and_calls_that_did_not_run_are_told_apart() {
    let status = |more: &str| {
        let line = format!(r#"{{"conversation":"c","seq":0,"tool":"t","arguments":{{}}{more}}}"#);
        let finished = parse_call(line.as_bytes()).unwrap();
        (finished.status, finished.report.error.map(|error| error.message), finished.report.result)
    };
    assert_eq!(status(""), (ResultStatus::Succeeded, None, None));
    assert_eq!(status(r#","executed":true,"result":null"#), (ResultStatus::Succeeded, None, None));
    assert_eq!(
        status(r#","executed":true,"error":"boom""#),
        (ResultStatus::Failed, Some("boom".to_owned()), None)
    );
    assert_eq!(status(r#","executed":false,"result":null"#), (ResultStatus::Skipped, None, None));
    let plain = parse_call(br#"{"conversation":"c","seq":4,"tool":"t","arguments":{}}"#).unwrap();
    assert_eq!(plain.call.function.as_str(), "imported.t");
    assert_eq!(plain.call.agent, "unknown");
    assert_eq!(plain.call.request_id.as_deref(), Some("c/4"));
}

#[test]
fn what_is_no_call_is_refused_with_its_reason() {
    assert_eq!(reason(b"\xff{}"), "not UTF-8 (from byte 1 on): save the file as UTF-8");
    assert!(reason(b"").starts_with("not a JSON object"));
    assert!(reason(b"[]").starts_with("not a JSON object"));
    assert_eq!(reason(b" {\"seq\""), "not a recorded tool call: it ends too early; a call is one whole line");
    assert_eq!(
        reason(br#"{"seq":-1}"#),
        "not a recorded tool call: invalid value: integer `-1`, expected u64 (column 9)"
    );
    assert!(reason(br#"{"seq":1,"tool":"t","arguments":{}}"#).contains("missing field `conversation`"));
    let with = |tool: &str, arguments: &str| {
        reason(format!(r#"{{"conversation":"c","seq":0,"tool":{tool},"arguments":{arguments}}}"#).as_bytes())
    };
    assert!(with("\"\"", "{}").starts_with("`imported.` is no function: use `connection.function`"));
    assert!(with("\"t\"", "[1]").starts_with("`arguments`: an array is no object"));
    assert!(with("\"t\"", r#"{"a":1,"a":2}"#).contains("key `a` is there twice"));
    assert!(with("\"t\"", r#"{"a":9007199254740993}"#).contains("send it as a string"));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(!with("\"t\"", &format!(r#"{{"a":{deep}}}"#)).is_empty());
}

#[test]
fn a_conversation_is_told_by_its_event_or_by_the_users_words() {
    let conversation = |line: &str| match parse(line.as_bytes()).unwrap() {
        Recorded::Conversation(conversation) => conversation,
        Recorded::Call(call) => panic!("a call: {call:?}"),
    };
    let told =
        conversation(r#"{"event":"conversation","conversation":"c","suite":"s","user_prompt":"hello"}"#);
    let words = Some("hello".to_owned());
    assert_eq!(told, Conversation { agent: "unknown".into(), conversation: "c".into(), words });
    let run =
        conversation(r#"{"conversation":"c","model":"m","user_prompt":"hi","utility":true,"security":null}"#);
    assert_eq!((run.agent.as_str(), run.words.as_deref()), ("m", Some("hi")));
    assert_eq!(conversation(r#"{"event":"conversation","conversation":"c"}"#).words, None);
    let long = format!(r#"{{"conversation":"c","user_prompt":"a{}"}}"#, "\u{e4}".repeat(40_000));
    // Not within a character.
    assert_eq!(conversation(&long).words.map(|words| words.len()), Some(64 * 1024 - 1));
    let call =
        br#"{"event":"tool_call","conversation":"c","seq":0,"tool":"t","arguments":{},"user_prompt":"x"}"#;
    assert_eq!(parse_call(call).unwrap().call.function.as_str(), "imported.t");
    assert!(reason(br#"{"event":"other","conversation":"c"}"#).contains("unknown variant `other`"));
}

#[test]
fn lines_are_read_gzipped_or_not_and_a_long_one_costs_no_memory() {
    let directory = tempfile::tempdir().unwrap();
    let long = "x".repeat(MAX_LINE_BYTES + 1);
    let longest = "y".repeat(MAX_LINE_BYTES);
    let text = format!("first\r\n{long}\n\n{longest}\nlast without an end");
    let plain = directory.path().join("plain");
    std::fs::write(&plain, &text).unwrap();
    let gzipped = directory.path().join("gzipped");
    let mut encoder =
        flate2::write::GzEncoder::new(std::fs::File::create(&gzipped).unwrap(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap();
    for path in [plain, gzipped] {
        let read = std::sync::Arc::default();
        let lines: Vec<_> =
            Lines::open(&path, std::sync::Arc::clone(&read)).unwrap().map(Result::unwrap).collect();
        let lengths: Vec<_> = lines
            .iter()
            .map(|line| match line {
                Line::Whole(bytes) => Some(bytes.len()),
                Line::TooLong => None,
            })
            .collect();
        assert_eq!(lengths, [Some(5), None, Some(0), Some(MAX_LINE_BYTES), Some(19)]);
        assert_eq!(read.load(std::sync::atomic::Ordering::Relaxed), std::fs::metadata(&path).unwrap().len());
    }
}
