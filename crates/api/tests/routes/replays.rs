//! Past decisions, decided by a candidate.

use std::time::Duration;

use proto_events::Access;
use serde_json::{Value, json};
use vidimus_api::Settings;
use vidimus_engine::replay::ReplayBounds;

use crate::harness::{FUNCTION, PERMIT_ALL, People, World, id, proposal};

const REPLAY: &str = "/v1/policy/replay";
const DAY: Duration = Duration::from_secs(86_400);

/// Holds, or with `demand` empty blocks, what is over so much.
fn over(amount: u32, rule: &str, demand: &str) -> String {
    format!(
        "@id(\"{rule}\")\n@reason(\"offers over {amount}\")\n{demand}\nforbid (principal, action, resource)\n\
         when {{ context.number.hasTag(\"amount\") && context.number.getTag(\"amount\") > {amount} }};"
    )
}

fn files(more: &str) -> Value {
    json!({"all.cedar": PERMIT_ALL, "more.cedar": more})
}

async fn offered(world: &World, people: &People, amount: u32) -> Value {
    let body = json!({"arguments": {"to": "kim@example.com", "amount": amount}});
    let mut proposal = proposal();
    proposal["arguments"] = body["arguments"].clone();
    world.post(&people.runtime, "/v1/executions", proposal).await.with(201)
}

/// Under a set that holds what is over 300: 500 ten days ago, then 100, 200, 400, 500, a day apart; the last one today.
async fn history(world: &World, people: &People) -> Vec<Value> {
    let access = json!({"access": Access::Enabled});
    world.put(&people.ada, &format!("/v1/functions/{FUNCTION}"), access).await.with(200);
    let set = json!({"files": files(&over(300, "ask", "@require(\"approval\")"))});
    world.put(&people.ada, "/v1/policy", set).await.with(200);
    let mut executions = vec![offered(world, people, 500).await];
    world.clock.advance(7 * DAY);
    for amount in [100, 200, 400, 500] {
        executions.push(offered(world, people, amount).await);
        world.clock.advance(DAY);
    }
    executions
}

/// What a rule did, and on how many decisions.
fn uses(what: &str, count: u64) -> Value {
    let mut uses =
        json!({"permits": 0, "asks_confirmation": 0, "asks_approval": 0, "forbids": 0, "unknown": 0});
    uses[what] = count.into();
    uses
}

fn listed(replay: &Value, kind: &str) -> Vec<Value> {
    let first = replay["changes"][kind]["first"].as_array().unwrap();
    first.iter().map(|change| change["execution_id"].clone()).collect()
}

#[tokio::test]
async fn a_candidate_says_what_it_would_change_and_changes_nothing() {
    let world = World::new().await;
    let executions = history(&world, &world.acme).await;
    let tail = world.engine.tail();
    let body = json!({"files": files(&over(150, "never", ""))});
    for key in [&world.acme.ada, &world.acme.olga] {
        let replay = world.post(key, REPLAY, body.clone()).await.with(200);
        let counted = |names: &[&str]| names.iter().map(|name| replay[*name].clone()).collect::<Vec<_>>();
        assert_eq!(counted(&["compared", "rederived", "mismatched", "after_the_fact"]), [4, 4, 0, 0]);
        assert_eq!(replay["outcomes"], json!({"allowed": 1, "blocked": 3}));
        assert_eq!(
            replay["moves"],
            json!([
                {"from": "allowed", "to": "allowed", "calls": 1, "changed": 0},
                {"from": "allowed", "to": "blocked", "calls": 1, "changed": 1},
                {"from": "awaiting_approval", "to": "blocked", "calls": 2, "changed": 2},
            ])
        );
        assert_eq!(
            replay["rules"],
            json!({
                "all": {"on_record": uses("permits", 4), "candidate": uses("permits", 4)},
                "ask": {"on_record": uses("asks_approval", 2), "candidate": uses("forbids", 0)},
                "never": {"on_record": uses("permits", 0), "candidate": uses("forbids", 3)},
            })
        );
        assert_eq!(replay["changes"]["newly_blocked"]["total"], 3);
        let ids: Vec<_> = executions[2..].iter().map(|execution| json!(id(execution))).collect();
        assert_eq!(listed(&replay, "newly_blocked"), ids);
        let change = &replay["changes"]["newly_blocked"]["first"][0];
        assert_eq!(
            [&change["from"], &change["to"], &change["function"], &change["reason"], &change["rules"]],
            [
                &json!("allowed"),
                &json!("blocked"),
                &json!(FUNCTION),
                &json!("offers over 150"),
                &json!(["all", "never"])
            ]
        );
        assert_eq!(replay["functions"][FUNCTION]["newly_blocked"], 3);
        assert_eq!((&replay["stopped"], &replay["not_derived"]), (&Value::Null, &json!({})));
        assert!(!replay.to_string().contains("kim@example.com"), "no arguments");
    }
    assert_eq!(world.engine.tail(), tail, "nothing is on record of it");
    let set = world.post(&world.acme.ada, REPLAY, body).await.with(200)["candidate"].clone();
    let path = format!("/v1/policy/sets/{}", set.as_str().unwrap());
    assert_eq!(world.get(&world.acme.ada, &path).await.status, 404, "the candidate is not stored");
}

#[tokio::test]
async fn the_span_the_conversation_and_the_lists_are_what_is_asked_for() {
    let world = World::new().await;
    let executions = history(&world, &world.acme).await;
    let ask = async |more: Value| {
        let mut body = json!({"files": files(&over(150, "never", ""))});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.post(&world.acme.olga, REPLAY, body).await
    };
    // 2023-11-14T22:13:20Z is when the world begins.
    let all = ask(json!({"since": "2023-11-01T00:00:00Z"})).await.with(200);
    assert_eq!((&all["compared"], &all["changes"]["newly_blocked"]["total"]), (&json!(5), &json!(4)));
    let one = ask(json!({"since": "2023-11-01T00:00:00Z", "limit": 1})).await.with(200);
    assert_eq!(one["changes"]["newly_blocked"]["total"], 4);
    assert_eq!(listed(&one, "newly_blocked"), [json!(id(&executions[0]))]);
    let span = json!({"since": "2023-11-22T00:00:00Z", "until": "2023-11-24T00:00:00Z"});
    let span = ask(span).await.with(200);
    assert_eq!(
        (&span["since"], &span["until"], &span["compared"]),
        (&json!("2023-11-22T00:00:00Z"), &json!("2023-11-24T00:00:00Z"), &json!(2))
    );
    assert_eq!(listed(&span, "newly_blocked").len(), 2);
    let other = ask(json!({"conversation": "conv-2"})).await.with(200);
    assert_eq!(other["compared"], 0);

    let empty = json!({"since": "2023-11-22T00:00:00Z", "until": "2023-11-22T00:00:00Z"});
    let refused = ask(empty).await.at_fault();
    assert_eq!(refused, (409, "replay_span_empty".to_owned(), "body.since".to_owned()));
    let refused = ask(json!({"limit": 1001})).await.at_fault();
    assert_eq!(refused, (422, "invalid_limit".to_owned(), "body.limit".to_owned()));
    let refused = ask(json!({"conversation": "ü".repeat(256)})).await.at_fault();
    assert_eq!(refused, (422, "text_too_long".to_owned(), "body.conversation".to_owned()));
    for wrong in [json!({"since": "yesterday"}), json!({"from": 1}), json!({"limit": -1})] {
        assert_eq!(ask(wrong).await.problem(), (422, "body_invalid".to_owned()));
    }
}

#[tokio::test]
async fn of_another_tenant_nothing_is_counted() {
    let world = World::new().await;
    history(&world, &world.acme).await;
    let globex = world.people("globex").await;
    history(&world, &globex).await;
    let body = json!({"files": files(&over(150, "never", "")), "since": "2023-11-01T00:00:00Z"});
    for people in [&world.acme, &globex] {
        let replay = world.post(&people.olga, REPLAY, body.clone()).await.with(200);
        let totals =
            (&replay["compared"], &replay["rederived"], &replay["changes"]["newly_blocked"]["total"]);
        assert_eq!(totals, (&json!(5), &json!(5), &json!(4)));
    }
    let nobody = world.people("initech").await;
    let replay = world.post(&nobody.olga, REPLAY, body).await.with(200);
    assert_eq!((&replay["compared"], &replay["changes"]["newly_blocked"]["first"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_candidate_with_faults_is_refused_as_where_it_is_applied() {
    let world = World::new().await;
    let ada = &world.acme.ada;
    let broken = "@id(\"a\")\npermit (principal, action, resource)\nwhen { resource.colour == \"red\" };\n";
    let body = json!({"files": files(broken)});
    let (tried, applied) =
        (world.post(ada, REPLAY, body.clone()).await, world.put(ada, "/v1/policy", body).await);
    assert_eq!(tried.body["policy_errors"], applied.body["policy_errors"]);
    let fault = &tried.body["policy_errors"][0];
    assert_eq!((&fault["file"], &fault["line"]), (&json!("more.cedar"), &json!(3)));
    assert!(fault["column"].as_u64().unwrap() > 1, "{fault:#}");
    assert_eq!(tried.at_fault(), (409, "policy_invalid".to_owned(), "body.files".to_owned()));
    for (files, status, code) in [
        (json!({}), 422, "body_invalid"),
        (json!({"../all.cedar": ""}), 422, "body_invalid"),
        (json!({"all.cedar": "/".repeat(256 * 1024)}), 409, "policy_source_too_large"),
    ] {
        let refused = world.post(ada, REPLAY, json!({"files": files})).await;
        assert_eq!(refused.problem(), (status, code.to_owned()));
    }
    // Its place is given back.
    world.post(ada, REPLAY, json!({"files": files("")})).await.with(200);
}

#[tokio::test]
async fn one_runs_at_a_time_for_a_tenant_and_two_in_all() {
    let world = World::new().await;
    let globex = world.people("globex").await;
    let initech = "initech".parse().unwrap();
    let body = json!({"files": files("")});
    let ask = async |people: &People| world.post(&people.olga, REPLAY, body.clone()).await;
    let running = world.engine.replay_place(&world.acme.tenant).unwrap();
    let refused = ask(&world.acme).await;
    assert_eq!(
        (&refused.body["retryable"], &refused.headers["retry-after"]),
        (&json!(true), &"5".parse().unwrap())
    );
    assert_eq!(refused.problem(), (429, "replay_running".to_owned()));
    ask(&globex).await.with(200);
    let another = world.engine.replay_place(&initech).unwrap();
    let refused = ask(&globex).await;
    assert_eq!(refused.body["retryable"], true);
    assert_eq!(refused.problem(), (503, "too_many_replays".to_owned()));
    drop((running, another));
    ask(&world.acme).await.with(200);
    ask(&globex).await.with(200);
}

#[tokio::test]
async fn past_its_bounds_it_says_from_where_on_nothing_was_looked_at() {
    let bounded = async |replay: ReplayBounds| {
        World::with(Settings { rate_limit: None, replay, ..Settings::default() }).await
    };
    let world = bounded(ReplayBounds { calls: 2, ..ReplayBounds::default() }).await;
    let executions = history(&world, &world.acme).await;
    let body = json!({"files": files(&over(150, "never", ""))});
    let replay = world.post(&world.acme.olga, REPLAY, body.clone()).await.with(200);
    assert_eq!((&replay["compared"], &replay["changes"]["newly_blocked"]["total"]), (&json!(2), &json!(1)));
    assert_eq!(replay["stopped"]["reason"], "calls");
    assert_eq!(replay["stopped"]["position"], executions[3]["position"]);

    let world = bounded(ReplayBounds { time: Duration::ZERO, ..ReplayBounds::default() }).await;
    history(&world, &world.acme).await;
    let replay = world.post(&world.acme.olga, REPLAY, body).await.with(200);
    assert_eq!((&replay["compared"], &replay["stopped"]["reason"]), (&json!(0), &json!("time")));
}
