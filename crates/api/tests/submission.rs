//! Agents, their calls, and tool executions that are handed in after the fact: the document to the letter.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod harness;

use axum::{
    body::Body,
    http::{Request, header},
};
use harness::{Answer, Key, World};
use proto_events::{Actor, Role};
use serde_json::{Value, json};
use vidimus_api::{RateLimit, Settings};

const AGENT: &str = "550e8400-e29b-41d4-a716-446655440000";
const CALL: &str = "650e8400-e29b-41d4-a716-446655440000";
const OTHER: &str = "750e8400-e29b-41d4-a716-446655440000";

fn path(agent: &str, call: &str) -> String {
    format!("/v1/agents/{agent}/calls/{call}/tool-executions")
}

/// The smallest body that there is.
fn smallest() -> Value {
    json!({
        "tool_name": "lookup",
        "tool_kind": "webhook",
        "invocation_source": "system",
        "started_at": "2026-01-15T10:30:00Z",
        "finished_at": "2026-01-15T10:30:01Z",
        "duration_ms": 1000,
        "outcome": "succeeded",
    })
}

/// The smallest body with one field as it is here.
fn with(field: &str, value: Value) -> Value {
    let mut body = smallest();
    body[field] = value;
    body
}

/// A world that knows [`AGENT`] and [`CALL`].
struct Registered(World);

impl Registered {
    async fn new() -> Self {
        let world = World::new().await;
        register(&world, &world.acme.runtime).await;
        Self(world)
    }

    async fn submit(&self, body: Value) -> Answer {
        self.0.post(&self.0.acme.runtime, &path(AGENT, CALL), body).await
    }

    async fn submit_text(&self, body: impl Into<Body>) -> Answer {
        self.0.raw("POST", &path(AGENT, CALL), Some(&self.0.acme.runtime), body).await
    }

    /// What is on record for the call, latest first, in full.
    async fn on_record(&self) -> Vec<Value> {
        let World { engine, acme, .. } = &self.0;
        let tail = engine.log().tail();
        let list = format!("/v1/executions?agent={AGENT}&conversation={CALL}&min_position={tail}");
        let list = self.0.get(&acme.runtime, &list).await.with(200);
        let mut executions = Vec::new();
        for item in list["items"].as_array().unwrap() {
            let path = format!("/v1/executions/{}", harness::id(item));
            executions.push(self.0.get(&acme.runtime, &path).await.with(200));
        }
        executions
    }

    /// What a body that is taken becomes.
    async fn recorded(&self, body: Value) -> Value {
        recorded(self.submit(body).await);
        self.on_record().await.swap_remove(0)
    }
}

async fn register(world: &World, key: &Key) {
    world.put(key, &format!("/v1/agents/{AGENT}"), json!({})).await.with(201);
    world.raw("PUT", &format!("/v1/agents/{AGENT}/calls/{CALL}"), Some(key), Body::empty()).await.with(201);
}

/// 204 without a body.
#[track_caller]
fn recorded(answer: Answer) {
    assert_eq!(answer.status, 204, "{:#}", answer.body);
    assert_eq!(answer.body, json!(""));
}

/// An error with words.
#[track_caller]
fn said(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status.as_u16(), status, "{:#}", answer.body);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    let fields = answer.body.as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["detail"]);
    fields["detail"].as_str().unwrap().to_owned()
}

/// The faults, each as where it is and its type.
#[track_caller]
fn faults(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 422, "{:#}", answer.body);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    let fields = answer.body.as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["detail"]);
    let fault = |item: &Value| {
        let item = item.as_object().unwrap();
        assert_eq!(item.keys().collect::<Vec<_>>(), ["loc", "msg", "type"]);
        assert!(!item["msg"].as_str().unwrap().is_empty());
        let place: Vec<_> =
            item["loc"].as_array().unwrap().iter().map(|step| step.as_str().unwrap()).collect();
        (place.join("."), item["type"].as_str().unwrap().to_owned())
    };
    fields["detail"].as_array().unwrap().iter().map(fault).collect()
}

fn fault(place: &str, kind: &str) -> (String, String) {
    (place.to_owned(), kind.to_owned())
}

#[tokio::test]
async fn all_of_it_is_on_record() {
    let world = Registered::new().await;
    let record = world
        .recorded(json!({
            "tool_id": "tool-1",
            "tool_name": "lookup",
            "tool_kind": "human_transfer",
            "invocation_source": "contextual",
            "trigger_event": "call_ended",
            "source_tool_id": "tool-0",
            "started_at": "2026-01-15T11:30:00.1234567+01:00",
            "finished_at": "2026-01-15t10:30:01z",
            "duration_ms": 877.0,
            "outcome": "failed",
            "http_status": 502,
            "error_code": "bad_gateway",
            "error_type": "HttpError",
            "wait_for_response": true,
            "show_results_to_llm": false,
            "target_url": "https://example.com/a?token=secret#here",
            "arguments_preview": {"b": 1.0, "a": "x"},
            "result_preview": ["kept", 9007199254740993_u64],
            "error_message": "no answer",
            "stack_trace": "at line 1",
        }))
        .await;
    let expected = json!({
        "agent": AGENT,
        "conversation": CALL,
        "request_id": null,
        "function": "human_transfer.lookup",
        "origin": "recorded",
        "stage": "failed",
        "status": "Failed",
        "approval_status": "Approval not required",
        "result_status": "failed",
        "outcome": null,
        "permit": null,
        "requester": {"kind": "agent", "id": "assistant"},
        "initiated_by": {"kind": "agent", "id": "assistant"},
        "reason": "no answer",
        "reason_code": "bad_gateway",
        "arguments": {"a": "x", "b": 1},
        "result": ["kept", 9007199254740993_u64],
        "error": {
            "message": "no answer", "code": "bad_gateway", "type": "HttpError", "stack_trace": "at line 1",
        },
        "timing": {
            "started_at": "2026-01-15T10:30:00.123456Z",
            "finished_at": "2026-01-15T10:30:01Z",
            "duration_ms": 877,
        },
        "activity": {
            "tool_id": "tool-1",
            "tool_kind": "human_transfer",
            "invocation_source": "contextual",
            "trigger_event": "call_ended",
            "source_tool_id": "tool-0",
            "http_status": 502,
            "wait_for_response": true,
            "show_results_to_llm": false,
            "target_url": "https://example.com/a",
        },
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&record[field], value, "{field}");
    }
    assert_eq!(record.get("context"), None, "there is nothing to keep beside it");
}

#[tokio::test]
async fn every_outcome_and_kind() {
    let world = Registered::new().await;
    for (outcome, status) in [
        ("succeeded", "Success"),
        ("failed", "Failed"),
        ("timed_out", "Failed"),
        ("skipped", "Failed"),
        ("cancelled", "Failed"),
    ] {
        let record = world.recorded(with("outcome", json!(outcome))).await;
        assert_eq!((&record["stage"], &record["status"]), (&json!(outcome), &json!(status)));
    }
    for kind in ["webhook", "template", "human_transfer", "built_in"] {
        let record = world.recorded(with("tool_kind", json!(kind))).await;
        assert_eq!(record["function"], format!("{kind}.lookup"));
    }
    assert_eq!(world.on_record().await.len(), 9);
}

#[tokio::test]
async fn null_is_nothing() {
    let world = Registered::new().await;
    let mut body = smallest();
    for field in [
        "tool_id",
        "trigger_event",
        "source_tool_id",
        "http_status",
        "error_code",
        "error_type",
        "wait_for_response",
        "show_results_to_llm",
        "target_url",
        "arguments_preview",
        "result_preview",
        "error_message",
        "stack_trace",
    ] {
        body[field] = Value::Null;
    }
    let record = world.recorded(body).await;
    let bare = world.recorded(smallest()).await;
    assert_eq!(record["activity"], json!({"tool_kind": "webhook", "invocation_source": "system"}));
    assert_eq!(record["activity"], bare["activity"]);
    for field in ["arguments", "context", "result", "error"] {
        assert_eq!((record.get(field), bare.get(field)), (None, None), "{field}");
    }
}

#[tokio::test]
async fn every_limit_is_counted_in_characters() {
    let world = Registered::new().await;
    for (field, min, max) in [
        ("tool_id", 0, 255),
        ("tool_name", 1, 255),
        ("trigger_event", 1, 64),
        ("source_tool_id", 0, 255),
        ("error_code", 0, 128),
        ("error_type", 0, 200),
        ("target_url", 0, 1_024),
        ("error_message", 0, 5_000),
        ("stack_trace", 0, 20_000),
    ] {
        let place = format!("body.{field}");
        for char in ["x", "é", "\u{1f600}", "\0", "\"", " "] {
            recorded(world.submit(with(field, json!(char.repeat(max)))).await);
            recorded(world.submit(with(field, json!(char.repeat(min)))).await);
            let answer = world.submit(with(field, json!(char.repeat(max + 1)))).await;
            assert_eq!(faults(&answer), [fault(&place, "string_too_long")], "{field}");
            assert_eq!(
                answer.body["detail"][0]["msg"],
                format!("String should have at most {max} characters")
            );
        }
        if min == 1 {
            let answer = world.submit(with(field, json!(""))).await;
            assert_eq!(faults(&answer), [fault(&place, "string_too_short")], "{field}");
            assert_eq!(answer.body["detail"][0]["msg"], "String should have at least 1 character");
        }
        for value in [json!(1), json!(true), json!([]), json!({})] {
            assert_eq!(
                faults(&world.submit(with(field, value)).await),
                [fault(&place, "string_type")],
                "{field}"
            );
        }
    }
}

#[tokio::test]
async fn numbers_and_booleans() {
    let world = Registered::new().await;
    let number = async |field: &str, value: &str| {
        let mut text = with(field, json!("HERE")).to_string();
        text = text.replace("\"HERE\"", value);
        world.submit_text(text).await
    };
    for (value, stored) in [
        ("0", json!(0)),
        ("-0.0", json!(0)),
        ("1.0", json!(1)),
        ("1e3", json!(1000)),
        ("18446744073709551615", json!(u64::MAX)),
        ("18446744073709551616", json!(u64::MAX)),
        ("1e400", json!(u64::MAX)),
    ] {
        recorded(number("duration_ms", value).await);
        let record = world.on_record().await.swap_remove(0);
        assert_eq!(record["timing"]["duration_ms"], stored, "{value}");
    }
    for value in ["100", "999", "100.0", "2e2"] {
        recorded(number("http_status", value).await);
    }
    for (field, value, kind) in [
        ("duration_ms", "-1", "greater_than_equal"),
        ("duration_ms", "-1e400", "greater_than_equal"),
        ("duration_ms", "0.5", "int_type"),
        ("duration_ms", "\"1\"", "int_type"),
        ("duration_ms", "true", "int_type"),
        ("duration_ms", "null", "int_type"),
        ("duration_ms", "[1]", "int_type"),
        ("http_status", "99", "greater_than_equal"),
        ("http_status", "-200", "greater_than_equal"),
        ("http_status", "1000", "less_than_equal"),
        ("http_status", "1e99", "less_than_equal"),
        ("http_status", "200.5", "int_type"),
        ("wait_for_response", "1", "bool_type"),
        ("wait_for_response", "\"true\"", "bool_type"),
        ("show_results_to_llm", "[]", "bool_type"),
    ] {
        let answer = number(field, value).await;
        assert_eq!(faults(&answer), [fault(&format!("body.{field}"), kind)], "{field} {value}");
    }
}

#[tokio::test]
async fn instants() {
    let world = Registered::new().await;
    for (text, stored) in [
        ("2026-01-15T10:30:00Z", "2026-01-15T10:30:00Z"),
        ("2026-01-15t10:30:00z", "2026-01-15T10:30:00Z"),
        ("2026-01-15T10:30:00.000001999+23:59", "2026-01-14T10:31:00.000001Z"),
        ("2026-01-15T10:30:00-00:00", "2026-01-15T10:30:00Z"),
        ("2026-01-15T10:30:00.12345678901234567890Z", "2026-01-15T10:30:00.123456Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("2016-12-31T15:59:60.5-08:00", "2016-12-31T23:59:59.999999Z"),
        ("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
    ] {
        // One that ended before it began is recorded as it was measured.
        let record = world.recorded(with("finished_at", json!(text))).await;
        assert_eq!(record["timing"]["finished_at"], stored, "{text}");
    }
    for text in [
        "",
        "yesterday",
        "2026-01-15",
        "2026-01-15T10:30:00",
        "2026-01-15 10:30:00Z",
        "2026-01-15T10:30Z",
        "2026-02-30T10:30:00Z",
        "2026-01-15T24:00:00Z",
        "2026-01-15T10:30:61Z",
        "2026-01-15T10:30:00+24:00",
        "2026-01-15T10:30:00+0100",
        "2026-01-15T10:30:00.Z",
        " 2026-01-15T10:30:00Z",
        "2026-01-15T10:30:00Z\n",
        "10000-01-01T00:00:00Z",
        "２026-01-15T10:30:00Z",
    ] {
        let answer = world.submit(with("started_at", json!(text))).await;
        assert_eq!(faults(&answer), [fault("body.started_at", "datetime_parsing")], "{text:?}");
    }
    for value in [json!(1_700_000_000), Value::Null, json!({})] {
        let answer = world.submit(with("started_at", value)).await;
        assert_eq!(faults(&answer), [fault("body.started_at", "string_type")]);
    }
}

#[tokio::test]
async fn all_faults_are_named_at_once() {
    let world = Registered::new().await;
    let missing = [
        "tool_name",
        "tool_kind",
        "invocation_source",
        "started_at",
        "finished_at",
        "duration_ms",
        "outcome",
    ];
    let answer = world.submit(json!({})).await;
    let expected: Vec<_> = missing.iter().map(|field| fault(&format!("body.{field}"), "missing")).collect();
    assert_eq!(faults(&answer), expected);
    assert_eq!(
        answer.body["detail"][0],
        json!({"loc": ["body", "tool_name"], "msg": "Field required", "type": "missing"})
    );

    let body = json!({
        "tool_id": 1, "tool_name": "", "tool_kind": "web", "invocation_source": null, "trigger_event": "",
        "started_at": "x", "duration_ms": -1, "outcome": "Succeeded", "http_status": 1000,
        "wait_for_response": "yes", "zeta": 1, "Tool_name": "x",
    });
    let answer = world.0.post(&world.0.acme.runtime, &path("me", "7"), body).await;
    assert_eq!(
        faults(&answer),
        [
            fault("path.agent_id", "uuid_parsing"),
            fault("path.call_id", "uuid_parsing"),
            fault("body.tool_id", "string_type"),
            fault("body.tool_name", "string_too_short"),
            fault("body.tool_kind", "enum"),
            fault("body.invocation_source", "enum"),
            fault("body.trigger_event", "string_too_short"),
            fault("body.started_at", "datetime_parsing"),
            fault("body.finished_at", "missing"),
            fault("body.duration_ms", "greater_than_equal"),
            fault("body.outcome", "enum"),
            fault("body.http_status", "less_than_equal"),
            fault("body.wait_for_response", "bool_type"),
            fault("body.Tool_name", "extra_forbidden"),
            fault("body.zeta", "extra_forbidden"),
        ]
    );
    let kinds = "Input should be 'webhook', 'template', 'human_transfer' or 'built_in'";
    assert_eq!(answer.body["detail"][4]["msg"], kinds);
    assert_eq!(world.on_record().await, [] as [Value; 0]);
}

#[tokio::test]
async fn previews_may_be_anything() {
    let world = Registered::new().await;
    let submit = async |arguments: &str, result: &str| {
        let body = with("arguments_preview", json!("ARGUMENTS"));
        let mut body = body.to_string().replace("\"ARGUMENTS\"", arguments);
        body.insert_str(body.len() - 1, &format!(",\"result_preview\":{result}"));
        recorded(world.submit_text(body).await);
        world.on_record().await.swap_remove(0)
    };
    // Arguments of strict I-JSON are the call's arguments, in canonical form.
    let record = submit(r#"{ "b" : 1e0, "a" : {} }"#, "false").await;
    assert_eq!((&record["arguments"], record.get("context")), (&json!({"a": {}, "b": 1}), None));
    assert_eq!(record["result"], json!(false));
    assert!(record["arguments_digest"].is_string());
    // Other JSON is kept beside the call.
    for text in ["[1,{\"a\":null}]", "\"x\"", "7", "true", r#"{"id":9007199254740993}"#, "1e300"] {
        let record = submit(text, text).await;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            (&record["context"], &record["result"]),
            (&json!({"arguments_preview": value}), &value),
            "{text}"
        );
        assert_eq!((record.get("arguments"), &record["arguments_digest"]), (None, &Value::Null));
    }
    // What no parser takes is kept as text.
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for text in
        [r#"{"\ud800":"\udfff"}"#, "1e999", "[-1e999]", r#"{"$serde_json::private::RawValue":"1"}"#, &deep]
    {
        let record = submit(text, text).await;
        let kept = json!({"json": text, "bytes": text.len()});
        assert_eq!((&record["context"]["arguments_preview"], &record["result"]), (&kept, &kept));
    }
    // What is too large as well, cut.
    let large = format!("\"{}\"", "é".repeat(200_000));
    let record = submit(&large, &large).await;
    let kept = &record["result"];
    assert_eq!(kept["bytes"], large.len());
    let start = kept["json"].as_str().unwrap();
    assert!(start.len() > 65_000 && large.starts_with(start), "{}", start.len());
    assert_eq!(&record["context"]["arguments_preview"], kept);
    // The largest of everything at once is taken.
    let largest = format!("\"{}\"", "x".repeat(256 * 1024 - 2));
    let record = submit(&largest, &largest).await;
    assert_eq!(record["result"].as_str().unwrap().len(), 256 * 1024 - 2);
}

#[tokio::test]
async fn a_name_with_control_characters_is_pictured_and_kept() {
    let world = Registered::new().await;
    let name = "a\0\u{1b}\u{7f}\u{85} b";
    let record = world.recorded(with("tool_name", json!(name))).await;
    assert_eq!(record["function"], "webhook.a\u{2400}\u{241b}\u{2421}\u{fffd} b");
    assert_eq!(record["context"], json!({"tool_name": name}));
    let record = world.recorded(with("tool_name", json!("a.b/c ␀"))).await;
    assert_eq!((&record["function"], record.get("context")), (&json!("webhook.a.b/c ␀"), None));
}

#[tokio::test]
async fn urls_are_recorded_without_query_and_fragment() {
    let world = Registered::new().await;
    for (url, stored) in [
        ("https://example.com/a?b=c#d", "https://example.com/a"),
        ("https://example.com/a#d?b", "https://example.com/a"),
        ("?secret", ""),
        ("not a url at all", "not a url at all"),
        ("", ""),
    ] {
        let record = world.recorded(with("target_url", json!(url))).await;
        assert_eq!(record["activity"]["target_url"], stored);
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_object() {
    let world = Registered::new().await;
    let latin = [b"{\"tool_name\":\"".as_slice(), b"\xe9\"}"].concat();
    let twice = smallest().to_string().replace("\"tool_name\"", "\"tool_name\":\"first\",\"tool_name\"");
    let half = smallest().to_string().replace("lookup", r"\ud83d");
    for (body, place, kind) in [
        (Body::empty(), "body", "missing"),
        (Body::from("{"), "body", "json_invalid"),
        (Body::from("{\"a\":}"), "body", "json_invalid"),
        (Body::from("{} {}"), "body", "json_invalid"),
        (Body::from("nonsense"), "body", "json_invalid"),
        (Body::from(latin), "body", "json_invalid"),
        (Body::from("[]"), "body", "model_attributes_type"),
        (Body::from("null"), "body", "model_attributes_type"),
        (Body::from("\"text\""), "body", "model_attributes_type"),
        (Body::from(twice), "body.tool_name", "duplicate_field"),
        (Body::from(half), "body.tool_name", "string_unicode"),
        (Body::from(" ".repeat(1024 * 1024 + 1)), "body", "body_too_large"),
    ] {
        assert_eq!(faults(&world.submit_text(body).await), [fault(place, kind)]);
    }
    let key = &world.0.acme.runtime;
    let request = |media_type: Option<&str>| {
        let mut request =
            Request::post(path(AGENT, CALL)).header("Authorization", format!("Bearer {}", key.secret));
        if let Some(media_type) = media_type {
            request = request.header(header::CONTENT_TYPE, media_type);
        }
        request.body(Body::from(smallest().to_string())).unwrap()
    };
    for media_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        assert_eq!(faults(&world.0.call(request(media_type)).await), [fault("body", "content_type")]);
    }
    assert_eq!(world.on_record().await, [] as [Value; 0]);
    recorded(world.0.call(request(Some("Application/JSON; charset=utf-8"))).await);
    // Answers stay bounded, however many fields are not known.
    let many: serde_json::Map<_, _> = (0..5_000).map(|index| (format!("f{index}"), Value::Null)).collect();
    assert_eq!(faults(&world.submit(Value::Object(many)).await).len(), 7 + 1_000);
}

#[tokio::test]
async fn who_may_and_what_is_there() {
    let world = Registered::new().await;
    let Registered(World { acme, .. }) = &world;
    let world = &world.0;
    let tail = world.engine.log().tail();
    let post =
        async |key: Option<&Key>, path: &str| world.raw("POST", path, key, smallest().to_string()).await;

    let answer = post(None, &path(AGENT, CALL)).await;
    said(&answer, 401);
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    let unknown = Key { id: acme.paul.id, secret: "vdk_nonsense".to_owned() };
    said(&post(Some(&unknown), &path(AGENT, CALL)).await, 401);
    // Who may not learns nothing of what is wrong beside it.
    for key in [&acme.paul, &acme.olga, &acme.ada] {
        said(&post(Some(key), &path(AGENT, CALL)).await, 403);
        said(&world.raw("POST", &path("x", "y"), Some(key), "{").await, 403);
    }
    let missing = said(&post(Some(&acme.runtime), &path(AGENT, OTHER)).await, 404);
    assert!(missing.contains(OTHER) && missing.contains("PUT /v1/agents/"), "{missing}");
    said(&post(Some(&acme.runtime), &path(OTHER, CALL)).await, 404);
    // A fault of the request is told before.
    let answer = world.post(&acme.runtime, &path(OTHER, CALL), json!({})).await;
    assert_eq!(faults(&answer).len(), 7);
    for bad in ["x", "550e8400e29b41d4a716446655440000", "%7b550e8400-e29b-41d4-a716-446655440000%7d"] {
        let answer = post(Some(&acme.runtime), &path(bad, CALL)).await;
        assert_eq!(faults(&answer), [fault("path.agent_id", "uuid_parsing")]);
    }
    assert_eq!(faults(&post(Some(&acme.runtime), &path("%ff", CALL)).await), [fault("path", "uuid_parsing")]);
    // Another tenant has none of it.
    let them = world.people("umbrella").await;
    said(&post(Some(&them.runtime), &path(AGENT, CALL)).await, 404);
    assert_eq!(world.engine.log().tail().get(), tail.get() + 7, "seven keys, and nothing else");
    register(world, &them.runtime).await;
    recorded(post(Some(&them.runtime), &path(AGENT, CALL)).await);
    let list = format!("/v1/executions?min_position={}", world.engine.log().tail());
    assert_eq!(world.get(&acme.runtime, &list).await.with(200)["items"], json!([]));
    // The id's spelling does not matter.
    recorded(post(Some(&acme.runtime), &path(&AGENT.to_uppercase(), &CALL.to_uppercase())).await);
}

#[tokio::test]
async fn agents_and_calls_are_known_once_an_execution_named_them() {
    let world = World::new().await;
    let runtime = &world.key(&world.acme.tenant, Actor::service("runtimes"), &[Role::Agent], None).await;
    let proposal = json!({"agent": AGENT, "conversation": CALL, "function": "crm.find", "arguments": {}});
    world.post(runtime, "/v1/executions", proposal).await.with(201);
    recorded(world.post(runtime, &path(AGENT, CALL), smallest()).await);
    said(&world.post(runtime, &path(AGENT, OTHER), smallest()).await, 404);
    said(&world.post(runtime, &path(OTHER, CALL), smallest()).await, 404);
    // The agent is known as well, so that its calls can be registered.
    let call =
        world.raw("PUT", &format!("/v1/agents/{AGENT}/calls/{OTHER}"), Some(runtime), Body::empty()).await;
    call.with(201);
    recorded(world.post(runtime, &path(AGENT, OTHER), smallest()).await);
}

#[tokio::test]
async fn a_view_that_lags_is_no_404() {
    use std::{sync::Arc, time::Duration};
    let mut lagging = Registered::new().await.0;
    let log = Arc::clone(lagging.engine.log());
    let directory = tempfile::tempdir().unwrap();
    // Nobody brings these views up to date.
    let views = vidimus_projection::Views::open(directory.path(), log).await.unwrap();
    let settings =
        Settings { rate_limit: None, position_timeout: Duration::from_millis(20), ..Settings::default() };
    let api = vidimus_api::Api::new(Arc::clone(&lagging.engine), views, settings);
    lagging.router = vidimus_api::router(api);
    let runtime = &lagging.acme.runtime;
    let answer = lagging.post(runtime, &path(AGENT, OTHER), smallest()).await;
    said(&answer, 500);
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    let call = format!("/v1/agents/{OTHER}/calls/{CALL}");
    let (status, _) = lagging.raw("PUT", &call, Some(runtime), Body::empty()).await.problem();
    assert_eq!(status, 503);
    // What is registered needs no view.
    recorded(lagging.post(runtime, &path(AGENT, CALL), smallest()).await);
}

#[tokio::test]
async fn too_many_requests_are_refused_in_front_of_it() {
    let settings = Settings { rate_limit: Some(RateLimit::new(1, 1)), ..Settings::default() };
    let world = World::with(settings).await;
    let runtime = &world.acme.runtime;
    said(&world.post(runtime, &path(AGENT, CALL), smallest()).await, 404);
    let answer = world.post(runtime, &path(AGENT, CALL), smallest()).await;
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    assert_eq!(answer.problem(), (429, "rate_limited".to_owned()));
}

#[tokio::test]
async fn the_same_record_again_adds_nothing() {
    let world = Registered::new().await;
    let submit = async |key: &str, call: &str, body: Value| {
        let request = Request::post(path(AGENT, call))
            .header("Authorization", format!("Bearer {}", world.0.acme.runtime.secret))
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", key)
            .body(Body::from(body.to_string()))
            .unwrap();
        world.0.call(request).await
    };
    recorded(submit("k-1", CALL, smallest()).await);
    let tail = world.0.engine.log().tail();
    recorded(submit("k-1", CALL, smallest()).await);
    recorded(submit("k-1", &CALL.to_uppercase(), smallest()).await);
    assert_eq!(world.0.engine.log().tail(), tail);
    // The key names this record and no other.
    let answer = submit("k-1", CALL, with("outcome", json!("failed"))).await;
    said(&answer, 409);
    for bad in ["", " ", &"x".repeat(256)] {
        assert_eq!(
            faults(&submit(bad, CALL, smallest()).await),
            [fault("header.idempotency-key", "invalid_field")]
        );
    }
    assert_eq!(world.0.engine.log().tail(), tail);
    let longest = "x".repeat(255);
    recorded(submit(&longest, CALL, smallest()).await);
    let records = world.on_record().await;
    let keys: Vec<_> = records.iter().map(|record| record["idempotency_key"].as_str().unwrap()).collect();
    assert_eq!(keys, [&longest, "k-1"]);
    // Without a key each is a record of its own.
    recorded(world.submit(smallest()).await);
    recorded(world.submit(smallest()).await);
    assert_eq!(world.on_record().await.len(), 4);
}

#[tokio::test]
async fn a_record_is_all_there_or_not_at_all() {
    let world = Registered::new().await;
    let before = world.0.engine.log().tail().get();
    for _ in 0..5 {
        recorded(world.submit(smallest()).await);
    }
    let after = world.0.engine.log().tail().get();
    assert_eq!(after, before + 10, "two events each, in one append");
    let them = world
        .0
        .key(
            &world.0.acme.tenant,
            Actor::new(proto_events::ActorKind::Service, "importer"),
            &[Role::Agent],
            None,
        )
        .await;
    recorded(world.0.post(&them, &path(AGENT, CALL), smallest()).await);
    let record = world.on_record().await.swap_remove(0);
    let importer = json!({"kind": "service", "id": "importer"});
    assert_eq!((&record["initiated_by"], &record["requester"]), (&importer, &importer));
}

#[tokio::test]
async fn agents_are_registered_once_and_can_be_renamed() {
    let world = World::new().await;
    let World { acme, .. } = &world;
    let agent = format!("/v1/agents/{AGENT}");
    let first = world
        .raw("PUT", &agent.to_uppercase().replace("/V1/AGENTS", "/v1/agents"), Some(&acme.ada), Body::empty())
        .await;
    let first = first.with(201);
    let position = first["position"].as_u64().unwrap();
    assert_eq!(first, json!({"agent_id": AGENT, "name": null, "position": position}));
    assert_eq!(world.put(&acme.runtime, &agent, json!({})).await.with(200), first);
    let named = json!({"name": "Einkauf"});
    let renamed = world.put(&acme.runtime, &agent, named.clone()).await.with(200);
    assert_eq!(renamed, json!({"agent_id": AGENT, "name": "Einkauf", "position": position + 1}));
    assert_eq!(world.put(&acme.runtime, &agent, named.clone()).await.with(200), renamed);
    assert_eq!(
        world.put(&acme.runtime, &format!("/v1/agents/{OTHER}"), named).await.with(201)["name"],
        "Einkauf"
    );

    for name in ["", " ", "a\u{0}b", &"é".repeat(256)] {
        let (status, code) = world.put(&acme.runtime, &agent, json!({"name": name})).await.problem();
        assert_eq!((status, &*code), (422, "invalid_field"), "{name:?}");
    }
    world.put(&acme.runtime, &agent, json!({"name": "é".repeat(255)})).await.with(200);
    assert_eq!(world.put(&acme.runtime, &agent, json!({"nam": 1})).await.problem().0, 422);
    assert_eq!(world.put(&acme.runtime, "/v1/agents/me", json!({})).await.problem().0, 422);
    for key in [&acme.paul, &acme.olga] {
        assert_eq!(world.put(key, &agent, json!({})).await.problem(), (403, "missing_role".to_owned()));
    }
}

#[tokio::test]
async fn calls_are_registered_once_under_an_agent_that_is_known() {
    let world = World::new().await;
    let World { acme, .. } = &world;
    let put = async |key: &Key, agent: &str, call: &str| {
        world.raw("PUT", &format!("/v1/agents/{agent}/calls/{call}"), Some(key), Body::empty()).await
    };
    assert_eq!(put(&acme.runtime, AGENT, CALL).await.problem(), (404, "agent_not_found".to_owned()));
    world.put(&acme.runtime, &format!("/v1/agents/{AGENT}"), json!({})).await.with(201);
    let first = put(&acme.ada, AGENT, CALL).await.with(201);
    let position = first["position"].as_u64().unwrap();
    assert_eq!(first, json!({"agent_id": AGENT, "call_id": CALL, "position": position}));
    assert_eq!(put(&acme.runtime, &AGENT.to_uppercase(), &CALL.to_uppercase()).await.with(200), first);
    for (agent, call) in [("me", CALL), (AGENT, "7"), (&*AGENT.replace('-', ""), CALL)] {
        assert_eq!(put(&acme.runtime, agent, call).await.problem().0, 422);
    }
    for key in [&acme.paul, &acme.olga] {
        assert_eq!(put(key, AGENT, CALL).await.problem(), (403, "missing_role".to_owned()));
    }
    let them = world.people("umbrella").await;
    assert_eq!(put(&them.runtime, AGENT, CALL).await.problem().0, 404);
}
