//! `vidimus execution watch`
#![cfg(unix)]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Stdio},
};

use serde_json::Value;
use vidimus_client::types::{Approve, Complete, Fail};

use crate::{
    serving::{Running, pending},
    support::{Place, ended, signal},
};

/// A watch that runs, and its lines as they come.
fn watch(place: &Place, server: &Running, key: &str, args: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut command = place.command(["execution", "watch"].iter().chain(args));
    command.env("VIDIMUS_SERVER", &server.url).env("VIDIMUS_KEY", key).env_remove("VIDIMUS_DATA");
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_execution_is_followed_to_its_end() {
    let (place, agent, alice) = Place::governed();
    let mut server = place.serve();
    let client = server.client(&agent);
    let reviewer = server.client(&alice);
    let (good, bad) = (pending(&client, 1).await.execution_id, pending(&client, 2).await.execution_id);
    let (child, mut out) = watch(&place, &server, &alice, &[&good.to_string()]);
    let mut lines = String::new();
    while !lines.contains("requires approval") {
        assert_ne!(out.read_line(&mut lines).unwrap(), 0, "{lines}");
    }
    assert!(
        lines.contains("c-1  maple  helpdesk.refund  tool execution started  by service:runtime\n")
            && lines.contains(&format!(r#"by service:runtime: {good} {{"amount":1}}"#)),
        "{lines}"
    );
    reviewer.approve(good, &Approve::default()).await.unwrap();
    client.start(good, &Default::default()).await.unwrap();
    client.complete(good, &Complete::default()).await.unwrap();
    std::io::Read::read_to_string(&mut out, &mut lines).unwrap();
    ended(child).ok();
    let told: Vec<&str> =
        lines.lines().map(|line| line.split("maple  helpdesk.refund  ").nth(1).unwrap()).collect();
    let told: Vec<&str> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        told,
        [
            "tool execution started  by service:runtime",
            "tool execution requires approval  by service:runtime",
            "tool execution approved  by user:alice",
            "tool execution in progress  by service:runtime",
            "tool execution completed  by service:runtime",
        ]
    );

    reviewer.approve(bad, &Approve::default()).await.unwrap();
    client.start(bad, &Default::default()).await.unwrap();
    client.fail(bad, &Fail::default()).await.unwrap();
    // It is over already: its history is told, and the exit code.
    let id = bad.to_string();
    let done = place.through(&server, &alice, &["execution", "watch", &id, "--output", "json"]);
    assert_eq!((done.code, done.err.as_str()), (Some(4), ""));
    let last = done.json_lines().pop().unwrap();
    assert_eq!(last["notification"]["type"], "NOTIFICATION_TOOL_EXECUTION_FAILED");
    assert!(last["position"].as_u64().is_some());
    let unknown = "00000000-0000-0000-0000-000000000000";
    place.through(&server, &alice, &["execution", "watch", unknown]).failed(3, "execution_not_found");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_followed_until_ctrl_c_through_a_restart() {
    let (place, agent, alice) = Place::governed();
    let mut server = place.serve();
    let address = server.address().to_owned();
    let (child, mut out) =
        watch(&place, &server, &alice, &["--after", "0", "--agent", "maple", "--output", "json"]);
    let mut next = || -> Value {
        let mut line = String::new();
        assert_ne!(out.read_line(&mut line).unwrap(), 0);
        serde_json::from_str(&line).unwrap()
    };
    let mut positions = Vec::new();
    for amount in 1..=2 {
        pending(&server.client(&agent), amount).await;
        positions.extend([next(), next()].map(|line| line["position"].as_u64().unwrap()));
        if amount == 1 {
            server.kill();
            server = place.serve_with(["--listen", &address]);
        }
    }
    assert!(positions.is_sorted_by(|one, next| one < next), "{positions:?}");
    signal(&child, "-INT");
    let done = ended(child);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "what has no end of its own ends so");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_the_log_is_told_what_happened_all_the_same() {
    let (place, agent, alice) = Place::governed();
    let bob = place.key(&["--role", "approver", "--actor", "user:bob"]);
    let mut server = place.serve();
    let id = pending(&server.client(&agent), 1).await.execution_id;
    let (child, mut out) = watch(&place, &server, &bob, &[&id.to_string()]);
    let mut lines = String::new();
    while !lines.contains("requires approval") {
        assert_ne!(out.read_line(&mut lines).unwrap(), 0, "{lines}");
    }
    assert!(lines.contains("c-1  maple  tool execution started\n"), "{lines}");
    assert!(lines.contains("maple  helpdesk.refund  tool execution requires approval: "), "{lines}");
    // It was not followed to its end: what the exit code tells of one execution is not told.
    signal(&child, "-INT");
    assert_eq!(ended(child).code, Some(130));
    server.client(&alice).approve(id, &Approve::default()).await.unwrap();
    server.stop();
}
