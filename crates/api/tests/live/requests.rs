//! What goes around every request: id, trace, rate limit, compression, headers.

use std::io::Read as _;

use hyper::Method;
use proto_events::{Access, Actor, GlobalPosition, Role};
use serde_json::Value;
use vidimus_api::RateLimit;
use vidimus_api_types::SignedIn;
use vidimus_log::EventLog as _;

use crate::support::{Options, TENANT, World, call, until};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_an_id() {
    let world = World::start().await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let get = async |id: &str| {
        let path = "/v1/executions/0b0b0b0b-0000-0000-0000-000000000000";
        world.request_with(Method::GET, path, &key, &[("x-request-id", id)], None).await.expect(404)
    };
    let answer = get("my-request.7").await;
    assert_eq!(answer.header("x-request-id"), "my-request.7");
    assert_eq!(answer.json["request_id"], "my-request.7");
    for other in ["", "a b", &"x".repeat(129)] {
        let answer = get(other).await;
        let drawn = answer.header("x-request-id");
        assert_eq!(uuid::Uuid::parse_str(drawn).unwrap().get_version_num(), 7);
        assert_eq!(answer.json["request_id"], drawn);
    }
    // Also where nothing of ours was reached.
    for (method, path, status) in [(Method::GET, "/nothing", 404), (Method::DELETE, "/healthz", 405)] {
        let answer = world.request(method, path, "", None).await.expect(status);
        assert_eq!(answer.json["request_id"], answer.header("x-request-id"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_through_to_the_events() {
    let world = World::start().await;
    world.access(TENANT, Access::Enabled).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let correlations = async |after: GlobalPosition| {
        let events = world.log.read_all(after, 100).await.unwrap();
        assert!(!events.is_empty());
        let mut ids: Vec<_> = events.iter().map(|recorded| recorded.event.correlation_id).collect();
        ids.dedup();
        ids
    };
    let before = world.log.tail();
    let headers = [("traceparent", PARENT)];
    let answer =
        world.request_with(Method::POST, "/v1/executions", &key, &headers, Some(call(1))).await.expect(201);
    let out = answer.header("traceparent");
    assert!(out.starts_with(&format!("00-{TRACE}-")) && out.ends_with("-01") && out != PARENT, "{out}");
    assert_eq!(correlations(before).await, [uuid::Uuid::parse_str(TRACE).unwrap()]);

    // Without one that is valid there is one of ours, and the events have it all the same.
    for headers in
        [[].as_slice(), &[("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01")]]
    {
        let before = world.log.tail();
        let answer = world
            .request_with(Method::POST, "/v1/executions", &key, headers, Some(call(2)))
            .await
            .expect(201);
        let trace = answer.header("traceparent").split('-').nth(1).unwrap().to_owned();
        assert_ne!(trace, TRACE);
        assert_eq!(correlations(before).await, [uuid::Uuid::parse_str(&trace).unwrap()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_over_its_limit_is_told_when_to_come_back() {
    let world =
        World::start_with(Options::with(|settings| settings.rate_limit = Some(RateLimit::new(1, 5)))).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let other = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let path = "/v1/executions/0b0b0b0b-0000-0000-0000-000000000000";
    let mut connection = world.connect().await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let answer = crate::support::send(&mut connection, Method::GET, path, &key, &[], None).await;
        if answer.status == 429 {
            assert_eq!((answer.code(), answer.header("retry-after")), ("rate_limited", "1"));
            assert_eq!(answer.json["retryable"], true);
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..5], [404; 5]);
    assert!(statuses[5..].contains(&429), "{statuses:?}");
    world.get(path, &other).await.expect(404);
    until("there is room again", async || world.get(path, &key).await.status == 404).await;
    assert!(world.metric("vidimus_rate_limited_total ").await >= 1.0);
    // What needs no key has no limit.
    for _ in 0..20 {
        world.get("/healthz", "").await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answers_are_compressed_for_who_takes_it() {
    let world = World::start().await;
    world.access(TENANT, Access::Enabled).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let answer = world.propose(&key, 1).await;
    let path = format!("/v1/executions/{}", answer["execution_id"].as_str().unwrap());
    let plain = world.get(&path, &key).await.expect(200);
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain.header("cache-control"), "no-store");
    assert!(plain.body.len() > 1024, "{}", plain.body.len());
    let gzip = [("accept-encoding", "gzip")];
    let compressed = world.request_with(Method::GET, &path, &key, &gzip, None).await.expect(200);
    assert_eq!(compressed.header("content-encoding"), "gzip");
    assert!(compressed.body.len() < plain.body.len());
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&*compressed.body).read_to_end(&mut text).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), plain.json);
    // Small ones are not, and streams never are.
    let small = world.request_with(Method::GET, "/healthz", "", &gzip, None).await.expect(200);
    assert_eq!(small.header("content-encoding"), "");
    let mut stream = world.stream("?after=0", &key, &gzip).await;
    assert!(stream.headers.get("content-encoding").is_none());
    assert!(stream.next().await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_outside_can_say_to_be_signed_in() {
    let world = World::start().await;
    let who =
        SignedIn { tenant: TENANT.parse().unwrap(), actor: Actor::user("eve"), roles: Role::ALL.to_vec() };
    let as_json = r#"{"tenant": "acme", "actor": {"kind": "user", "id": "eve"}, "roles": ["admin"]}"#;
    let headers = [("signed-in", as_json), ("x-vidimus-signed-in", as_json), ("x-forwarded-user", "eve")];
    for path in ["/v1/me", "/v1/executions", "/v1/notifications/stream"] {
        let mut connection = world.connect().await;
        let mut request = crate::support::request(Method::GET, path, "", &headers, None);
        // With it, the routes within this process would take the request.
        request.extensions_mut().insert(who.clone());
        let answer = connection.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
}
