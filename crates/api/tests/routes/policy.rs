//! Policy sets.

use proto_events::{Access, Actor, Role};
use serde_json::{Value, json};

use crate::harness::{PERMIT_ALL, World, id};

/// Holds what is dear.
const HOLD_DEAR: &str = r#"
@id("dear")
@require("approval")
@reason("offers over 50 are looked at")
forbid (principal, action, resource)
when { context.number.hasTag("amount") && context.number.getTag("amount") > 50 };
"#;

fn files(more: &str) -> Value {
    json!({"all.cedar": PERMIT_ALL, "more.cedar": more})
}

#[tokio::test]
async fn a_set_comes_into_force_and_goes_out_of_it() {
    let world = World::new().await;
    let acme = &world.acme;
    world.set(Access::Enabled).await;
    let nothing = world.get(&acme.olga, "/v1/policy").await.with(200);
    assert_eq!((&nothing["policy_set"], &nothing["position"]), (&Value::Null, &json!(0)));
    let body = json!({"files": files(HOLD_DEAR), "reason": "first", "expected_former": null});
    let applied = world.put(&acme.ada, "/v1/policy", body.clone()).await.with(200);
    let set = applied["policy_set"].as_str().unwrap().to_owned();
    assert_eq!((&applied["already"], &applied["activated"]["reason"]), (&json!(false), &json!("first")));
    assert_eq!(world.put(&acme.ada, "/v1/policy", body).await.with(200)["already"], true);

    let held = world.propose().await;
    assert_eq!((&held["stage"], &held["policy_set"]), (&json!("awaiting_approval"), &json!(set)));
    assert!(held["matched_rules"].as_array().unwrap().contains(&json!("dear")), "{held:#}");
    assert_eq!(held["deciding"]["layer"], "policy");
    let path =
        format!("/v1/executions?rule=dear&policy_set={set}&layer=policy&min_position={}", held["position"]);
    let listed = world.get(&acme.olga, &path).await.with(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let explained =
        world.get(&acme.olga, &format!("/v1/executions/{}/explanation", id(&held))).await.with(200);
    assert_eq!((&explained["layer"], &explained["policy_set"]), (&json!("policy"), &json!(set)));
    let rule = &explained["policy"]["rules"][0];
    assert_eq!(
        (&rule["id"], &rule["file"], &rule["effect"]),
        (&json!("dear"), &json!("more.cedar"), &json!("forbid"))
    );
    assert_eq!(rule["conditions"][0]["truth"], "holds");
    assert!(rule["otherwise"].as_str().unwrap().starts_with("it would not hold the call"), "{rule:#}");

    // Only if nobody was faster.
    let other = json!({"files": files(""), "expected_former": null});
    let refused = world.put(&acme.ada, "/v1/policy", other).await;
    assert_eq!(refused.problem(), (409, "policy_changed_meanwhile".to_owned()));
    let stored = world.get(&acme.olga, &format!("/v1/policy/sets/{set}")).await.with(200);
    assert_eq!(stored, json!({"policy_set": set, "files": files(HOLD_DEAR)}));
    let cleared = world.delete(&acme.ada, "/v1/policy").await.with(200);
    assert_eq!((&cleared["policy_set"], &cleared["already"]), (&Value::Null, &json!(false)));
    let history = world.get(&acme.olga, "/v1/policy/history").await.with(200);
    let sets: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|change| &change["policy_set"]).collect();
    assert_eq!(sets, [&Value::Null, &json!(set)]);
    assert_eq!(history["items"][0]["former"], set);
    assert_eq!(world.propose().await["stage"], "permitted");
}

#[tokio::test]
async fn a_candidate_decides_nothing() {
    let world = World::new().await;
    let acme = &world.acme;
    world.set(Access::Enabled).await;
    let body = json!({"files": files(HOLD_DEAR), "reason": "trial"});
    let shadowed = world.put(&acme.ada, "/v1/policy/shadow", body.clone()).await.with(200);
    assert_eq!((&shadowed["policy_set"], &shadowed["already"]), (&Value::Null, &json!(false)));
    assert!(shadowed["shadow"].is_string());
    assert_eq!(world.put(&acme.ada, "/v1/policy/shadow", body).await.with(200)["already"], true);
    assert_eq!(world.propose().await["stage"], "permitted");
    let position = world.engine.tail();
    let audit =
        world.get(&acme.olga, &format!("/v1/audit?category=shadow&min_position={position}")).await.with(200);
    assert_eq!(audit["items"][0]["event_type"], "shadow_differed");
    let ended = world.delete(&acme.ada, "/v1/policy/shadow").await.with(200);
    assert_eq!((&ended["shadow"], &ended["already"]), (&Value::Null, &json!(false)));
    assert_eq!(world.delete(&acme.ada, "/v1/policy/shadow").await.with(200)["already"], true);
    let history = world.get(&acme.olga, "/v1/policy/history").await.with(200);
    assert!(history["items"].as_array().unwrap().iter().all(|change| change["shadow"] == true));
}

#[tokio::test]
async fn what_is_wrong_with_a_set_is_said_with_its_places() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    let broken = "@id(\"a\")\npermit (principal, action, resource)\nwhen { resource.colour == \"red\" };\n";
    let refused = world.put(ada, "/v1/policy", json!({"files": files(broken)})).await;
    let fault = refused.body["policy_errors"][0].clone();
    assert_eq!(refused.at_fault(), (409, "policy_invalid".to_owned(), "body.files".to_owned()));
    assert_eq!((&fault["file"], &fault["line"]), (&json!("more.cedar"), &json!(3)));
    assert!(fault["column"].as_u64().unwrap() > 0 && fault["code"] == "policy_type", "{fault:#}");
    assert_eq!(world.get(ada, "/v1/policy").await.with(200)["policy_set"], Value::Null);

    for (files, status, code) in [
        (json!({}), 422, "body_invalid"),
        (json!({"all.txt": ""}), 422, "body_invalid"),
        (json!({"../all.cedar": ""}), 422, "body_invalid"),
        (json!({".cedar": ""}), 422, "body_invalid"),
        (json!({"all.cedar": 1}), 422, "body_invalid"),
        (json!({"all.cedar": "/".repeat(256 * 1024)}), 409, "policy_source_too_large"),
    ] {
        for path in ["/v1/policy", "/v1/policy/shadow"] {
            let refused = world.put(ada, path, json!({"files": files})).await;
            assert_eq!(refused.problem(), (status, code.to_owned()));
        }
    }
    let unknown = world.get(ada, &format!("/v1/policy/sets/{}", "0".repeat(64))).await;
    assert_eq!(unknown.problem(), (404, "policy_set_not_found".to_owned()));
    assert_eq!(world.get(ada, "/v1/policy/sets/x").await.problem(), (422, "path_invalid".to_owned()));
    let agent = world.key(&world.acme.tenant, Actor::agent("bot"), &[Role::Admin], None).await;
    let refused = world.put(&agent, "/v1/policy", json!({"files": files("")})).await;
    assert_eq!(refused.problem(), (403, "agent_cannot_manage_policy".to_owned()));
}
