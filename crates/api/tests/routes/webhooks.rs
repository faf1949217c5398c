//! Webhooks over HTTP: made, shown with how their deliveries stand, replayed, deleted.

use proto_events::{GlobalPosition, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;
use vidimus_api::{Api, Settings};
use vidimus_engine::{Deliveries, Delivery, Failing, Failure, Park};

use crate::harness::{T0, World};

fn hook() -> Value {
    json!({"url": "https://example.com/hook"})
}

fn id(webhook: &Value) -> Uuid {
    webhook["id"].as_str().unwrap().parse().unwrap()
}

/// The world, served with how deliveries stand.
async fn delivering() -> (World, Deliveries) {
    let mut world = World::new().await;
    let deliveries = Deliveries::default();
    let settings = Settings { rate_limit: None, ..Settings::default() };
    let api = Api::new(std::sync::Arc::clone(&world.engine), world.views.clone(), settings);
    world.router = vidimus_api::router(api.with_webhooks(deliveries.clone()));
    (world, deliveries)
}

#[tokio::test]
async fn a_webhook_is_made_shown_and_deleted() {
    let world = World::new().await;
    let (ada, olga) = (&world.acme.ada, &world.acme.olga);
    let filter = json!({"types": ["NOTIFICATION_TOOL_EXECUTION_BLOCKED"], "agent": "assistant"});
    let body = json!({"url": "https://example.com/hook?a=b", "label": "chat", "filter": filter});
    let created = world.post(ada, "/v1/webhooks", body).await.with(201);
    let secret = created["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let webhook = &created["webhook"];
    assert_eq!((&webhook["status"], &webhook["filter"]), (&json!("active"), &filter));
    assert_eq!(
        (&webhook["url"], &webhook["label"]),
        (&json!("https://example.com/hook?a=b"), &json!("chat"))
    );
    assert_eq!(webhook["created_by"], json!({"kind": "user", "id": "ada"}));
    assert_eq!(
        (&webhook["delivered"], &webhook["lag"]),
        (&Value::Null, &Value::Null),
        "nothing delivers here"
    );

    let path = format!("/v1/webhooks/{}", id(webhook));
    assert_eq!(world.get(olga, &path).await.with(200), *webhook);
    let listed = world.get(olga, "/v1/webhooks").await.with(200);
    assert_eq!((&listed["items"], &listed["next"]), (&json!([webhook]), &Value::Null));
    assert!(!listed.to_string().contains("whsec_"));
    assert_eq!(world.get(ada, &format!("{path}/secret")).await.with(200), json!({"secret": secret}));

    let deleted = world.raw("DELETE", &path, Some(ada), r#"{"reason": "moved"}"#).await.with(200);
    assert_eq!(id(&deleted), id(webhook));
    assert_eq!(world.delete(ada, &path).await.with(200), deleted, "again");
    for gone in [path.clone(), format!("{path}/secret")] {
        assert_eq!(world.get(ada, &gone).await.problem(), (404, "webhook_not_found".to_owned()));
    }
    assert_eq!(world.get(olga, "/v1/webhooks").await.with(200)["items"], json!([]));
    let seen = format!("/v1/audit?category=administrative&limit=2&min_position={}", deleted["position"]);
    let audit = world.get(olga, &seen).await.with(200);
    let types: Vec<_> = audit["items"].as_array().unwrap().iter().map(|entry| &entry["event_type"]).collect();
    assert_eq!(types, ["webhook_deleted", "webhook_created"]);
    assert!(audit["items"][1]["summary"].as_str().unwrap().contains(&id(webhook).to_string()));
}

#[tokio::test]
async fn how_deliveries_stand_is_shown() {
    let (world, deliveries) = delivering().await;
    let (ada, olga, tenant) = (&world.acme.ada, &world.acme.olga, &world.acme.tenant);
    let created = world.post(ada, "/v1/webhooks", hook()).await.with(201);
    let webhook_id = id(&created["webhook"]);
    let path = format!("/v1/webhooks/{webhook_id}");
    let tail = world.engine.tail().get();

    let position = GlobalPosition::new(tail - 2);
    let mut delivery = Delivery { position, last_success_at: Some(T0), ..Delivery::default() };
    deliveries.set(tenant, webhook_id, Some(delivery.clone()));
    let shown = world.get(olga, &path).await.with(200);
    assert_eq!(
        (&shown["status"], &shown["delivered"], &shown["lag"]),
        (&json!("active"), &json!(tail - 2), &json!(2))
    );
    assert_eq!(shown["last_success_at"], "2023-11-14T22:13:20Z");

    let next_attempt_at = Timestamp::from_micros(T0.as_micros() + 5_000_000);
    delivery.failing = Some(Failing { position: position.next(), attempts: 3, since: T0, next_attempt_at });
    delivery.last_failure = Some(Failure { at: T0, reason: "answered with status 500".to_owned() });
    deliveries.set(tenant, webhook_id, Some(delivery));
    let shown = world.get(olga, "/v1/webhooks").await.with(200)["items"][0].clone();
    assert_eq!(shown["status"], "retrying");
    let expected = json!({
        "position": tail - 1, "attempts": 3,
        "since": "2023-11-14T22:13:20Z", "next_attempt_at": "2023-11-14T22:13:25Z",
    });
    assert_eq!(shown["failing"], expected);
    let metrics = world.raw("GET", "/metrics", None, "").await.with(200);
    assert!(metrics.as_str().unwrap().contains("vidimus_webhooks_retrying_now 1\n"));
    assert_eq!(
        shown["last_failure"],
        json!({"at": "2023-11-14T22:13:20Z", "reason": "answered with status 500"})
    );

    let park = Park {
        replays: 0,
        position: position.next(),
        reason: "answered with status 500".to_owned(),
        attempts: 9,
        since: T0,
    };
    world.engine.park_webhook(tenant, webhook_id, park).await.unwrap();
    let shown = world.get(olga, &path).await.with(200);
    assert_eq!((&shown["status"], &shown["parked_at"]), (&json!("parked"), &json!("2023-11-14T22:13:20Z")));
    assert_eq!(
        (&shown["failing"]["attempts"], &shown["failing"]["next_attempt_at"]),
        (&json!(9), &Value::Null)
    );

    let replayed = world.post(ada, &format!("{path}/replay"), json!({"after": 0})).await.with(200);
    assert_eq!(replayed["parked_at"], Value::Null);
    // Whoever delivers has not seen it yet.
    assert_eq!((&replayed["status"], &replayed["delivered"]), (&json!("active"), &json!(0)));
    assert_eq!((&replayed["lag"], &replayed["failing"]), (&json!(world.engine.tail().get()), &Value::Null));
    assert_eq!(replayed["last_failure"]["reason"], "answered with status 500");
    let late = json!({"after": world.engine.tail().get() + 1});
    let refused = world.post(ada, &format!("{path}/replay"), late).await;
    assert_eq!(refused.at_fault(), (409, "position_unknown".to_owned(), "body.after".to_owned()));

    deliveries.count_delivered();
    deliveries.count_failed_attempt();
    deliveries.count_failed_attempt();
    deliveries.count_parked();
    deliveries.set_parked(tenant, webhook_id);
    let metrics = world.raw("GET", "/metrics", None, "").await.with(200);
    for line in [
        "vidimus_webhook_deliveries_total 1\n",
        "vidimus_webhook_attempts_failed_total 2\n",
        "vidimus_webhooks_parked_total 1\n",
        "vidimus_webhooks_parked_now 1\n",
        "vidimus_webhooks_retrying_now 0\n",
    ] {
        assert!(metrics.as_str().unwrap().contains(line), "{line}");
    }
}

#[tokio::test]
async fn a_webhook_of_another_tenant_is_not_there() {
    let world = World::new().await;
    let globex = world.people("globex").await;
    let created = world.post(&world.acme.ada, "/v1/webhooks", hook()).await.with(201);
    for id in [id(&created["webhook"]), Uuid::from_u128(7)] {
        let path = format!("/v1/webhooks/{id}");
        let not_found = (404, "webhook_not_found".to_owned());
        assert_eq!(world.get(&globex.ada, &path).await.problem(), not_found);
        assert_eq!(world.get(&globex.ada, &format!("{path}/secret")).await.problem(), not_found);
        assert_eq!(world.post(&globex.ada, &format!("{path}/replay"), json!({})).await.problem(), not_found);
        assert_eq!(world.delete(&globex.ada, &path).await.problem(), not_found);
    }
    assert_eq!(world.get(&globex.ada, "/v1/webhooks").await.with(200)["items"], json!([]));
}

#[tokio::test]
async fn a_webhook_that_cannot_be_says_why() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    let with = |name: &str, value: Value| {
        let mut body = hook();
        body[name] = value;
        body
    };
    for (body, code, field) in [
        (json!({}), "body_invalid", "body.url"),
        (with("url", json!("example.com")), "invalid_field", "body.url"),
        (with("url", json!("https://user:pw@example.com")), "invalid_field", "body.url"),
        (
            with("url", json!(format!("https://example.com/{}", "x".repeat(2048)))),
            "invalid_field",
            "body.url",
        ),
        (with("label", json!("")), "invalid_field", "body.label"),
        (with("filter", json!({"types": ["BLOCKED"]})), "body_invalid", "body.filter.types[0]"),
        (with("filter", json!([["NOTIFICATION_TOOL_EXECUTION_BLOCKED"]])), "body_invalid", "body.filter"),
        (with("filter", json!({"tenant": "globex"})), "body_invalid", "body.filter.tenant"),
        (with("filter", json!({"agent": ""})), "invalid_field", "body.filter.agent"),
        (with("filter", json!({"function": "none"})), "body_invalid", "body.filter.function"),
        (with("secret", json!("whsec_x")), "body_invalid", "body.secret"),
        (with("after", json!(-1)), "body_invalid", "body.after"),
    ] {
        let refused = world.post(ada, "/v1/webhooks", body.clone()).await;
        assert_eq!(refused.at_fault(), (422, code.to_owned(), field.to_owned()), "{body}");
    }
    let refused = world.post(ada, "/v1/webhooks", with("after", json!(1_000_000))).await;
    assert_eq!(refused.at_fault(), (409, "position_unknown".to_owned(), "body.after".to_owned()));
    for _ in 0..100 {
        world.post(ada, "/v1/webhooks", hook()).await.with(201);
    }
    let refused = world.post(ada, "/v1/webhooks", hook()).await;
    assert_eq!(refused.problem(), (409, "too_many_webhooks".to_owned()));
}

#[tokio::test]
async fn an_address_that_is_never_posted_to_is_refused_at_once() {
    let (world, deliveries) = delivering().await;
    deliveries.check_with(|url| if url.starts_with("https:") { Ok(()) } else { Err("is not `https`") });
    let refused = world.post(&world.acme.ada, "/v1/webhooks", json!({"url": "http://example.com"})).await;
    assert_eq!(refused.at_fault(), (409, "address_unusable".to_owned(), "body.url".to_owned()));
    world.post(&world.acme.ada, "/v1/webhooks", hook()).await.with(201);
}

/// What the document says of an address is what is asked of it.
#[tokio::test]
async fn an_address_has_the_form_that_the_document_says() {
    let world = World::new().await;
    let document = serde_json::to_value(vidimus_api::openapi()).unwrap();
    let schema = &document["components"]["schemas"]["CreateWebhook"]["properties"]["url"];
    let validator = jsonschema::draft202012::new(schema).unwrap();
    for (url, status) in [
        ("https://example.com/hook?a=[b]", 201),
        ("http://[2001:db8::1]:8080/~x", 201),
        ("https://example.com:99999/", 409),
        ("https://1.2.3.4.5", 409),
        ("https://user@example.com", 422),
        ("https://example.com/#x", 422),
        ("https://example.com/\\x", 422),
        ("https://example.com/ x", 422),
        ("https://example.com:/", 422),
        ("https://[]/", 422),
        ("https://b\u{fc}cher.example", 422),
        ("HTTPS://example.com", 422),
        ("", 422),
    ] {
        let body = json!({"url": url});
        assert_eq!(validator.is_valid(&body["url"]), status != 422, "{url}");
        world.post(&world.acme.ada, "/v1/webhooks", body).await.with(status);
    }
    let refused = world.post(&world.acme.ada, "/v1/webhooks", json!({"url": "https://1.2.3.4.5"})).await;
    assert_eq!(refused.at_fault(), (409, "address_unusable".to_owned(), "body.url".to_owned()));
}
