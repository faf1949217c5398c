//! Grants.

use proto_events::Access;
use serde_json::{Value, json};

use crate::harness::{FUNCTION, World, id, proposal};

const SOON: &str = "2023-11-20T00:00:00Z";

fn body() -> Value {
    let conditions = json!([{"pointer": "/amount", "test": {"kind": "at_most", "number": "100"}}]);
    let scope = json!({"agent": "assistant", "function": FUNCTION, "conditions": conditions});
    json!({"scope": scope, "max_uses": 1, "expires_at": SOON, "reason": "a trial"})
}

#[tokio::test]
async fn a_grant_lifts_an_approval_as_often_as_it_says() {
    let world = World::new().await;
    let acme = &world.acme;
    world.set(Access::EnabledWithConfirmation).await;
    let grant = world.post(&acme.ada, "/v1/grants", body()).await.with(201);
    assert_eq!((&grant["status"], &grant["uses"]), (&json!("in_force"), &json!(0)));
    assert_eq!(grant["scope"]["conditions"], body()["scope"]["conditions"]);

    let mut dearer = proposal();
    dearer["arguments"]["amount"] = json!(101);
    let held = world.post(&acme.runtime, "/v1/executions", dearer).await.with(201);
    assert_eq!((&held["stage"], &held["grant"]), (&json!("awaiting_approval"), &Value::Null));
    let through = world.propose().await;
    assert_eq!((&through["stage"], &through["grant"]), (&json!("permitted"), &grant["id"]));
    let listed = world.get(&acme.olga, "/v1/grants").await.with(200);
    assert_eq!(listed["items"][0]["status"], "used_up");
    assert_eq!(listed["items"][0]["uses"], 1);
    assert_eq!(world.propose().await["stage"], "awaiting_approval");
    let path = format!(
        "/v1/executions?grant={}&min_position={}",
        grant["id"].as_str().unwrap(),
        world.engine.tail()
    );
    let used = world.get(&acme.olga, &path).await.with(200);
    assert_eq!(used["items"].as_array().unwrap().len(), 1);
    assert_eq!(id(&used["items"][0]), id(&through));
}

#[tokio::test]
async fn a_grant_is_revoked_and_expires() {
    let world = World::new().await;
    let acme = &world.acme;
    world.set(Access::EnabledWithConfirmation).await;
    let grant = world.post(&acme.ada, "/v1/grants", body()).await.with(201);
    let path = format!("/v1/grants/{}", grant["id"].as_str().unwrap());
    let revoked = world.delete(&acme.ada, &path).await.with(200);
    assert_eq!((&revoked["status"], &revoked["already"]), (&json!("revoked"), &json!(false)));
    assert_eq!(revoked["revoked_by"], json!({"kind": "user", "id": "ada"}));
    assert_eq!(world.delete(&acme.ada, &path).await.with(200)["already"], true);
    assert_eq!(world.propose().await["stage"], "awaiting_approval");

    world.post(&acme.ada, "/v1/grants", body()).await.with(201);
    world.clock.advance(std::time::Duration::from_secs(30 * 24 * 3600));
    let listed = world.get(&acme.olga, "/v1/grants").await.with(200);
    let statuses: Vec<_> = listed["items"].as_array().unwrap().iter().map(|grant| &grant["status"]).collect();
    assert_eq!(statuses, ["expired", "revoked"]);
}

#[tokio::test]
async fn what_is_no_grant_says_why() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    let with = |pointer: &str, value: Value| {
        let mut body = body();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (body, status, code) in [
        (with("/reason", json!("")), 422, "text_missing"),
        (with("/max_uses", json!(0)), 422, "invalid_field"),
        (with("/max_uses", json!(-1)), 422, "body_invalid"),
        (with("/scope/agent", json!("")), 422, "invalid_field"),
        (with("/scope/function", json!("x")), 422, "body_invalid"),
        (with("/scope/conditions/0/pointer", json!("amount")), 422, "body_invalid"),
        (with("/scope/conditions/0/test/number", json!("1e3")), 422, "body_invalid"),
        (with("/scope/conditions/0/test", json!({"kind": "absent", "number": "1"})), 422, "body_invalid"),
        (with("/scope/conditions/0/test", json!({"kind": "one_of", "values": []})), 422, "invalid_field"),
        (with("/expires_at", json!("2023-11-14T22:13:20Z")), 409, "expiry_in_the_past"),
        (with("/expires_at", json!("2024-11-14T22:13:20Z")), 409, "expiry_too_far"),
        (with("/expires_at", json!("soon")), 422, "body_invalid"),
    ] {
        let refused = world.post(ada, "/v1/grants", body.clone()).await;
        assert_eq!(refused.problem(), (status, code.to_owned()), "{body}");
    }
    for (sum, status) in [("0", 409), ("-1", 422), ("1e3", 422), ("12345678901234567", 422)] {
        let mut body = body();
        body["max_sum"] = json!(sum);
        assert_eq!(world.post(ada, "/v1/grants", body).await.problem().0, status, "{sum}");
    }
    let none = world.delete(ada, "/v1/grants/01890000-0000-7000-8000-000000000000").await;
    assert_eq!(none.problem(), (404, "grant_not_found".to_owned()));
}
