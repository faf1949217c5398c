//! Lists: what they show, how they are paged, and reading one's own write.

use std::collections::BTreeSet;

use proto_events::{Access, Actor, Role};
use serde_json::{Value, json};

use crate::harness::{FUNCTION, Key, World, id, proposal};

/// Every page of a list, and its items in one. `cursor`: what the parameter is called.
async fn all(world: &World, key: &Key, path: &str, cursor: &str) -> Vec<Value> {
    let (mut items, mut next, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let joint = if path.contains('?') { '&' } else { '?' };
        let at = next.map_or_else(String::new, |next| format!("{joint}{cursor}={next}"));
        let page = world.get(key, &format!("{path}{at}")).await.with(200);
        assert!(page["position"].is_u64());
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        next = page["next"].as_str().map(str::to_owned);
        pages += 1;
        assert!(pages < 1000, "{path} has no end");
        if next.is_none() {
            return items;
        }
    }
}

/// The key of a runtime that serves several agents.
async fn several_agents(world: &World) -> Key {
    world.key(&world.acme.tenant, Actor::service("runtimes"), &[Role::Agent], None).await
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(id).collect()
}

#[tokio::test]
async fn a_list_that_has_seen_the_answer_shows_it() {
    let world = World::new().await;
    world.set(Access::EnabledWithConfirmation).await;
    for _ in 0..20 {
        let proposed = world.propose().await;
        let path = format!("/v1/executions?limit=1&min_position={}", proposed["position"]);
        let page = world.get(&world.acme.olga, &path).await.with(200);
        assert_eq!(ids(page["items"].as_array().unwrap()), [id(&proposed)]);
        assert!(page["position"].as_u64() >= proposed["position"].as_u64());

        let path = format!("/v1/approvals?limit=1000&min_position={}", proposed["position"]);
        let page = world.get(&world.acme.paul, &path).await.with(200);
        assert!(ids(page["items"].as_array().unwrap()).contains(&id(&proposed)));

        let execution = id(&proposed);
        let denied =
            world.command(&world.acme.paul, &execution, "deny", json!({"reason": "no"})).await.with(200);
        let path = format!("/v1/audit?execution_id={execution}&min_position={}", denied["position"]);
        let page = world.get(&world.acme.olga, &path).await.with(200);
        assert_eq!(page["items"][0]["event_type"], "approval_denied");
        let path = format!("/v1/approvals?limit=1000&min_position={}", denied["position"]);
        let page = world.get(&world.acme.paul, &path).await.with(200);
        assert!(page["items"].as_array().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_position_that_nobody_was_told_is_refused_at_once() {
    let world = World::new().await;
    let tail = world.engine.tail().get();
    for path in ["/v1/executions", "/v1/audit", "/v1/approvals", "/v1/functions", "/v1/keys"] {
        for position in [tail + 1, u64::MAX] {
            let refused =
                world.get(&world.acme.ada, &format!("{path}?min_position={position}")).await.at_fault();
            assert_eq!(refused, (409, "position_unknown".to_owned(), "query.min_position".to_owned()));
        }
        world.get(&world.acme.ada, &format!("{path}?min_position={tail}")).await.with(200);
    }
}

#[tokio::test]
async fn the_table_is_filtered_and_searched() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let started = id(&world.started().await);
    let mut other = proposal();
    other["agent"] = json!("writer");
    other["conversation"] = json!("conv 2/ü");
    other["arguments"] = json!({"to": "noor"});
    let runtimes = several_agents(&world).await;
    let other = world.post(&runtimes, "/v1/executions", other).await.with(201);
    let blocked = {
        world.set(Access::Disabled).await;
        world.propose().await
    };
    let position = blocked["position"].as_u64().unwrap();
    for (filter, expected) in [
        ("agent=writer", vec![id(&other)]),
        ("agent=", vec![]),
        ("conversation=conv%202%2F%C3%BC", vec![id(&other)]),
        ("conversation=conv+2%2F%C3%BC", vec![id(&other)]),
        ("function=crm.send_offer&agent=writer", vec![id(&other)]),
        ("function=crm.other", vec![]),
        ("stage=in_progress", vec![started.clone()]),
        ("status=Failed", vec![id(&blocked)]),
        ("approval_status=Approval%20not%20required&stage=permitted", vec![id(&other)]),
        ("search=noor", vec![id(&other)]),
        ("search=no*+writer", vec![id(&other)]),
        ("resolved_by=paul", vec![]),
        ("from=2023-11-14T22:13:20Z&status=Failed", vec![id(&blocked)]),
        ("to=2023-11-14T22:13:20Z", vec![]),
    ] {
        let path = format!("/v1/executions?{filter}&min_position={position}");
        assert_eq!(ids(&all(&world, &world.acme.olga, &path, "cursor").await), expected, "{filter}");
    }
    let listed = all(&world, &world.acme.olga, "/v1/executions?stage=in_progress", "cursor").await;
    let read = world.get(&world.acme.olga, &format!("/v1/executions/{started}")).await.with(200);
    for (name, value) in listed[0].as_object().unwrap() {
        assert_eq!(value, &read[name], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_lose_and_double_nothing_while_writes_go_on() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let mut before = Vec::new();
    for _ in 0..53 {
        before.push(id(&world.propose().await));
    }
    let (acme, position) = (&world.acme, world.engine.tail());
    let writing = async {
        for _ in 0..60 {
            world.propose().await;
        }
    };
    let reading = async {
        let executions = format!("/v1/executions?limit=7&min_position={position}");
        let executions = all(&world, &acme.olga, &executions, "cursor").await;
        let audit = format!("/v1/audit?type=initiated&limit=10&min_position={position}");
        let audit = all(&world, &acme.olga, &audit, "cursor").await;
        let events = all(&world, &acme.olga, "/v1/events?limit=10", "after").await;
        (executions, audit, events)
    };
    let ((), (executions, audit, events)) = tokio::join!(writing, reading);

    let seen = ids(&executions);
    assert_eq!(BTreeSet::from_iter(&seen).len(), seen.len(), "an execution is there twice");
    let older: Vec<_> = seen.iter().rev().filter(|id| before.contains(id)).cloned().collect();
    assert_eq!(older, before);

    let positions: Vec<_> = audit.iter().map(|entry| entry["position"].as_u64().unwrap()).collect();
    assert!(positions.is_sorted_by(|one, two| one > two), "latest first, none twice");
    let audited: BTreeSet<_> =
        audit.iter().map(|entry| entry["execution_id"].as_str().unwrap().to_owned()).collect();
    assert!(before.iter().all(|id| audited.contains(id)));

    let positions: Vec<_> = events.iter().map(|event| event["position"].as_u64().unwrap()).collect();
    assert!(positions.len() as u64 >= position.get());
    assert_eq!(positions, Vec::from_iter(1..=positions.len() as u64), "every event of the log, in order");
}

#[tokio::test]
async fn an_execution_has_its_events() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let execution = id(&world.started().await);
    for percent in 1..=10 {
        world
            .command(&world.acme.runtime, &execution, "progress", json!({"percent": percent}))
            .await
            .with(200);
    }
    let path = format!("/v1/executions/{execution}/events");
    let whole = world.get(&world.acme.runtime, &path).await.with(200);
    assert_eq!(whole["next"], Value::Null);
    assert_eq!(whole["position"], whole["items"][13]["position"]);
    let types: Vec<_> =
        whole["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types[..4], ["initiated", "allowed", "permitted", "in_progress"]);
    assert_eq!(types.len(), 14);
    assert_eq!(whole["items"][0]["tenant"], "acme");
    assert_eq!(whole["items"][0]["data"]["arguments"], json!({"amount": 100, "to": "kim@example.com"}));
    for limit in [1, 3, 14, 1000] {
        let paged = all(&world, &world.acme.runtime, &format!("{path}?limit={limit}"), "cursor").await;
        assert_eq!(Value::Array(paged), whole["items"], "{limit}");
    }
    let page = world.get(&world.acme.runtime, &format!("{path}?limit=4")).await.with(200);
    assert_eq!(page["next"], "4");
    let past = world.get(&world.acme.runtime, &format!("{path}?cursor=14")).await.with(200);
    assert_eq!((&past["items"], &past["next"]), (&json!([]), &Value::Null));
    for cursor in ["", "x", "+1", "-1", "1.0", "99999999999999999999"] {
        let refused =
            world.get(&world.acme.runtime, &format!("{path}?cursor={}", cursor.replace('+', "%2B"))).await;
        assert_eq!(
            refused.at_fault(),
            (422, "invalid_cursor".to_owned(), "query.cursor".to_owned()),
            "{cursor}"
        );
    }
}

#[tokio::test]
async fn the_log_is_read_by_tenant() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let before = world.engine.tail();
    let globex = world.people("globex").await;
    world.propose().await;
    let foreign = all(&world, &globex.olga, "/v1/events?limit=2", "after").await;
    assert_eq!(foreign.len(), 7);
    assert!(foreign.iter().all(|event| event["tenant"] == "globex" && event["type"] == "key_created"));
    let ours = all(&world, &world.acme.olga, "/v1/events?limit=2", "after").await;
    let ours: Vec<_> = ours.iter().filter(|event| event["position"].as_u64() > Some(before.get())).collect();
    let types: Vec<_> = ours.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["initiated", "allowed", "permitted"]);

    let tail = world.engine.tail();
    for after in [tail.get(), u64::MAX] {
        let page = world.get(&world.acme.olga, &format!("/v1/events?after={after}")).await.with(200);
        assert_eq!(page, json!({"items": [], "next": null, "position": tail}));
    }
    // A page that is full at the tail is the last.
    let path = format!("/v1/events?limit=3&after={}", tail.get() - 3);
    let page = world.get(&world.acme.olga, &path).await.with(200);
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (3, &Value::Null));
}

#[tokio::test]
async fn a_page_of_a_long_log_that_is_not_ours_is_empty_and_not_the_last() {
    let world = World::new().await;
    let globex = world.people("globex").await;
    let after = world.engine.tail().get();
    world.set(Access::Enabled).await;
    world.fill(24_000).await;
    let path = format!("/v1/events?after={after}");
    let page = world.get(&globex.olga, &path).await.with(200);
    assert_eq!(page["items"], json!([]));
    assert_eq!(page["next"], json!((after + 20_000).to_string()));
    assert_eq!(page["position"], after + 24_001);
    assert!(all(&world, &globex.olga, "/v1/events", "after").await.len() == 7);
    // Somebody with events there gets them, and a page ends where it is full.
    let page = world.get(&world.acme.olga, &path).await.with(200);
    assert_eq!(page["next"], json!((after + 50).to_string()));
}

#[tokio::test]
async fn a_page_of_large_events_ends_early() {
    let world = World::new().await;
    world.set(Access::Enabled).await;
    let mut body = proposal();
    body["arguments"] = json!({"text": "x".repeat(250_000)});
    let tail = world.engine.tail();
    for _ in 0..25 {
        world.post(&world.acme.runtime, "/v1/executions", body.clone()).await.with(201);
    }
    let path = format!("/v1/events?limit=1000&after={tail}");
    let page = world.get(&world.acme.olga, &path).await.with(200);
    let count = page["items"].as_array().unwrap().len();
    assert!((40..60).contains(&count), "{count}");
    assert!(page["next"].is_string());
    assert_eq!(
        all(&world, &world.acme.olga, "/v1/events?limit=1000", "after").await.len() as u64,
        world.engine.tail().get()
    );
}

#[tokio::test]
async fn what_waits_for_people_is_listed_by_who_may_resolve_it() {
    let world = World::new().await;
    world.set(Access::EnabledWithConfirmation).await;
    let mine = world.propose().await;
    let mut body = proposal();
    body["requester"] = json!({"kind": "user", "id": "paul"});
    body["agent"] = json!("writer");
    let theirs = world.post(&several_agents(&world).await, "/v1/executions", body).await.with(201);
    let asked = world.decided(proto_events::Outcome::ConfirmationRequired).await.to_string();
    let position = world.engine.tail();
    for (filter, expected) in [
        ("kind=approval", vec![id(&mine), id(&theirs)]),
        ("kind=confirmation", vec![asked.clone()]),
        ("resolvable_by=paul", vec![id(&mine)]),
        ("resolvable_by=petra", vec![id(&mine), id(&theirs)]),
        ("resolvable_by=rita&kind=confirmation", vec![asked.clone()]),
        ("agent=writer", vec![id(&theirs)]),
        ("conversation=conv-1&agent=writer", vec![id(&theirs)]),
        ("function=crm.other", vec![]),
    ] {
        let path = format!("/v1/approvals?limit=1&{filter}&min_position={position}");
        let mut found = ids(&all(&world, &world.acme.paul, &path, "cursor").await);
        let mut expected = expected;
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{filter}");
    }
    let path = format!("/v1/approvals?kind=approval&agent=writer&min_position={position}");
    let item = world.get(&world.acme.olga, &path).await.with(200)["items"][0].clone();
    assert_eq!(item["arguments"], json!({"amount": 100, "to": "kim@example.com"}));
    assert_eq!((&item["function"], &item["quorum"]), (&json!(FUNCTION), &json!(1)));
    assert_eq!(item["requester"], json!({"kind": "user", "id": "paul"}));
}

#[tokio::test]
async fn the_audit_trail_says_who_did_what() {
    let world = World::new().await;
    world.set(Access::EnabledWithConfirmation).await;
    let execution = id(&world.propose().await);
    world.command(&world.acme.paul, &execution, "deny", json!({"reason": "no"})).await.with(200);
    let position = world.engine.tail();
    let entries = async |filter: &str| {
        let path = format!("/v1/audit?{filter}&min_position={position}");
        all(&world, &world.acme.olga, &path, "cursor").await
    };
    let types = |entries: &[Value]| -> Vec<String> {
        entries.iter().map(|entry| entry["event_type"].as_str().unwrap().to_owned()).collect()
    };
    let latest = entries(&format!("execution_id={execution}")).await;
    assert_eq!(types(&latest), ["approval_denied", "approval_required", "initiated"]);
    let oldest = entries(&format!("execution_id={execution}&oldest_first=true&limit=1")).await;
    assert_eq!(types(&oldest), ["initiated", "approval_required", "approval_denied"]);
    let pauls = entries("actor=paul&actor_kind=user").await;
    assert_eq!(types(&pauls), ["approval_denied"]);
    assert_eq!(pauls[0]["summary"], "denied: `no`");
    assert_eq!((&pauls[0]["subject"], &pauls[0]["category"]), (&json!(execution), &json!("execution")));
    assert_eq!(entries("category=administrative").await.len(), 8);
    assert_eq!(types(&entries("type=function_access_changed").await), ["function_access_changed"]);
    // A cursor is of one direction.
    let page = world.get(&world.acme.olga, "/v1/audit?limit=1").await.with(200);
    let cursor = page["next"].as_str().unwrap();
    let refused = world.get(&world.acme.olga, &format!("/v1/audit?oldest_first=true&cursor={cursor}")).await;
    assert_eq!(refused.at_fault(), (409, "invalid_cursor".to_owned(), "query.cursor".to_owned()));
}
