//! What goes along: ids, traces, limits, figures.

use proto_events::{BusCommand as C, StreamId, StreamVersion};
use serde_json::json;
use uuid::Uuid;
use vidimus_api::RateLimit;
use vidimus_log::EventLog as _;

use crate::{
    bed::{Bed, id, subject},
    support::{Options, TENANT, call, until, within},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_and_an_id_go_through_to_the_events_and_back() {
    let (bed, _service) = Bed::start().await;
    let authorization = format!("bearer {}", bed.runtime);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{trace}-00f067aa0ba902b7-01");
    // In whatever case.
    for names in [
        ["Authorization", "traceparent", "x-request-id"],
        ["authorization", "Traceparent", "X-Request-Id"],
        ["AUTHORIZATION", "TRACEPARENT", "X-REQUEST-ID"],
    ] {
        let headers = [(names[0], &*authorization), (names[1], &*traceparent), (names[2], "request-7")];
        let body = call(1).to_string().into();
        let answer = bed.ask_raw(&subject(TENANT, C::Propose, ""), &headers, body).await;
        assert_eq!(answer.header("x-request-id"), "request-7");
        let back = answer.header("traceparent");
        assert!(back.starts_with(&format!("00-{trace}-")) && back != traceparent, "{back}");
        let execution: Uuid = id(&answer.with(201)).parse().unwrap();
        let (tenant, stream) = (TENANT.parse().unwrap(), StreamId::execution(execution));
        let events = bed.world.log.read_stream(&tenant, &stream, StreamVersion::FIRST, 10).await.unwrap();
        assert!(!events.is_empty());
        for recorded in events {
            assert_eq!(recorded.event.correlation_id.simple().to_string(), trace);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_counted_with_the_requests_of_http() {
    let (bed, _service) = Bed::start().await;
    let execution = bed.propose(1).await;
    bed.ask(&bed.runtime, C::Get, &execution, json!({})).await.with(200);
    for (line, count) in [
        ("vidimus_http_requests_total{method=\"POST\",route=\"/v1/executions\",status=\"201\"} ", 1.0),
        (
            "vidimus_http_requests_total{method=\"GET\",route=\"/v1/executions/{execution_id}\",status=\"200\"} ",
            1.0,
        ),
    ] {
        assert!((bed.world.metric(line).await - count).abs() < f64::EPSILON, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_commands_are_served_is_in_readyz_and_in_the_figures() {
    let (mut bed, _service) = Bed::start().await;
    let ready = async |bed: &Bed| bed.world.get("/readyz", "").await.expect(200).json;
    let service = json!({"serving": true, "in_flight": 0, "overloaded": 0, "code": null, "trouble": null});
    until("it is served", async || ready(&bed).await["commands_over_nats"] == service).await;
    let figure =
        async |bed: &Bed, name: &str| bed.world.metric(&format!("vidimus_nats_commands_{name}{{}} ")).await;
    assert_eq!(figure(&bed, "serving").await, 1.0);
    let execution = bed.propose(1).await;
    let (client, subject) = (bed.client.clone(), subject(TENANT, C::Get, &execution));
    let headers = crate::bed::header_map(&[("Authorization", &format!("Bearer {}", bed.runtime))]);
    client
        .publish_with_reply_and_headers(subject, "_INBOX.waiting", headers, "{\"wait\": \"60s\"}".into())
        .await
        .unwrap();
    until("it is counted", async || figure(&bed, "in_flight").await == 1.0).await;
    assert_eq!(ready(&bed).await["commands_over_nats"]["in_flight"], 1);
    bed.nats.kill();
    until("it says so, and is ready for HTTP", async || {
        let commands = ready(&bed).await["commands_over_nats"].clone();
        commands["code"] == "nats_unavailable" && commands["serving"] == false
    })
    .await;
    let trouble = ready(&bed).await["commands_over_nats"]["trouble"].clone();
    assert_eq!(trouble, "no NATS server can be reached: start it, or check address and credentials");
    assert_eq!(figure(&bed, "serving").await, 0.0);
    let text = bed.world.get("/metrics", "").await.expect(200).body;
    let text = std::str::from_utf8(&text).unwrap();
    assert!(text.contains("\nvidimus_nats_commands_overloaded_total{} 0\n"), "{text}");
    bed.nats.start_again();
    until("it is served again", async || figure(&bed, "serving").await == 1.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_one_limit_for_both_ways() {
    let limit = Some(RateLimit::new(1, 2));
    let (bed, _service) = Bed::start_with(Options::with(|settings| settings.rate_limit = limit)).await;
    let authorization = format!("Bearer {}", bed.runtime);
    let nobodys = Uuid::from_u128(7).to_string();
    let answer = within("a limit", async {
        loop {
            let answer = bed.ask(&bed.runtime, C::Get, &nobodys, json!({})).await;
            if answer.status == 429 {
                break answer;
            }
        }
    })
    .await;
    assert_eq!((answer.code(), &answer.json["retryable"]), ("rate_limited", &json!(true)));
    assert_eq!(answer.header("retry-after"), "1");
    until("HTTP refuses it too", async || {
        let headers = [("authorization", &*authorization)];
        bed.ask_http(C::Get, &nobodys, "", &headers, "".into()).await.status == 429
    })
    .await;
}
