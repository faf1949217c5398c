//! Commands asked in process. That they answer what HTTP answers is tested where both are asked, over a real bus.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

#[path = "../support/mod.rs"]
mod support;

use proto_events::{BusCommand, Role};
use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_api::commands::{Answer, Command, Commands, route};

use crate::support::{Options, TENANT, World, call, until};

fn command(command: BusCommand, key: &str, body: impl Into<Vec<u8>>) -> Command {
    let headers = vec![("Authorization".to_owned(), format!("Bearer {key}"))];
    let execution = command.names_execution().then(|| Uuid::from_u128(7).to_string());
    let body: Vec<u8> = body.into();
    Command { tenant: TENANT.parse().unwrap(), command, execution, headers, body: body.into() }
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
}

/// Status, code, and the field at fault.
fn at_fault(answer: &Answer) -> (u16, String, String) {
    let problem = json_of(answer);
    assert_eq!(answer.code.as_deref(), problem["code"].as_str());
    let field = problem["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
    (answer.status, answer.code.clone().unwrap(), field)
}

async fn world() -> (World, Commands, String) {
    let world = World::start_with(Options::default()).await;
    let commands = Commands::new(world.api.clone());
    let key = world.key(TENANT, &Role::ALL, "user:ada").await;
    (world, commands, key)
}

#[test]
fn every_command_has_a_route_that_is_in_the_description() {
    let openapi = serde_json::to_value(vidimus_api::openapi()).unwrap();
    let mut routes: Vec<_> = BusCommand::ALL.map(route).into();
    for (command, (method, path)) in BusCommand::ALL.into_iter().zip(&routes) {
        let operation = &openapi["paths"][*path][method.to_lowercase()];
        assert!(operation.is_object(), "{method} {path}");
        assert_eq!(path.contains("{execution_id}"), command.names_execution(), "{path}");
        let is_query = operation["requestBody"].is_null();
        assert_eq!(is_query, *method == "GET", "{path}: what has no body has its parameters in one");
    }
    routes.sort_unstable();
    routes.dedup();
    assert_eq!(routes.len(), BusCommand::ALL.len());
}

#[tokio::test]
async fn an_answer_has_the_headers_that_mean_something_over_a_bus() {
    let (_world, commands, key) = world().await;
    let answer = commands.answer(command(BusCommand::Propose, &key, call(1).to_string())).await;
    assert_eq!((answer.status, &answer.code), (201, &None), "{}", json_of(&answer));
    let names: Vec<_> = answer.headers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["content-type", "x-request-id", "traceparent"]);
    assert_eq!(header(&answer, "content-type"), Some("application/json"));
}

#[tokio::test]
async fn only_headers_that_are_meant_for_it_are_passed_on() {
    let (_world, commands, key) = world().await;
    let mut asked = command(BusCommand::Propose, &key, call(1).to_string());
    for (name, value) in [
        ("Accept-Encoding", "gzip"),
        ("Content-Length", "1"),
        ("Transfer-Encoding", "chunked"),
        ("X: y", "z"),
    ] {
        asked.headers.push((name.to_owned(), value.to_owned()));
    }
    let answer = commands.answer(asked).await;
    assert_eq!(answer.status, 201, "{}", json_of(&answer));
}

#[tokio::test]
async fn a_fault_of_a_querys_body_says_where_it_is() {
    let (_world, commands, key) = world().await;
    let list = || commands.answer(command(BusCommand::ListApprovals, &key, ""));
    until("the view is built", async || list().await.status == 200).await;
    for (body, status, code, field) in [
        ("", 200, "", ""),
        ("{}", 200, "", ""),
        (r#"{"limit": 5, "agent": "a&limit=0 b+%ä", "kind": "approval"}"#, 200, "", ""),
        (r#"{"limit": "5"}"#, 200, "", ""),
        (r#"{"limit": true}"#, 422, "body_invalid", "body.limit"),
        (r#"{"agent": {"a": 1}}"#, 422, "body_invalid", "body.agent"),
        (r#"{"agent": null}"#, 422, "body_invalid", "body.agent"),
        (r#"{"agents": "a"}"#, 422, "query_invalid", "query.agents"),
        (r#"{"limit": 99999999999}"#, 422, "query_invalid", "query.limit"),
        (r#"{"agent": "a"} {"agent": "b"}"#, 400, "body_malformed", ""),
        ("\"agent\"", 422, "body_invalid", "body"),
    ] {
        let answer = commands.answer(command(BusCommand::ListApprovals, &key, body)).await;
        if status == 200 {
            assert_eq!((answer.status, &json_of(&answer)["items"]), (200, &json!([])), "{body}");
        } else {
            assert_eq!(at_fault(&answer), (status, code.to_owned(), field.to_owned()), "{body}");
        }
    }
}

#[tokio::test]
async fn what_is_too_long_for_a_uri_is_told() {
    let (_world, commands, key) = world().await;
    let long = json!({"agent": "ä".repeat(20_000)}).to_string();
    let answer = commands.answer(command(BusCommand::ListApprovals, &key, long)).await;
    assert_eq!(at_fault(&answer), (413, "body_too_large".to_owned(), String::new()));
    for execution in ["ä".repeat(20_000), "x".repeat(4_000), "a/b".to_owned(), "..".to_owned()] {
        let asked = command(BusCommand::Approve, &key, "");
        let answer = commands.answer(Command { execution: Some(execution), ..asked }).await;
        assert!([404, 422].contains(&answer.status), "{}", json_of(&answer));
        assert!(answer.body.len() < 4_000, "what is quoted is cut short");
    }
}

#[tokio::test]
async fn a_key_of_another_tenant_counts_as_none() {
    let (world, commands, _) = world().await;
    let key = world.key("globex", &Role::ALL, "user:ada").await;
    let before = world.metric("vidimus_authentication_failures_total ").await;
    let answer = commands.answer(command(BusCommand::Get, &key, "")).await;
    assert_eq!(at_fault(&answer), (401, "key_invalid".to_owned(), String::new()));
    let after = world.metric("vidimus_authentication_failures_total ").await;
    assert!((after - before - 1.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn whoever_has_no_good_key_learns_nothing_of_what_else_is_wrong() {
    let (world, commands, _) = world().await;
    let agent = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let broken = |key| {
        let mut asked = command(BusCommand::ListApprovals, key, "{");
        asked.headers.push(("Idempotency-Key".to_owned(), "a\nb".to_owned()));
        asked
    };
    for (key, status, code) in [("secret", 401, "key_invalid"), (&*agent, 403, "missing_role")] {
        let answer = commands.answer(broken(key)).await;
        assert_eq!(at_fault(&answer), (status, code.to_owned(), String::new()));
    }
}
