//! Access to functions.

use proto_events::{Actor, Role};
use serde_json::{Value, json};

use crate::harness::World;

#[tokio::test]
async fn an_access_is_set_and_read() {
    let world = World::new().await;
    let acme = &world.acme;
    let path = "/v1/functions/crm.send_offer";
    let unset = world.get(&acme.runtime, path).await.with(200);
    assert_eq!(unset, json!({"function": "crm.send_offer", "access": null, "position": 0}));

    let body = json!({"access": "EnabledWithConfirmation", "reason": "trial"});
    let set = world.put(&acme.ada, path, body.clone()).await.with(200);
    assert_eq!((&set["access"], &set["changed"]), (&json!("EnabledWithConfirmation"), &json!(true)));
    let again = world.put(&acme.ada, path, body).await.with(200);
    assert_eq!((&again["changed"], &again["position"]), (&json!(false), &set["position"]));
    let read = world.get(&acme.runtime, path).await.with(200);
    assert_eq!(read.get("changed"), None);
    assert_eq!((&read["access"], &read["position"]), (&set["access"], &set["position"]));
    // Another tenant's function of the same name is another function.
    let globex = world.people("globex").await;
    assert_eq!(world.get(&globex.ada, path).await.with(200)["access"], Value::Null);
}

#[tokio::test]
async fn a_name_may_hold_anything_that_a_name_may() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    for (encoded, name) in [
        ("http.GET%20%2Fv1%2Fusers%3Fx=1%23y", "http.GET /v1/users?x=1#y"),
        ("crm.a%2Fb", "crm.a/b"),
        ("crm.%25zz", "crm.%zz"),
        ("crm.%C3%BC+%2B", "crm.ü++"),
        ("crm.a.b", "crm.a.b"),
        ("crm.%2e%2e", "crm..."),
    ] {
        let path = format!("/v1/functions/{encoded}");
        let set = world.put(ada, &path, json!({"access": "Enabled"})).await.with(200);
        assert_eq!(set["function"], name);
        assert_eq!(world.get(ada, &path).await.with(200)["access"], "Enabled", "{encoded}");
    }
    for encoded in ["nodot", ".x", "a.", "crm.%00", "crm.%FF", "crm.%C3", "crm.%zz", "crm.%", "%20.x"] {
        let refused = world.get(ada, &format!("/v1/functions/{encoded}")).await;
        let (status, code, field) = refused.at_fault();
        assert_eq!((status, &*code), (422, "path_invalid"), "{encoded}");
        assert!(field == "path" || field == "path.function", "{encoded}: {field}");
    }
    let none = world.get(ada, "/v1/functions/crm.a/b").await;
    assert_eq!(none.problem(), (404, "route_not_found".to_owned()));
}

#[tokio::test]
async fn what_may_not_be_set_says_why() {
    let world = World::new().await;
    let path = "/v1/functions/crm.send_offer";
    for (body, code, field) in [
        (json!({}), "body_invalid", "body.access"),
        (json!({"access": "enabled"}), "body_invalid", "body.access"),
        (json!({"access": "Enabled", "why": "x"}), "body_invalid", "body.why"),
        (json!({"access": "Enabled", "reason": "x".repeat(5001)}), "text_too_long", "body.reason"),
    ] {
        let refused = world.put(&world.acme.ada, path, body).await;
        assert_eq!(refused.at_fault(), (422, code.to_owned(), field.to_owned()));
    }
    let agent = world.key(&world.acme.tenant, Actor::agent("bot"), &[Role::Admin], None).await;
    let refused = world.put(&agent, path, json!({"access": "Enabled"})).await;
    assert_eq!(refused.problem(), (403, "agent_cannot_set_access".to_owned()));
}

#[tokio::test]
async fn every_function_that_was_ever_set_is_listed_once() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    let names: Vec<_> = (10..35).map(|n| format!("crm.f{n}")).collect();
    for access in ["Enabled", "Disabled", "Enabled"] {
        for name in &names {
            world.put(ada, &format!("/v1/functions/{name}"), json!({"access": access})).await.with(200);
        }
    }
    let position = world.engine.tail();
    for limit in [1, 4, 25, 1000] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/functions?limit={limit}&min_position={position}{cursor}");
            let page = world.get(&world.acme.rita, &path).await.with(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            found.extend(items.iter().map(|item| item["function"].as_str().unwrap().to_owned()));
            assert!(items.iter().all(|item| item["access"] == "Enabled"));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(found, names, "{limit}");
    }
}
