//! Long polls: every waiter gets the one decision, however it comes about.

use std::{sync::Arc, time::Duration};

use hyper::Method;
use proto_events::{Access, Role, Timestamp};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use vidimus_engine::ManualClock;

use crate::support::{Options, TENANT, World, send, until, within};

struct People {
    runtime: String,
    paul: String,
}

async fn people(world: &World) -> People {
    world.access(TENANT, Access::EnabledWithConfirmation).await;
    People {
        runtime: world.key(TENANT, &[Role::Agent], "agent:assistant").await,
        paul: world.key(TENANT, &[Role::Approver], "user:paul").await,
    }
}

async fn proposed(world: &World, people: &People, number: u64) -> String {
    let answer = world.propose(&people.runtime, number).await;
    assert_eq!(answer["stage"], "awaiting_approval", "{answer}");
    answer["execution_id"].as_str().unwrap().to_owned()
}

async fn so_many_wait(world: &World, count: u32) {
    until("so many wait", async || world.metric("vidimus_waiters ").await == f64::from(count)).await;
}

/// Somebody who waits, as long as may be.
fn spawn_wait(world: &Arc<World>, key: &str, id: &str, query: &str, waits: &mut JoinSet<Value>) {
    let (world, key, path) = (Arc::clone(world), key.to_owned(), format!("/v1/executions/{id}?{query}"));
    waits.spawn(async move { world.get(&path, &key).await.expect(200).json });
}

async fn one(waits: &mut JoinSet<Value>) -> Value {
    within("a waiter is answered", waits.join_next()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiter_wakes_on_every_decision() {
    let world = Arc::new(World::start().await);
    let people = people(&world).await;
    let decisions = [
        ("approve", json!({}), "permitted"),
        ("deny", json!({"reason": "no"}), "denied"),
        ("abort", json!({"feedback": "ask Rita first"}), "aborted"),
    ];
    for (number, (command, body, stage)) in (0..).zip(decisions) {
        let id = proposed(&world, &people, number).await;
        let mut waits = JoinSet::new();
        spawn_wait(&world, &people.runtime, &id, "wait=60s", &mut waits);
        so_many_wait(&world, 1).await;
        assert!(waits.try_join_next().is_none());
        world.post(&format!("/v1/executions/{id}/{command}"), &people.paul, body).await.expect(200);
        assert_eq!(one(&mut waits).await["stage"], stage);
        // However late.
        let late = world.get(&format!("/v1/executions/{id}?wait=60s"), &people.runtime).await.expect(200);
        assert_eq!(late.json["stage"], stage);
    }
    so_many_wait(&world, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn until_finished_waits_for_the_end() {
    let world = Arc::new(World::start().await);
    let people = people(&world).await;
    let id = proposed(&world, &people, 1).await;
    let mut waits = JoinSet::new();
    spawn_wait(&world, &people.runtime, &id, "wait=60s&until=finished", &mut waits);
    so_many_wait(&world, 1).await;
    for (command, key) in
        [("approve", &people.paul), ("start", &people.runtime), ("complete", &people.runtime)]
    {
        assert!(waits.try_join_next().is_none(), "before {command}");
        world.post(&format!("/v1/executions/{id}/{command}"), key, json!({})).await.expect(200);
    }
    assert_eq!(one(&mut waits).await["stage"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_passes_wakes() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_700_000_000_000_000)));
    let world = World::start_with(Options { clock: Arc::clone(&clock) as _, ..Options::default() }).await;
    let world = Arc::new(world);
    let people = people(&world).await;
    let id = proposed(&world, &people, 1).await;
    let mut waits = JoinSet::new();
    spawn_wait(&world, &people.runtime, &id, "wait=60s", &mut waits);
    so_many_wait(&world, 1).await;
    clock.advance(Duration::from_secs(24 * 3600));
    // The keeper of deadlines looks at the clock whenever something happens.
    proposed(&world, &people, 2).await;
    assert_eq!(one(&mut waits).await["stage"], "approval_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_waiters_get_the_one_decision() {
    let world = Arc::new(World::start().await);
    let people = people(&world).await;
    let id = proposed(&world, &people, 1).await;
    let mut waits = JoinSet::new();
    for _ in 0..500 {
        spawn_wait(&world, &people.runtime, &id, "wait=60s", &mut waits);
    }
    so_many_wait(&world, 500).await;
    world.post(&format!("/v1/executions/{id}/deny"), &people.paul, json!({"reason": "no"})).await.expect(200);
    let first = one(&mut waits).await;
    assert_eq!(first["stage"], "denied");
    for _ in 1..500 {
        assert_eq!(one(&mut waits).await, first);
    }
    so_many_wait(&world, 0).await;
    assert_eq!(world.metric("vidimus_http_requests_in_flight ").await, 1.0, "the one that asks");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiters_are_bounded_and_the_time_is() {
    let world = Arc::new(World::start_with(Options::with(|settings| settings.max_waiters = 2)).await);
    let people = people(&world).await;
    let id = proposed(&world, &people, 1).await;
    let mut waits = JoinSet::new();
    for _ in 0..2 {
        spawn_wait(&world, &people.runtime, &id, "wait=60s", &mut waits);
    }
    so_many_wait(&world, 2).await;
    let path = format!("/v1/executions/{id}");
    let third = world.get(&format!("{path}?wait=1s"), &people.runtime).await.expect(503);
    assert_eq!((third.code(), third.header("retry-after")), ("too_many_waiters", "1"));
    // Who does not wait is answered.
    for query in ["", "?wait=0s", "?until=finished"] {
        assert_eq!(
            world.get(&format!("{path}{query}"), &people.runtime).await.expect(200).json["stage"],
            "awaiting_approval"
        );
    }
    // Who goes away makes room.
    waits.shutdown().await;
    so_many_wait(&world, 0).await;
    let over = world.get(&format!("{path}?wait=20ms"), &people.runtime).await.expect(200);
    assert_eq!(over.json["stage"], "awaiting_approval");
    for wait in ["61s", "soon", "-1s", "1h"] {
        let refused = world.get(&format!("{path}?wait={wait}"), &people.runtime).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "query.wait");
    }
    let unknown = "/v1/executions/0b0b0b0b-0000-0000-0000-000000000000?wait=60s";
    assert_eq!(world.get(unknown, &people.runtime).await.expect(404).code(), "execution_not_found");
    // Another tenant's is none.
    let other = world.key("umbrella", &[Role::Agent], "agent:assistant").await;
    assert_eq!(
        world.get(&format!("{path}?wait=60s"), &other).await.expect(404).code(),
        "execution_not_found"
    );
    so_many_wait(&world, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiter_survives_the_server() {
    let world = World::start().await;
    let people = people(&world).await;
    let id = proposed(&world, &people, 1).await;
    let path = format!("/v1/executions/{id}?wait=60s");
    let mut connection = world.connect().await;
    let key = people.runtime.clone();
    let asked = path.clone();
    let waits =
        tokio::spawn(async move { send(&mut connection, Method::GET, &asked, &key, &[], None).await });
    so_many_wait(&world, 1).await;
    // It is told how it stands, and asks again.
    let world = world.restart(Options::default()).await;
    let answer = within("the waiter is answered", waits).await.unwrap().expect(200);
    assert_eq!(answer.json["stage"], "awaiting_approval");
    let world = Arc::new(world);
    let mut waits = JoinSet::new();
    spawn_wait(&world, &people.runtime, &id, "wait=60s", &mut waits);
    so_many_wait(&world, 1).await;
    world.post(&format!("/v1/executions/{id}/approve"), &people.paul, json!({})).await.expect(200);
    assert_eq!(one(&mut waits).await["stage"], "permitted");
}
