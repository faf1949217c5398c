//! What is shown to whom.

use proto_events::{Access, Actor, Role};
use serde_json::{Value, json};

use crate::harness::{FUNCTION, Key, PERMIT_ALL, World, described, id, proposal};

/// Holds what is dear.
const HOLD_DEAR: &str = r#"
@id("dear")
@require("approval")
@reason("offers over 50 are looked at")
forbid (principal, action, resource)
when { context.number.hasTag("amount") && context.number.getTag("amount") > 50 };
"#;

async fn describe(world: &World, sensitive: Value) {
    let mut body = described();
    body["sensitive"] = sensitive;
    world.put(&world.acme.ada, &format!("/v1/functions/{FUNCTION}/description"), body).await.with(200);
}

/// The payloads of an execution's events of one type.
async fn payloads(world: &World, key: &Key, execution: &str, event_type: &str) -> Vec<Value> {
    let listed = world.get(key, &format!("/v1/executions/{execution}/events")).await.with(200);
    let events = listed["items"].as_array().unwrap().iter();
    events.filter(|event| event["type"] == event_type).map(|event| event["data"].clone()).collect()
}

#[tokio::test]
async fn recorded_events_are_whole_for_those_who_ask_run_or_audit() {
    let world = World::new().await;
    let acme = &world.acme;
    describe(&world, json!(["amount"])).await;
    world.set(Access::EnabledWithConfirmation).await;
    let execution = id(&world.propose().await);
    world.command(&acme.paul, &execution, "approve", json!({})).await.with(200);
    world.command(&acme.runtime, &execution, "start", json!({})).await.with(200);
    let result = json!({"amount": 7, "password": "p", "sent": true});
    world.command(&acme.runtime, &execution, "complete", json!({"result": result})).await.with(200);

    let whole = &proposal()["arguments"];
    for key in [&acme.runtime, &acme.rita, &acme.olga, &acme.ada] {
        for event_type in ["initiated", "approval_required"] {
            let [data] = &payloads(&world, key, &execution, event_type).await[..] else { panic!() };
            assert_eq!((&data["arguments"], data.get("redacted_arguments")), (whole, None), "{event_type}");
        }
        let [data] = &payloads(&world, key, &execution, "succeeded").await[..] else { panic!() };
        assert_eq!((&data["result"], data.get("redacted_result")), (&result, None));
    }
    for key in [&acme.paul, &acme.other_runtime] {
        for event_type in ["initiated", "approval_required"] {
            let [data] = &payloads(&world, key, &execution, event_type).await[..] else { panic!() };
            assert_eq!(data["arguments"], json!({"to": "kim@example.com", "amount": "[redacted]"}));
            assert_eq!(data["redacted_arguments"], json!(["/amount"]), "{event_type}");
            assert_eq!(data["call"]["function"], FUNCTION, "the rest is as it was recorded");
        }
        let [data] = &payloads(&world, key, &execution, "succeeded").await[..] else { panic!() };
        let left = json!({"amount": "[redacted]", "password": "[redacted]", "sent": true});
        assert_eq!((&data["result"], &data["redacted_result"]), (&left, &json!(["/amount", "/password"])));
    }
    // An auditor with another role beside it is one.
    let both = [Role::Auditor, Role::Approver];
    let both = world.key(&acme.tenant, Actor::user("otto"), &both, None).await;
    assert_eq!(&payloads(&world, &both, &execution, "initiated").await[0]["arguments"], whole);
}

#[tokio::test]
async fn what_was_sensitive_stays_so_whatever_the_catalogue_says_later() {
    let world = World::new().await;
    let acme = &world.acme;
    describe(&world, json!(["amount"])).await;
    world.set(Access::Enabled).await;
    let execution = id(&world.propose().await);
    describe(&world, json!([])).await;
    let body = json!({"files": {"all.cedar": PERMIT_ALL, "dear.cedar": HOLD_DEAR}});
    world.put(&acme.ada, "/v1/policy", body).await.with(200);
    world.engine.redecide(&acme.tenant, execution.parse().unwrap(), "the policy changed").await.unwrap();
    for event_type in ["initiated", "approval_required"] {
        let [data] = &payloads(&world, &acme.paul, &execution, event_type).await[..] else { panic!() };
        assert_eq!(data["redacted_arguments"], json!(["/amount"]), "{event_type}");
    }
    let shown = world.get(&acme.paul, &format!("/v1/executions/{execution}")).await.with(200);
    assert_ne!(shown["arguments"]["amount"], 100);
}

#[tokio::test]
async fn an_agent_is_told_why_and_not_the_text_of_the_rules() {
    let world = World::new().await;
    let acme = &world.acme;
    world.set(Access::Enabled).await;
    let body = json!({"files": {"all.cedar": PERMIT_ALL, "dear.cedar": HOLD_DEAR}});
    world.put(&acme.ada, "/v1/policy", body).await.with(200);
    let path = format!("/v1/executions/{}/explanation", id(&world.propose().await));
    let whole = world.get(&acme.paul, &path).await.with(200);
    let rule = &whole["policy"]["rules"][0];
    assert_eq!((&rule["file"], &rule["line"]), (&json!("dear.cedar"), &json!(2)));
    assert!(rule["conditions"].as_array().is_some_and(|parts| !parts.is_empty()), "{rule:#}");
    assert!(whole.to_string().contains("getTag"));
    for key in [&acme.runtime, &acme.rita] {
        let said = world.get(key, &path).await.with(200);
        for name in ["outcome", "layer", "code", "reason", "findings", "policy_set"] {
            assert_eq!(said[name], whole[name], "{name}");
        }
        let rule = &said["policy"]["rules"][0];
        assert_eq!(
            (&rule["id"], &rule["require"], &rule["reason"]),
            (&json!("dear"), &json!("approval"), &json!("offers over 50 are looked at"))
        );
        for name in ["file", "line", "otherwise"] {
            assert_eq!(rule.get(name), None, "{name}");
        }
        assert_eq!(rule["conditions"], json!([]));
        assert!(!said.to_string().contains("getTag"), "{said:#}");
    }
}
