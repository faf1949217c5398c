//! The past: lists and executions as they were.

use std::time::Duration;

use proto_events::{Access, Actor, Role};
use serde_json::{Value, json};

use crate::harness::{Key, T0, World, id, proposal};

/// A call that is proposed, denied by Paul an hour later, and followed by another one; the answers to the first two.
async fn history(world: &World) -> (Value, Value) {
    world.set(Access::EnabledWithConfirmation).await;
    let proposed = world.propose().await;
    world.clock.advance(Duration::from_secs(3600));
    let denied = world
        .command(&world.acme.paul, &id(&proposed), "deny", json!({"reason": "too much"}))
        .await
        .with(200);
    world.clock.advance(Duration::from_secs(3600));
    let mut other = proposal();
    other["agent"] = json!("writer");
    let runtimes = world.key(&world.acme.tenant, Actor::service("runtimes"), &[Role::Agent], None).await;
    world.post(&runtimes, "/v1/executions", other).await.with(201);
    (proposed, denied)
}

async fn page(world: &World, key: &Key, path: &str) -> (Vec<Value>, u64) {
    let page = world.get(key, path).await.with(200);
    (page["items"].as_array().unwrap().clone(), page["position"].as_u64().unwrap())
}

#[tokio::test]
async fn lists_show_what_they_showed_then() {
    let world = World::new().await;
    let (proposed, denied) = history(&world).await;
    let (then, later) = (proposed["position"].as_u64().unwrap(), denied["position"].as_u64().unwrap());
    let (olga, paul) = (&world.acme.olga, &world.acme.paul);
    let state = |items: &[Value]| -> Vec<(String, String)> {
        let one = |item: &Value| (id(item), item["stage"].as_str().unwrap().to_owned());
        items.iter().map(one).collect()
    };
    let first = id(&proposed);
    // After the proposal, after the denial, and before the first event of all.
    for (at, expected) in [
        (then.to_string(), vec![(first.clone(), "awaiting_approval".to_owned())]),
        (later.to_string(), vec![(first.clone(), "denied".to_owned())]),
        ("0".to_owned(), vec![]),
    ] {
        let (items, position) = page(&world, olga, &format!("/v1/executions?as_of={at}")).await;
        assert_eq!((state(&items), position.to_string()), (expected, at));
    }
    // The table of now has both.
    let tail = world.engine.tail();
    let (items, _) = page(&world, olga, &format!("/v1/executions?min_position={tail}")).await;
    assert_eq!(items.len(), 2);
    // Filters are of then as well.
    let filtered = |filter: &str| format!("/v1/executions?as_of={then}&{filter}");
    assert_eq!(page(&world, olga, &filtered("stage=awaiting_approval")).await.0.len(), 1);
    assert_eq!(page(&world, olga, &filtered("stage=denied")).await.0.len(), 0);
    // It waited then, and does not since.
    let (waiting, _) = page(&world, paul, &format!("/v1/approvals?as_of={then}")).await;
    assert_eq!(waiting.iter().map(id).collect::<Vec<_>>(), [first]);
    assert_eq!(page(&world, paul, &format!("/v1/approvals?as_of={later}")).await.0.len(), 0);
    let (entries, position) = page(&world, olga, &format!("/v1/audit?as_of={later}&limit=1")).await;
    assert_eq!((entries[0]["event_type"].as_str(), position), (Some("approval_denied"), later));
}

#[tokio::test]
async fn an_instant_is_a_position() {
    let world = World::new().await;
    let (proposed, denied) = history(&world).await;
    let tail = world.engine.tail();
    world.views.reached(tail, Duration::from_secs(30)).await.unwrap();
    let at = |seconds: u64| T0.plus(Duration::from_secs(seconds));
    let olga = &world.acme.olga;
    for (instant, expected) in [
        (at(0), proposed["position"].as_u64()),
        (at(3599), proposed["position"].as_u64()),
        (at(3600), denied["position"].as_u64()),
        (at(7200), Some(tail.get())),
    ] {
        let (_, position) = page(&world, olga, &format!("/v1/executions?as_of={instant}")).await;
        assert_eq!(Some(position), expected, "{instant}");
    }
    let before = at(0).as_micros() - 1;
    let before = proto_events::Timestamp::from_micros(before);
    assert_eq!(page(&world, olga, &format!("/v1/executions?as_of={before}")).await, (vec![], 0));
    let refused = world.get(olga, &format!("/v1/executions?as_of={}", at(7201))).await.at_fault();
    assert_eq!(refused, (409, "position_unknown".to_owned(), "query.as_of".to_owned()));
}

#[tokio::test]
async fn an_execution_is_shown_with_what_was_known_of_it_then() {
    let world = World::new().await;
    let (proposed, denied) = history(&world).await;
    let (then, later) = (proposed["position"].as_u64().unwrap(), denied["position"].as_u64().unwrap());
    let tail = world.engine.tail();
    world.views.reached(tail, Duration::from_secs(30)).await.unwrap();
    let (olga, path) = (&world.acme.olga, format!("/v1/executions/{}", id(&proposed)));
    let shown = world.get(olga, &format!("{path}?as_of={then}")).await.with(200);
    assert_eq!(
        (&shown["stage"], &shown["position"], &shown["resolved_by"], &shown["audit_outcome"]),
        (&json!("awaiting_approval"), &json!(then), &Value::Null, &json!("pending_approval"))
    );
    assert_eq!(shown["arguments"], json!({"to": "kim@example.com", "amount": 100}));
    // With nothing more to come it is what it is now.
    let now = world.get(olga, &path).await.with(200);
    assert_eq!(world.get(olga, &format!("{path}?as_of={tail}")).await.with(200), now);
    assert_eq!((&now["stage"], now["position"].as_u64()), (&json!("denied"), Some(later)));

    let (all, _) = page(&world, olga, &format!("{path}/events")).await;
    let (events, position) = page(&world, olga, &format!("{path}/events?as_of={then}")).await;
    assert_eq!((events.len() + 1, position), (all.len(), then));
    assert_eq!(events, all[..events.len()]);
    let cut = world.get(olga, &format!("{path}/events?as_of={then}&limit=1")).await.with(200);
    assert_eq!((&cut["items"][0], &cut["next"]), (&all[0], &json!("1")));

    let first = events[0]["position"].as_u64().unwrap();
    for path in [path.clone(), format!("{path}/events")] {
        let none = world.get(olga, &format!("{path}?as_of={}", first - 1)).await.problem();
        assert_eq!(none, (404, "execution_not_found".to_owned()), "{path}");
        let theirs = world.people("globex").await.olga;
        let none = world.get(&theirs, &format!("{path}?as_of={then}")).await.problem();
        assert_eq!(none, (404, "execution_not_found".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_of_the_past_is_refused() {
    let world = World::new().await;
    let (proposed, _) = history(&world).await;
    let (ada, tail) = (&world.acme.ada, world.engine.tail().get());
    let execution = format!("/v1/executions/{}", id(&proposed));
    let paths = ["/v1/executions", "/v1/approvals", "/v1/audit", &execution, &format!("{execution}/events")];
    for path in paths {
        let refused = world.get(ada, &format!("{path}?as_of={}", tail + 1)).await.at_fault();
        assert_eq!(refused, (409, "position_unknown".to_owned(), "query.as_of".to_owned()), "{path}");
        for no in ["yesterday", "-1", "1.0", ""] {
            let refused = world.get(ada, &format!("{path}?as_of={no}")).await.at_fault();
            assert_eq!(refused, (422, "query_invalid".to_owned(), "query.as_of".to_owned()), "{path} {no}");
        }
    }
    for (path, other) in [
        ("/v1/executions?min_position=1", "min_position"),
        ("/v1/approvals?min_position=1", "min_position"),
        ("/v1/approvals?mine=true", "mine"),
        ("/v1/audit?min_position=1", "min_position"),
        (&*format!("{execution}?wait=1s"), "wait"),
    ] {
        let refused = world.get(ada, &format!("{path}&as_of=1")).await.at_fault();
        assert_eq!(refused, (409, "as_of_not_with".to_owned(), format!("query.{other}")), "{path}");
    }
}
