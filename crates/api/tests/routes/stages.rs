//! Approvals in stages, and what the execution says of people once it was decided on again or passed over them.

use proto_events::Access;
use serde_json::{Value, json};

use crate::harness::{FUNCTION, PERMIT_ALL, World, id};

/// Everything waits for finance, and then for one of the heads, who are asked soon to hurry.
const TWO_STAGES: &str = r#"
@id("first") @require("approval") @reviewers("finance") @quorum("2") @escalate("30m:heads") @reason("money")
forbid (principal, action, resource);
@id("second") @require("approval") @reviewers("heads") @stage("2") @reason("more money")
forbid (principal, action, resource);
"#;
const CONFIRM: &str = r#"
@id("asked") @require("confirmation") @reason("is it so?")
forbid (principal, action, resource);
"#;

fn user(id: &str) -> Value {
    json!({"kind": "user", "id": id})
}

async fn rules(world: &World, more: &str) {
    let files = json!({"all.cedar": PERMIT_ALL, "more.cedar": more});
    world.put(&world.acme.ada, "/v1/policy", json!({"files": files})).await.with(200);
}

async fn staged() -> World {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    for (group, members) in
        [("finance", json!([user("paul"), user("petra")])), ("heads", json!([user("petra")]))]
    {
        let body = json!({"members": members});
        world.put(&world.acme.ada, &format!("/v1/groups/{group}"), body).await.with(200);
    }
    rules(&world, TWO_STAGES).await;
    world
}

#[tokio::test]
async fn a_verdict_is_about_the_stage_that_was_seen() {
    let world = staged().await;
    let acme = &world.acme;
    let held = world.propose().await;
    let progress = &held["approval"];
    assert_eq!(
        (&progress["stage"], &progress["stages"], &progress["needed"], &progress["missing"]),
        (&json!(0), &json!(2), &json!(2), &json!(2))
    );
    assert_eq!(progress["escalations"][0]["reviewers"]["groups"], json!(["heads"]));
    let execution = id(&held);
    let early = world.command(&acme.paul, &execution, "approve", json!({"stage": 1})).await;
    assert_eq!(early.problem(), (409, "stage_mismatch".to_owned()));
    world.command(&acme.paul, &execution, "approve", json!({"stage": 0.0})).await.with(200);
    let next = world.command(&acme.petra, &execution, "approve", json!({"stage": 0})).await.with(200);
    assert_eq!((&next["stage"], &next["approval"]["stage"]), (&json!("awaiting_approval"), &json!(1)));

    // The answer was lost: the same again is a repetition, and no vote in the next stage.
    let again = world.command(&acme.petra, &execution, "approve", json!({"stage": 0})).await.with(200);
    assert_eq!((&again["already"], &again["stage"]), (&json!(true), &json!("awaiting_approval")));
    // In other words it would be a new one, for a stage that is over.
    let late = json!({"stage": 0, "comment": "hurry"});
    let late = world.command(&acme.petra, &execution, "approve", late).await;
    assert_eq!(late.problem(), (409, "stage_mismatch".to_owned()));
    let batch = |verdict: Value| json!({"decisions": [{"execution_id": execution, "verdict": verdict}]});
    let late = batch(json!({"kind": "approve", "stage": 0, "comment": "hurry"}));
    let late = world.post(&acme.petra, "/v1/approvals/decisions", late).await.at_fault();
    assert_eq!(late, (409, "stage_mismatch".to_owned(), "body.decisions[0]".to_owned()));
    let wrong = batch(json!({"kind": "deny", "reason": "no", "stage": 1}));
    let wrong = world.post(&acme.petra, "/v1/approvals/decisions", wrong).await;
    assert_eq!(wrong.problem(), (422, "body_invalid".to_owned()), "a denial ends it in whatever stage");
    let right = batch(json!({"kind": "approve", "stage": 1.0}));
    let right = world.post(&acme.petra, "/v1/approvals/decisions", right).await.with(200);
    assert_eq!(right["items"][0]["stage"], "permitted");
}

/// The execution by itself, and as the table has it.
async fn both(world: &World, execution: &str) -> [Value; 2] {
    let whole = world.get(&world.acme.olga, &format!("/v1/executions/{execution}")).await.with(200);
    let path = format!("/v1/executions?min_position={}", whole["position"]);
    let listed = world.get(&world.acme.olga, &path).await.with(200);
    let mut items = listed["items"].as_array().unwrap().iter();
    let row = items.find(|item| item["execution_id"] == execution).cloned().unwrap();
    [whole, row]
}

#[tokio::test]
async fn where_nobody_is_asked_any_more_nothing_says_so() {
    let world = staged().await;
    let acme = &world.acme;
    let execution = id(&world.propose().await);
    world.command(&acme.paul, &execution, "approve", json!({})).await.with(200);
    for shown in both(&world, &execution).await {
        assert_eq!((&shown["approval"]["accepted"], &shown["approval"]["missing"]), (&json!(1), &json!(1)));
        assert!(shown["approval_deadline"].is_string());
    }
    rules(&world, "").await;
    world.engine.redecide(&acme.tenant, execution.parse().unwrap(), "the policy changed").await.unwrap();
    for shown in both(&world, &execution).await {
        assert_eq!((&shown["stage"], &shown["outcome"]), (&json!("permitted"), &json!("allowed")));
        assert_eq!((&shown["approval"], &shown["approval_deadline"]), (&Value::Null, &Value::Null));
        assert_eq!(shown["approval_status"], "Approval not required");
    }
}

#[tokio::test]
async fn nobody_is_missing_once_the_glass_is_broken() {
    let world = staged().await;
    let execution = id(&world.propose().await);
    let body = json!({"break_glass": "the plant is on fire"});
    world.command(&world.acme.ada, &execution, "approve", body).await.with(200);
    for shown in both(&world, &execution).await {
        let approval = &shown["approval"];
        assert_eq!(
            (&approval["needed"], &approval["accepted"], &approval["missing"]),
            (&json!(2), &json!(0), &json!(0))
        );
        assert_eq!(shown["resolution"]["break_glass"], "the plant is on fire");
    }
}

#[tokio::test]
async fn who_confirmed_and_when_is_said() {
    let world = World::new().await;
    let acme = &world.acme;
    world.set(Access::Enabled).await;
    rules(&world, CONFIRM).await;
    let execution = id(&world.propose().await);
    assert_eq!(both(&world, &execution).await[0].get("confirmed_by"), None);
    world.command(&acme.rita, &execution, "confirm", json!({})).await.with(200);
    for shown in both(&world, &execution).await {
        assert_eq!(shown["confirmed_by"], user("rita"));
        assert_eq!(shown["confirmed_at"], shown["resolved_at"]);
    }
}

#[tokio::test]
async fn one_execution_says_its_comments_and_its_freeze() {
    let world = staged().await;
    let acme = &world.acme;
    let execution = id(&world.propose().await);
    for (key, text) in [(&acme.paul, "which customer?"), (&acme.rita, "kim"), (&acme.paul, "thanks")] {
        world.command(key, &execution, "comments", json!({"text": text})).await.with(200);
    }
    let scope = json!({"kind": "function", "function": FUNCTION});
    let body = json!({"scope": scope, "reason": "strange offers"});
    let freeze = world.post(&acme.ada, "/v1/freezes", body).await.with(201);
    world.engine.stand_still(&acme.tenant, execution.parse().unwrap()).await.unwrap();
    let [whole, row] = both(&world, &execution).await;
    assert_eq!((&whole["suspended"], &whole["freeze"]), (&json!(true), &freeze["id"]));
    assert_eq!(whole["comments"], 3);
    let last = json!([{"by": user("paul"), "text": "thanks"}, {"by": user("rita"), "text": "kim"}]);
    assert_eq!(whole["last_comments"], last);
    for name in ["freeze", "comments", "last_comments"] {
        assert_eq!(row.get(name), None, "{name}");
    }
}
