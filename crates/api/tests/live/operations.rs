//! How the server says that it is.

use proto_events::{Access, Role};
use serde_json::json;
use vidimus_log::{Limits, SledLogOptions};

use crate::support::{Options, TENANT, World, call, until};

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_ready_while_a_view_is_behind() {
    let mut options = Options::with(|settings| settings.max_view_lag = 1);
    options.views = false;
    let world = World::start_with(options).await;
    assert_eq!(world.get("/healthz", "").await.expect(200).json, json!({"status": "ok"}));
    // Not built yet; what is not there cannot answer.
    let never = world.get("/readyz", "").await.expect(503);
    assert_eq!(never.json["ready"], false, "{}", never.json);
    world.views.catch_up().await.unwrap();
    let ready = world.get("/readyz", "").await.expect(200);
    assert_eq!((&ready.json["ready"], &ready.json["reasons"]), (&json!(true), &json!([])));
    world.key(TENANT, &[Role::Agent], "agent:one").await;
    assert_eq!(world.get("/readyz", "").await.expect(200).json["views"][0]["lag"], 1);
    world.key(TENANT, &[Role::Agent], "agent:two").await;
    let behind = world.get("/readyz", "").await.expect(503);
    assert_eq!(behind.json["reasons"].as_array().unwrap().len(), 3);
    assert_eq!(behind.json["position"], 2);
    assert!(behind.json["reasons"][0].as_str().unwrap().contains("behind the log"));
    world.views.catch_up().await.unwrap();
    world.get("/readyz", "").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_ready_without_its_log() {
    let world = World::start().await;
    until("it is ready", async || world.get("/readyz", "").await.status == 200).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let mut stream = world.stream("", &key, &[]).await;
    let log = world.log.clone();
    tokio::task::spawn_blocking(move || log.close()).await.unwrap();
    assert_eq!(stream.next().await, None, "nothing will come");
    let answer = world.get("/readyz", "").await.expect(503);
    assert!(answer.json["reasons"].to_string().contains("nothing is live any more"), "{}", answer.json);
    world.get("/healthz", "").await.expect(200);
    world.get("/metrics", "").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_count_and_name_nobody() {
    let world = World::start().await;
    world.access(TENANT, Access::Enabled).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let _stream = world.stream("", &key, &[]).await;
    for number in 0..5 {
        world.propose(&key, number).await;
    }
    world.post("/v1/executions", "", call(1)).await.expect(401);
    world.post("/v1/executions", "vidimus_acme.nonsense", call(1)).await.expect(401);
    world.get("/v1/executions/0b0b0b0b-0000-0000-0000-000000000000", &key).await.expect(404);
    world.get("/nothing/of/the/kind", &key).await.expect(404);
    until("the notifications are sent", async || {
        world.metric("vidimus_notifications_sent_total ").await == 5.0
    })
    .await;
    world.views.reached(world.log_tail(), crate::support::BOUND).await.unwrap();
    let answer = world.get("/metrics", "").await.expect(200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let tail = world.log_tail().get();
    for line in [
        "vidimus_http_requests_total{method=\"POST\",route=\"/v1/executions\",status=\"201\"} 5\n",
        "vidimus_http_requests_total{method=\"POST\",route=\"/v1/executions\",status=\"401\"} 2\n",
        "vidimus_http_requests_total{method=\"GET\",route=\"/v1/executions/{execution_id}\",status=\"404\"} 1\n",
        "vidimus_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1\n",
        "vidimus_http_request_duration_seconds_count{method=\"POST\",route=\"/v1/executions\"} 7\n",
        "vidimus_http_requests_in_flight 1\n",
        "vidimus_notification_streams_open 1\n",
        "vidimus_authentication_failures_total 2\n",
        "vidimus_rate_limited_total 0\n",
        "vidimus_appends_overloaded_total 0\n",
        "vidimus_waiters 0\n",
        "vidimus_view_lag_events{view=\"executions\"} 0\n",
        "vidimus_view_lag_events{view=\"approvals\"} 0\n",
        "vidimus_view_lag_events{view=\"audit\"} 0\n",
        &format!("vidimus_log_tail_position {tail}\n"),
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    for name in [TENANT, "runtime", "conversation", "crm"] {
        assert!(!text.contains(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_said_and_counted() {
    let world = World::start().await;
    world.access(TENANT, Access::Enabled).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let limits = Limits { queued_bytes: 0, ..Limits::DEFAULT };
    let log = SledLogOptions { limits, ..SledLogOptions::default() };
    let world = world.restart(Options { log, ..Options::default() }).await;
    let tail = world.log_tail();
    let refused = world.post("/v1/executions", &key, call(1)).await.expect(503);
    assert_eq!((refused.code(), refused.header("retry-after")), ("overloaded", "1"));
    assert_eq!(refused.json["retryable"], true);
    assert_eq!(world.metric("vidimus_appends_overloaded_total ").await, 1.0);
    assert_eq!(world.log_tail(), tail, "nothing half done");
}
