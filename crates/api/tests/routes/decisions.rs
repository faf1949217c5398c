//! Several decisions at once, edited arguments, comments, emergencies, explanations, permit tokens.

use axum::body::Body;
use proto_events::{Access, Actor, Role};
use serde_json::{Value, json};

use crate::harness::{Key, World, id, proposal};

const DECISIONS: &str = "/v1/approvals/decisions";

async fn held(world: &World) -> [String; 3] {
    world.set(Access::EnabledWithConfirmation).await;
    [world.propose().await, world.propose().await, world.propose().await].map(|proposed| id(&proposed))
}

fn decide(id: &str, verdict: Value) -> Value {
    json!({"execution_id": id, "verdict": verdict})
}

async fn stage(world: &World, key: &Key, id: &str) -> Value {
    world.get(key, &format!("/v1/executions/{id}")).await.with(200)["stage"].clone()
}

#[tokio::test]
async fn a_batch_decides_all_or_none() {
    let world = World::new().await;
    let [one, two, three] = held(&world).await;
    let paul = &world.acme.paul;
    let approve = json!({"kind": "approve", "comment": "fine"});
    let bad = json!({"decisions": [
        decide(&one, approve.clone()),
        {"execution_id": two, "arguments_digest": "0".repeat(64), "verdict": {"kind": "approve"}},
    ]});
    let refused = world.post(paul, DECISIONS, bad).await;
    assert_eq!(refused.at_fault(), (409, "arguments_mismatch".to_owned(), "body.decisions[1]".to_owned()));
    assert_eq!(stage(&world, paul, &one).await, "awaiting_approval");

    let body = json!({"decisions": [
        decide(&one, approve),
        decide(&two, json!({"kind": "deny", "reason": "no"})),
        decide(&three, json!({"kind": "abort", "feedback": "ask first"})),
    ]});
    let decided = world.post(paul, DECISIONS, body.clone()).await.with(200);
    let stages: Vec<_> =
        decided["items"].as_array().unwrap().iter().map(|item| item["stage"].clone()).collect();
    assert_eq!(stages, [json!("permitted"), json!("denied"), json!("aborted")]);
    assert_eq!(decided["position"], decided["items"][2]["position"]);
    // Whoever decides does not run it.
    assert_eq!(decided["items"][0]["permit"].get("token"), None);
    let again = world.post(paul, DECISIONS, body).await.with(200);
    assert!(again["items"].as_array().unwrap().iter().all(|item| item["already"] == true));
    assert_eq!(again["position"], decided["position"]);
}

#[tokio::test]
async fn what_is_no_batch_says_why() {
    let world = World::new().await;
    let [one, ..] = held(&world).await;
    let nobody = "01890000-0000-7000-8000-000000000000";
    let approve = || json!({"kind": "approve"});
    let many: Vec<_> = (0..101).map(|_| decide(&one, approve())).collect();
    for (decisions, status, code, field) in [
        (json!([]), 422, "batch_size", "body.decisions"),
        (json!(many), 422, "batch_size", "body.decisions"),
        (json!([decide(&one, approve()), decide(&one, approve())]), 409, "batch_repeats", "body.decisions"),
        (json!([decide(nobody, approve())]), 404, "execution_not_found", "body.decisions[0]"),
        (
            json!([decide(&one, json!({"kind": "deny", "reason": ""}))]),
            422,
            "text_missing",
            "body.decisions[0].verdict.reason",
        ),
        (json!([decide(&one, json!({"kind": "approve", "reason": "x"}))]), 422, "body_invalid", ""),
        (json!([decide(&one, json!(["approve"]))]), 422, "body_invalid", ""),
    ] {
        let refused = world.post(&world.acme.paul, DECISIONS, json!({"decisions": decisions})).await;
        let (found, code_found, at) = refused.at_fault();
        assert_eq!((found, &*code_found), (status, code));
        assert!(field.is_empty() || field == at, "{at}");
    }
    // Nobody decides on what they asked for.
    let asked = world.key(&world.acme.tenant, Actor::user("rita"), &[Role::Approver], None).await;
    let refused = world.post(&asked, DECISIONS, json!({"decisions": [decide(&one, approve())]})).await;
    assert_eq!(refused.problem(), (403, "requester_cannot_review".to_owned()));
}

#[tokio::test]
async fn who_edits_the_arguments_asks_for_a_new_attempt() {
    let world = World::new().await;
    let [one, ..] = held(&world).await;
    let acme = &world.acme;
    let body = json!({"arguments": {"to": "kim@example.com", "amount": 50}, "feedback": "less will do"});
    let revised = world.command(&acme.paul, &one, "revise", body.clone()).await.with(201);
    let (former, new) = (&revised["former"], &revised["new"]);
    assert_eq!((&former["stage"], &former["reason"]), (&json!("aborted"), &json!("less will do")));
    assert_eq!(
        (&former["resolution"]["verdict"], &former["resolution"]["revised_as"]),
        (&json!("revised"), &new["execution_id"])
    );
    assert_eq!((&new["stage"], &new["former_execution"]), (&json!("awaiting_approval"), &json!(one)));
    assert_eq!(new["requester"], former["requester"]);
    let again = world.command(&acme.paul, &one, "revise", body).await.with(200);
    assert_eq!(again["new"]["execution_id"], new["execution_id"]);
    // Who edited it is on its asking side.
    let own = world.command(&acme.paul, &id(new), "approve", json!({})).await;
    assert_eq!(own.problem(), (403, "requester_cannot_review".to_owned()));
    let approved = world.command(&acme.petra, &id(new), "approve", json!({})).await.with(200);
    assert_eq!(approved["stage"], "permitted");
    for (body, field) in [
        (json!({"feedback": "x"}), "body.arguments"),
        (json!({"arguments": [], "feedback": "x"}), "body.arguments"),
        (json!({"arguments": {}}), "body.feedback"),
    ] {
        let (status, _, at) = world.command(&acme.petra, &one, "revise", body).await.at_fault();
        assert_eq!((status, &*at), (422, field));
    }
}

#[tokio::test]
async fn who_has_to_do_with_a_call_comments_on_it() {
    let world = World::new().await;
    let [one, ..] = held(&world).await;
    let acme = &world.acme;
    for key in [&acme.rita, &acme.runtime, &acme.paul] {
        world.command(key, &one, "comments", json!({"text": "it is for kim"})).await.with(200);
    }
    let stranger = world.command(&acme.other_runtime, &one, "comments", json!({"text": "hello"})).await;
    assert_eq!(stranger.problem(), (403, "cannot_comment".to_owned()));
    let blank = world.command(&acme.paul, &one, "comments", json!({"text": " "})).await;
    assert_eq!(blank.at_fault(), (422, "text_missing".to_owned(), "body.text".to_owned()));
    world.command(&acme.paul, &one, "approve", json!({})).await.with(200);
    let late = world.command(&acme.paul, &one, "comments", json!({"text": "done"})).await;
    assert_eq!(late.problem(), (409, "not_waiting".to_owned()));
}

#[tokio::test]
async fn an_administrator_breaks_the_glass() {
    let world = World::new().await;
    let [one, two, _] = held(&world).await;
    let acme = &world.acme;
    let body = json!({"break_glass": "the offer ends in an hour and nobody is there"});
    let refused = world.command(&acme.paul, &one, "approve", body.clone()).await;
    assert_eq!(refused.problem(), (403, "break_glass_not_allowed".to_owned()));
    let without = world.command(&acme.ada, &one, "approve", json!({})).await;
    assert_eq!(without.problem(), (403, "not_a_reviewer".to_owned()));
    let broken = world.command(&acme.ada, &one, "approve", body.clone()).await.with(200);
    assert_eq!(
        (&broken["stage"], &broken["resolution"]["break_glass"]),
        (&json!("permitted"), &body["break_glass"])
    );
    let blank = world.command(&acme.ada, &two, "approve", json!({"break_glass": " "})).await;
    assert_eq!(blank.problem().0, 422);
}

#[tokio::test]
async fn a_decision_is_explained() {
    let world = World::new().await;
    let blocked = world.propose().await;
    let explained =
        world.get(&world.acme.rita, &format!("/v1/executions/{}/explanation", id(&blocked))).await.with(200);
    assert_eq!((&explained["outcome"], &explained["layer"]), (&json!("blocked"), &json!("function_access")));
    assert_eq!((&explained["decisions"], &explained["policy"]), (&json!(1), &Value::Null));
    assert!(explained["findings"].as_array().unwrap().iter().any(|finding| finding["outcome"] == "blocked"));
    let none =
        world.get(&world.acme.rita, "/v1/executions/01890000-0000-7000-8000-000000000000/explanation").await;
    assert_eq!(none.problem(), (404, "explanation_not_found".to_owned()));
}

#[tokio::test]
async fn a_permit_is_a_token_that_its_keys_are_for() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let proposed = world.propose().await;
    let token = proposed["permit"]["token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    let path = format!("/v1/executions/{}", id(&proposed));
    let read = world.get(&world.acme.rita, &path).await.with(200);
    assert_eq!(read["permit"]["token"], token);
    let read = world.get(&world.acme.olga, &path).await.with(200);
    assert_eq!(
        read["permit"].get("token"),
        None,
        "who neither asks for the call nor runs it has no use for it"
    );
    let listed =
        world.get(&world.acme.olga, &format!("/v1/executions?min_position={}", proposed["position"])).await;
    assert_eq!(listed.with(200)["items"][0]["permit"].get("token"), None, "not in lists");
    let keys = world.raw("GET", "/v1/permits/keys", None, Body::empty()).await.with(200);
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["alg"]), (&json!("OKP"), &json!("EdDSA")));
    // Once it is used, there is nothing to show.
    let started = world.command(&world.acme.runtime, &id(&proposed), "start", json!({})).await.with(200);
    assert_eq!(started["permit"].get("token"), None);
    assert_eq!(proposal()["function"], proposed["function"]);
}
