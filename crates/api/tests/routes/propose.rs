//! Proposing: the four outcomes, and attempts.

use axum::{
    body::Body,
    http::{Request, header},
};
use proto_events::Access;
use serde_json::{Value, json};

use crate::harness::{FUNCTION, World, id, proposal};

#[tokio::test]
async fn an_enabled_function_is_allowed_and_has_its_permit() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let answer = world.propose().await;
    assert_eq!(answer["outcome"], "allowed");
    assert_eq!(answer["stage"], "permitted");
    assert_eq!(answer["status"], "Pending");
    assert_eq!(answer["approval_status"], "Approval not required");
    assert_eq!(answer["waits_for"]["kind"], "start");
    assert_eq!(answer["waits_for"]["deadline"], answer["permit"]["expires_at"]);
    assert_eq!(answer["already"], false);
    assert_eq!(answer["origin"], "proposed");
    assert_eq!(answer["requester"], json!({"kind": "user", "id": "rita"}));
    assert_eq!(answer["initiated_by"], json!({"kind": "agent", "id": "assistant"}));
    assert!(answer["position"].as_u64().unwrap() > 0);
    assert!(answer.get("arguments").is_none());
}

#[tokio::test]
async fn a_block_is_a_decision_and_no_error() {
    let world = World::new().await;
    let unknown = world.post(&world.acme.runtime, "/v1/executions", proposal()).await.with(201);
    assert_eq!((&unknown["outcome"], &unknown["status"]), (&json!("blocked"), &json!("Failed")));
    assert_eq!(unknown["reason_code"], "function_unknown");
    assert_eq!(unknown["next_owner"], "admin");
    assert_eq!(unknown["waits_for"], Value::Null);
    world.set(Access::Disabled).await;
    let disabled = world.post(&world.acme.runtime, "/v1/executions", proposal()).await.with(201);
    assert_eq!(
        (&disabled["outcome"], &disabled["reason_code"]),
        (&json!("blocked"), &json!("function_disabled"))
    );
    let refused = world.command(&world.acme.runtime, &id(&disabled), "start", json!({})).await;
    assert_eq!(refused.problem(), (409, "blocked".to_owned()));
}

#[tokio::test]
async fn a_function_with_confirmation_waits_for_an_approval() {
    let world = World::new().await;
    world.set(Access::EnabledWithConfirmation).await;
    let answer = world.propose().await;
    assert_eq!(answer["outcome"], "awaiting_approval");
    assert_eq!(
        (&answer["status"], &answer["approval_status"]),
        (&json!("PendingApproval"), &json!("Pending"))
    );
    assert_eq!(answer["waits_for"]["kind"], "approval");
    assert_eq!(answer["waits_for"]["reviewers"], json!({"kind": "any_approver"}));
    assert_eq!(answer["permit"], Value::Null);
    let refused = world.command(&world.acme.runtime, &id(&answer), "start", json!({})).await;
    assert_eq!(refused.problem(), (409, "awaiting_approval".to_owned()));
}

async fn keyed(world: &World, header: Option<&str>, body: Value) -> crate::harness::Answer {
    let mut request = Request::post("/v1/executions")
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::AUTHORIZATION, format!("bearer {}", world.acme.runtime.secret));
    if let Some(key) = header {
        request = request.header("Idempotency-Key", key);
    }
    world.call(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn the_same_attempt_again_gets_the_earlier_answer() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let first = keyed(&world, Some("order-7"), proposal()).await.with(201);
    assert_eq!(first["idempotency_key"], "order-7");
    // Access that changed since does not change what was decided.
    world.set(Access::Disabled).await;
    let mut again = proposal();
    again["idempotency_key"] = json!("order-7");
    again["request_id"] = json!("another");
    let again = keyed(&world, None, again).await.with(200);
    assert_eq!((id(&again), &again["already"]), (id(&first), &json!(true)));
    assert_eq!((&again["outcome"], &again["permit"]), (&first["outcome"], &first["permit"]));
    assert_eq!(again["attempts"], 2);

    // The header wins over the body.
    let mut both = proposal();
    both["idempotency_key"] = json!("order-8");
    let both = keyed(&world, Some("order-7"), both).await.with(200);
    assert_eq!(id(&both), id(&first));
}

#[tokio::test]
async fn the_same_key_with_other_arguments_is_a_new_attempt_that_names_the_former() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let first = keyed(&world, Some("order-7"), proposal()).await.with(201);
    let mut other = proposal();
    other["arguments"]["amount"] = json!(200);
    let other = keyed(&world, Some("order-7"), other).await.with(201);
    assert_ne!(id(&other), id(&first));
    assert_eq!(other["former_execution"], first["execution_id"]);
    // The same arguments from another conversation are not the same attempt.
    let mut stranger = proposal();
    stranger["conversation"] = json!("conv-2");
    let refused = keyed(&world, Some("order-7"), stranger).await;
    assert_eq!(refused.problem(), (409, "execution_id_taken".to_owned()));
}

#[tokio::test]
async fn an_idempotency_key_has_its_form() {
    let world = World::new().await;
    let too_long = "x".repeat(256);
    for key in ["", " ", too_long.as_str()] {
        let refused = keyed(&world, Some(key), proposal()).await.at_fault();
        assert_eq!(refused, (422, "invalid_field".to_owned(), "header.Idempotency-Key".to_owned()), "{key}");
    }
    let request = Request::post("/v1/executions")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {}", world.acme.runtime.secret));
    let twice = request.header("Idempotency-Key", "a").header("Idempotency-Key", "b");
    let refused = world.call(twice.body(Body::from(proposal().to_string())).unwrap()).await.at_fault();
    assert_eq!(refused, (422, "header_invalid".to_owned(), "header.Idempotency-Key".to_owned()));
    let mut body = proposal();
    body["idempotency_key"] = json!("");
    let refused = keyed(&world, None, body).await.at_fault();
    assert_eq!(refused, (422, "invalid_field".to_owned(), "body.idempotency_key".to_owned()));
}

#[tokio::test]
async fn one_execution_is_read_in_full() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let mut body = proposal();
    body["context"] = json!({"screen": "offers"});
    let proposed = world.post(&world.acme.runtime, "/v1/executions", body).await.with(201);
    let path = format!("/v1/executions/{}", id(&proposed));
    let read = world.get(&world.acme.olga, &path).await.with(200);
    assert_eq!(read["arguments"], json!({"amount": 100, "to": "kim@example.com"}));
    assert_eq!(read["context"], json!({"screen": "offers"}));
    assert_eq!(read["decision"]["outcome"], "allowed");
    assert_eq!(read["position"], proposed["position"]);
    assert!(read.get("already").is_none());
}

#[tokio::test]
async fn the_actor_is_the_key_and_never_a_name_from_the_body() {
    let world = World::new().await;
    world.set(Access::EnabledWithConfirmation).await;
    let mut body = proposal();
    body["requester"] = json!({"kind": "user", "id": "paul"});
    body["agent"] = json!("paul");
    let proposed = world.post(&world.acme.other_runtime, "/v1/executions", body).await.with(201);
    // Paul is said to have asked for it, and cannot review it.
    let refused = world.command(&world.acme.paul, &id(&proposed), "approve", json!({})).await;
    assert_eq!(refused.problem(), (403, "requester_cannot_review".to_owned()));
    world.command(&world.acme.petra, &id(&proposed), "approve", json!({})).await.with(200);
    world.command(&world.acme.other_runtime, &id(&proposed), "start", json!({})).await.with(200);
    let path = format!("/v1/executions/{}/events", id(&proposed));
    let events = world.get(&world.acme.olga, &path).await.with(200);
    let actors: Vec<_> =
        events["items"].as_array().unwrap().iter().map(|event| &event["actor"]["id"]).collect();
    assert_eq!(actors, ["other", "other", "petra", "petra", "other"]);
    let name = events["items"][0]["data"]["call"]["function"].as_str().unwrap();
    assert_eq!(name, FUNCTION);
}
