//! What a server refuses: each is told apart, in words, and gone on from when it is put right.

use serde_json::json;
use vidimus_bus::Bus;
use vidimus_bus::Options;
use vidimus_tests::nats::Server;

use crate::{
    harness::{ANSWER, Running, assert_exactly_once, code_of, history, settings},
    wire::Wire,
};

fn users(relay: &str) -> String {
    format!(
        "authorization {{ users: [ {{ user: admin, password: admin }}, {{ user: relay, password: secret, permissions: {{ publish: {relay} }} }} ] }}\n"
    )
}

async fn as_user(server: &Server, user: &str, password: &str) -> Bus {
    let url = server.url().replace("nats://", &format!("nats://{user}:{password}@"));
    Bus::connect(Options { timeout: ANSWER, ..Options::new(url) }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_stream_holds_up_its_own_feed_until_there_is_room() {
    let server = Server::start();
    let (mut history, directory, mut settings) = (history(21), tempfile::tempdir().unwrap(), settings());
    settings.recorded.max_bytes = 100_000;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    for _ in 0..30 {
        history.grow(history.events + 10).await;
    }
    let full =
        |status: &[vidimus_projection::RelayStatus; 2]| code_of(&status[1]) == Some("nats_stream_full");
    let status = running.wait("full", full).await;
    let reason = &status[1].trouble.as_ref().unwrap().reason;
    assert!(reason.contains("nats stream edit VIDIMUS_RECORDED --max-bytes"), "{reason}");
    let status = running.wait("the other feed goes on", |status| status[0].lag == 0).await;
    assert_eq!(status[0].trouble, None);
    Wire::connect(&server.url()).edit("VIDIMUS_RECORDED", |config| config["max_bytes"] = json!(64 << 20));
    running.caught_up().await;
    history.grow(history.events + 10).await;
    running.caught_up().await;
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_permissions_are_named_and_gone_on_from_when_they_are_given() {
    let may_make = r#"["$JS.API.>"]"#;
    let server = Server::start_with(&users(may_make));
    let (mut history, directory, settings) = (history(22), tempfile::tempdir().unwrap(), settings());
    history.grow(100).await;
    let bus = as_user(&server, "relay", "secret").await;
    let running = Running::on(bus, &history.log, directory.path(), &settings);
    let status = running.in_trouble("nats_not_permitted").await;
    for status in status {
        let reason = &status.trouble.as_ref().unwrap().reason;
        assert!(reason.contains("Permissions Violation for Publish to \"vidimus.v1."), "{reason}");
        assert_eq!(status.published, 0);
    }
    server.configure(&users(r#"["$JS.API.>", "vidimus.v1.>"]"#));
    server.reload();
    running.caught_up().await;
    let admin = server.url().replace("nats://", "nats://admin:admin@");
    assert_eq!(assert_exactly_once(&admin, &history.log, &settings).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_may_not_be_made_is_no_time_out() {
    let server = Server::start_with(&users(r#"["$JS.API.STREAM.INFO.>", "vidimus.v1.>"]"#));
    let (mut history, directory, settings) = (history(23), tempfile::tempdir().unwrap(), settings());
    history.grow(10).await;
    let bus = as_user(&server, "relay", "secret").await;
    let running = Running::on(bus, &history.log, directory.path(), &settings);
    let status = running.in_trouble("nats_not_permitted").await;
    let reason = &status[0].trouble.as_ref().unwrap().reason;
    assert!(reason.contains("$JS.API.STREAM.CREATE.VIDIMUS_NOTIFICATIONS"), "{reason}");
    // Nobody at all is something else again.
    running.stop().await;
    let bus = as_user(&server, "relay", "wrong").await;
    let running = Running::on(bus, &history.log, directory.path(), &settings);
    let status = running.in_trouble("nats_unavailable").await;
    let reason = &status[0].trouble.as_ref().unwrap().reason;
    assert!(reason.contains("check the credentials"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_or_a_stream_that_cannot_be_used_says_why() {
    let (history, directory, settings) = (history(24), tempfile::tempdir().unwrap(), settings());
    let small = Server::start_with("max_payload: 100000\n");
    let running = Running::start(&small.url(), &history.log, directory.path(), &settings).await;
    let status = running.in_trouble("nats_max_payload_too_small").await;
    let reason = &status[0].trouble.as_ref().unwrap().reason;
    assert!(reason.contains("put `max_payload: 720896` or more"), "{reason}");
    running.stop().await;

    let server = Server::start();
    for spec in [&settings.notifications, &settings.recorded] {
        let made = json!({"name": spec.name, "subjects": [spec.subjects], "num_replicas": 1, "retention": "limits",
            "storage": "file", "discard": "old"});
        let answer = Wire::connect(&server.url()).api(&format!("STREAM.CREATE.{}", spec.name), &made);
        assert!(answer.get("error").is_none(), "{answer}");
    }
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    let status = running.in_trouble("nats_stream_unfit").await;
    let reason = &status[0].trouble.as_ref().unwrap().reason;
    assert!(reason.contains("it discards old messages when it is full"), "{reason}");
}
