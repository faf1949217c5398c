//! Freezes.

use proto_events::Access;
use serde_json::{Value, json};

use crate::harness::{FUNCTION, World, id};

#[tokio::test]
async fn a_freeze_stops_what_it_covers_until_it_ends() {
    let world = World::new().await;
    let acme = &world.acme;
    world.set(Access::EnabledWithConfirmation).await;
    let waiting = world.propose().await;
    let scope = json!({"kind": "function", "function": FUNCTION});
    let body = json!({"scope": scope, "reason": "strange offers"});
    let freeze = world.post(&acme.ada, "/v1/freezes", body.clone()).await.with(201);
    assert_eq!((&freeze["scope"], &freeze["already"]), (&scope, &json!(false)));
    assert_eq!(freeze["by"], json!({"kind": "user", "id": "ada"}));
    let again = world.post(&acme.ada, "/v1/freezes", body).await.with(200);
    assert_eq!((&again["id"], &again["already"]), (&freeze["id"], &json!(true)));
    let listed = world.get(&acme.paul, "/v1/freezes").await.with(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["reason"], "strange offers");

    let blocked = world.propose().await;
    assert_eq!((&blocked["outcome"], &blocked["deciding"]["layer"]), (&json!("blocked"), &json!("freeze")));
    let held = world.command(&acme.paul, &id(&waiting), "approve", json!({})).await;
    assert_eq!(held.problem(), (409, "frozen".to_owned()));

    let path = format!("/v1/freezes/{}", freeze["id"].as_str().unwrap());
    let ended = world.delete(&acme.ada, &path).await.with(200);
    assert_eq!(ended["id"], freeze["id"]);
    assert_eq!(world.delete(&acme.ada, &path).await.with(200)["position"], ended["position"]);
    assert_eq!(world.get(&acme.paul, "/v1/freezes").await.with(200)["items"], json!([]));
    let approved = world.command(&acme.paul, &id(&waiting), "approve", json!({})).await.with(200);
    assert_eq!(approved["stage"], "permitted");
}

#[tokio::test]
async fn what_is_no_freeze_says_why() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    for (body, code, field) in [
        (json!({"reason": "x"}), "body_invalid", "body.scope"),
        (json!({"scope": {"kind": "tenant"}, "reason": " "}), "text_missing", "body.reason"),
        (
            json!({"scope": {"kind": "agent", "agent": ""}, "reason": "x"}),
            "invalid_field",
            "body.scope.agent",
        ),
    ] {
        let refused = world.post(ada, "/v1/freezes", body).await;
        assert_eq!(refused.at_fault(), (422, code.to_owned(), field.to_owned()));
    }
    for scope in [
        json!(["tenant"]),
        json!({"kind": "tenant", "agent": "a"}),
        json!({"kind": "agent"}),
        json!({"kind": "everything"}),
        json!({"kind": "function", "function": "x"}),
        Value::Null,
    ] {
        let refused = world.post(ada, "/v1/freezes", json!({"scope": scope, "reason": "x"})).await;
        assert_eq!(refused.problem(), (422, "body_invalid".to_owned()), "{scope}");
    }
    let none = world.delete(ada, "/v1/freezes/01890000-0000-7000-8000-000000000000").await;
    assert_eq!(none.problem(), (404, "freeze_not_found".to_owned()));
}
