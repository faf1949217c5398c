//! The card that a reviewer saw: given back with the decision, checked, and on record.

use proto_events::Access;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{FUNCTION, Key, PERMIT_ALL, World, described, id};

/// Everything waits for two.
const TWO: &str = r#"
@id("money") @require("approval") @quorum("2") @reason("money")
forbid (principal, action, resource);
"#;
/// What the digest is of.
const SHOWN: [&str; 22] = [
    "execution_id",
    "kind",
    "agent",
    "conversation",
    "function",
    "arguments",
    "redacted",
    "arguments_digest",
    "requester",
    "proposed_by",
    "stage",
    "stages",
    "quorum",
    "reviewers",
    "needs",
    "self_review",
    "reason_code",
    "reason",
    "reasons",
    "policy_set",
    "matched_rules",
    "redecisions",
];

async fn rules(world: &World, more: &str) {
    let files = json!({"all.cedar": PERMIT_ALL, "more.cedar": more});
    world.put(&world.acme.ada, "/v1/policy", json!({"files": files})).await.with(200);
}

async fn held() -> (World, String) {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    rules(&world, TWO).await;
    let execution = id(&world.propose().await);
    (world, execution)
}

/// The item of the queue, as it is now.
async fn shown(world: &World, key: &Key, execution: &str) -> Value {
    let position = world.engine.tail();
    let queue = world.get(key, &format!("/v1/approvals?min_position={position}")).await.with(200);
    let mut items = queue["items"].as_array().unwrap().iter();
    items.find(|item| item["execution_id"] == execution).cloned().unwrap()
}

fn batch(execution: &str, card: &Value, verdict: Value) -> Value {
    json!({"decisions": [{"execution_id": execution, "card": card, "verdict": verdict}]})
}

#[tokio::test]
async fn the_card_is_the_digest_of_what_the_item_shows() {
    let (world, execution) = held().await;
    let item = shown(&world, &world.acme.paul, &execution).await;
    let content: serde_json::Map<_, _> =
        SHOWN.iter().map(|name| ((*name).to_owned(), item.get(*name).unwrap().clone())).collect();
    let mut content = Value::Object(content);
    content.sort_all_objects();
    // Names in order and whole numbers: this is the canonical form.
    let digest = Sha256::digest(content.to_string());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(item["card"]["digest"], digest);
    let names: Vec<&str> = item["card"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["digest", "redaction"]);
}

#[tokio::test]
async fn votes_leave_the_card_as_it_is_and_have_it_on_record() {
    let (world, execution) = held().await;
    let acme = &world.acme;
    let card = shown(&world, &acme.paul, &execution).await["card"].clone();
    let first = world.command(&acme.paul, &execution, "approve", json!({"card": card})).await.with(200);
    assert_eq!(first["approval"]["votes"][0]["card"], card);
    let item = shown(&world, &acme.petra, &execution).await;
    assert_eq!((&item["card"], &item["votes"][0]["card"]), (&card, &card), "a vote is no other card");
    world.command(&acme.rita, &execution, "comments", json!({"text": "hurry"})).await.with(200);
    let body = json!({"card": card, "arguments_digest": item["arguments_digest"], "stage": 0});
    let last = world.command(&acme.petra, &execution, "approve", body).await.with(200);
    assert_eq!((&last["stage"], &last["resolution"]["card"]), (&json!("permitted"), &card));

    let events = world.get(&acme.olga, &format!("/v1/executions/{execution}/events")).await.with(200);
    let seen: Vec<(&str, &Value)> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| Some((event["type"].as_str()?, event["data"].get("card")?)))
        .collect();
    assert_eq!(seen, [("approval_voted", &card), ("approval_accepted", &card)]);
}

#[tokio::test]
async fn a_decision_on_a_card_that_changed_is_refused() {
    let (world, execution) = held().await;
    let acme = &world.acme;
    let old = shown(&world, &acme.paul, &execution).await["card"].clone();
    // The same is asked, for another reason: votes would stay, but the reviewer saw something else.
    rules(&world, &TWO.replace("@reason(\"money\")", "@reason(\"much more money\")")).await;
    world.engine.redecide(&acme.tenant, execution.parse().unwrap(), "the policy changed").await.unwrap();
    let new = shown(&world, &acme.paul, &execution).await;
    assert_eq!((&new["reason"], &new["redecisions"]), (&json!("much more money"), &json!(1)));
    assert_ne!(new["card"]["digest"], old["digest"]);
    assert_eq!(new["card"]["redaction"], old["redaction"]);
    for (command, mut body) in [
        ("approve", json!({})),
        ("deny", json!({"reason": "no"})),
        ("abort", json!({"feedback": "ask"})),
        ("revise", json!({"arguments": {"amount": 1}, "feedback": "less"})),
    ] {
        body["card"] = old.clone();
        let stale = world.command(&acme.paul, &execution, command, body).await.with(409);
        assert_eq!(stale["code"], "card_changed", "{command}");
        let detail = stale["detail"].as_str().unwrap();
        assert!(
            detail.contains("decided on again (1 times") && detail.ends_with("load it again"),
            "{detail}"
        );
    }
    let stale = batch(&execution, &old, json!({"kind": "approve"}));
    let stale = world.post(&acme.paul, "/v1/approvals/decisions", stale).await.at_fault();
    assert_eq!(stale, (409, "card_changed".to_owned(), "body.decisions[0]".to_owned()));

    let body = batch(&execution, &new["card"], json!({"kind": "deny", "reason": "no"}));
    let denied = world.post(&acme.paul, "/v1/approvals/decisions", body).await.with(200);
    assert_eq!(denied["items"][0]["resolution"]["card"], new["card"]);
    // What was resolved meanwhile says so, and not that some card is another.
    let late = world.command(&acme.petra, &execution, "approve", json!({"card": old})).await;
    assert_eq!(late.problem(), (409, "already_denied".to_owned()));
}

#[tokio::test]
async fn what_is_left_out_is_a_version_of_its_own() {
    let (world, execution) = held().await;
    let acme = &world.acme;
    let whole = shown(&world, &acme.paul, &execution).await["card"].clone();
    let mut body = described();
    body["sensitive"] = json!(["amount"]);
    world.put(&acme.ada, &format!("/v1/functions/{FUNCTION}/description"), body).await.with(200);
    let other = id(&world.propose().await);
    let item = shown(&world, &acme.paul, &other).await;
    assert_eq!(item["redacted"], json!(["/amount"]));
    assert_ne!(item["card"]["redaction"], whole["redaction"]);
    let mixed = json!({"digest": item["card"]["digest"], "redaction": whole["redaction"]});
    let stale =
        world.command(&acme.paul, &other, "deny", json!({"reason": "no", "card": mixed})).await.with(409);
    assert_eq!(stale["code"], "card_changed");
    assert!(stale["detail"].as_str().unwrap().contains("left out"), "{stale}");
    let body = json!({"reason": "no", "card": item["card"]});
    let denied = world.command(&acme.paul, &other, "deny", body).await.with(200);
    assert_eq!(denied["resolution"]["card"], item["card"]);
}

#[tokio::test]
async fn a_confirmation_has_a_card_too() {
    let world = World::new().await;
    let acme = &world.acme;
    world.set(Access::Enabled).await;
    rules(&world, "@id(\"asked\") @require(\"confirmation\") @reason(\"is it so?\") forbid (principal, action, resource);")
        .await;
    let [one, two] = [id(&world.propose().await), id(&world.propose().await)];
    let card = shown(&world, &acme.ada, &one).await["card"].clone();
    let wrong = world.command(&acme.rita, &two, "confirm", json!({"card": card})).await;
    assert_eq!(wrong.problem(), (409, "card_changed".to_owned()), "it is of another call");
    let confirmed = world.command(&acme.rita, &one, "confirm", json!({"card": card})).await.with(200);
    assert_eq!((&confirmed["stage"], &confirmed["resolution"]["card"]), (&json!("permitted"), &card));
    let card = shown(&world, &acme.ada, &two).await["card"].clone();
    let declined = world.command(&acme.rita, &two, "decline", json!({"card": card})).await.with(200);
    assert_eq!(declined["resolution"]["card"], card);
    let bad = json!({"card": {"digest": "0".repeat(64)}});
    let bad = world.command(&acme.rita, &two, "decline", bad).await;
    assert_eq!(bad.problem(), (422, "body_invalid".to_owned()));
}
