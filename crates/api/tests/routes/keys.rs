//! API keys.

use std::time::Duration;

use proto_events::{Actor, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Key, World, proposal};

fn key(created: &Value) -> Key {
    let secret = created["secret"].as_str().unwrap().to_owned();
    Key { id: created["id"].as_str().unwrap().parse().unwrap(), secret }
}

#[tokio::test]
async fn a_key_is_made_used_and_revoked() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    let body =
        json!({"roles": ["auditor", "agent"], "label": "night shift", "expires_at": "2023-11-15T00:00:00Z"});
    let created = world.post(ada, "/v1/keys", body).await.with(201);
    let (id, made) = (created["id"].as_str().unwrap(), key(&created));
    assert_eq!(created["key"]["id"], id);
    assert_eq!(created["key"]["status"], "active");
    assert_eq!(created["key"]["roles"], json!(["agent", "auditor"]));
    assert_eq!(created["key"]["actor"], json!({"kind": "service", "id": id}));
    assert_eq!(created["key"]["created_by"], json!({"kind": "user", "id": "ada"}));
    assert_eq!(created["key"]["label"], "night shift");
    // What it does is done by its actor.
    let proposed = world.post(&made, "/v1/executions", proposal()).await.with(201);
    assert_eq!(proposed["initiated_by"], created["key"]["actor"]);

    let path = format!("/v1/keys/{id}");
    let revoked = world.raw("DELETE", &path, Some(ada), r#"{"reason": "left"}"#).await.with(200);
    assert_eq!((&revoked["status"], &revoked["revoked_by"]["id"]), (&json!("revoked"), &json!("ada")));
    assert!(revoked["revoked_at"].is_string());
    assert_eq!(revoked.get("secret"), None);
    assert_eq!(world.get(&made, "/v1/executions").await.problem(), (401, "key_revoked".to_owned()));
    assert_eq!(world.delete(ada, &path).await.with(200), revoked, "again");

    let filter = format!("/v1/audit?category=administrative&limit=2&min_position={}", revoked["position"]);
    let audit = world.get(&world.acme.olga, &filter).await.with(200);
    assert_eq!(audit["items"][0]["event_type"], "key_revoked");
    assert_eq!(audit["items"][1]["event_type"], "key_created");
    assert_eq!(audit["items"][0]["subject"], id);
}

#[tokio::test]
async fn keys_are_listed_without_their_secrets() {
    let world = World::new().await;
    let globex = world.people("globex").await;
    let ada = &world.acme.ada;
    let shift = Duration::from_secs(60);
    let short = world.key(&world.acme.tenant, Actor::user("temp"), &[Role::Agent], Some(shift)).await;
    world.delete(ada, &format!("/v1/keys/{}", world.acme.petra.id)).await.with(200);
    world.clock.advance(shift);
    let position = world.engine.tail();
    let (mut keys, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/keys?limit=3&min_position={position}{cursor}");
        let page = world.get(ada, &path).await.with(200);
        keys.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let who: Vec<_> = keys.iter().map(|key| key["actor"]["id"].as_str().unwrap()).collect();
    assert_eq!(who, ["temp", "ada", "olga", "petra", "paul", "rita", "other", "assistant"]);
    let status = |id: Uuid| keys.iter().find(|key| key["id"] == id.to_string()).unwrap()["status"].clone();
    assert_eq!(status(short.id), "expired");
    assert_eq!(status(world.acme.petra.id), "revoked");
    assert_eq!(status(world.acme.ada.id), "active");
    let text = Value::Array(keys.clone()).to_string();
    assert!(!text.contains("secret") && !text.contains("hash"), "{text}");
    assert!(keys.iter().all(|key| key["id"] != globex.ada.id.to_string()));
}

#[tokio::test]
async fn a_key_of_another_tenant_is_not_there() {
    let world = World::new().await;
    let globex = world.people("globex").await;
    for id in [world.acme.paul.id, Uuid::from_u128(7)] {
        let refused = world.delete(&globex.ada, &format!("/v1/keys/{id}")).await;
        assert_eq!(refused.problem(), (404, "key_not_found".to_owned()));
    }
    world.get(&world.acme.paul, "/v1/executions").await.with(200);
}

#[tokio::test]
async fn a_key_that_cannot_be_says_why() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    for (body, code, field) in [
        (json!({}), "body_invalid", "body.roles"),
        (json!({"roles": []}), "roles_missing", "body.roles"),
        (json!({"roles": ["root"]}), "body_invalid", "body.roles[0]"),
        (json!({"roles": ["agent"], "expires_at": "soon"}), "body_invalid", "body.expires_at"),
        (json!({"roles": ["agent"], "label": ""}), "invalid_field", "body.label"),
        (json!({"roles": ["agent"], "actor": {"kind": "system", "id": "x"}}), "system_actor", "body.actor"),
        (json!({"roles": ["agent"], "actor": {"kind": "user", "id": ""}}), "invalid_field", "body.actor"),
        (json!({"roles": ["agent"], "actor": {"kind": "user"}}), "body_invalid", "body.actor.id"),
        (json!({"roles": ["agent"], "actor": ["user", "x"]}), "body_invalid", "body.actor"),
        (
            json!({"roles": ["agent"], "actor": {"kind": "user", "id": "x", "tenant": "y"}}),
            "body_invalid",
            "body.actor.tenant",
        ),
        (json!({"roles": ["agent"], "tenant": "globex"}), "body_invalid", "body.tenant"),
    ] {
        let refused = world.post(ada, "/v1/keys", body.clone()).await;
        assert_eq!(refused.at_fault(), (422, code.to_owned(), field.to_owned()), "{body}");
    }
    let late = json!({"roles": ["agent"], "expires_at": "2023-11-14T22:13:20Z"});
    let refused = world.post(ada, "/v1/keys", late).await;
    assert_eq!(refused.at_fault(), (409, "expiry_in_the_past".to_owned(), "body.expires_at".to_owned()));
    let agent = world.key(&world.acme.tenant, Actor::agent("bot"), &[Role::Admin], None).await;
    let refused = world.post(&agent, "/v1/keys", json!({"roles": ["agent"]})).await;
    assert_eq!(refused.problem(), (403, "agent_cannot_manage_keys".to_owned()));
}
