//! Streams of notifications: history and live without a seam, to whom they belong.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use hyper::Method;
use proto_events::{Access, Event, GlobalPosition, Notification, Redaction, Role};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use vidimus_log::EventLog as _;

use crate::support::{FUNCTION, Options, Sse, TENANT, World, call, send, until, within};

/// What a tenant's subscribers have to get: position and notification, from the log itself.
async fn expected(world: &World, tenant: &str) -> BTreeMap<u64, Value> {
    let mut expected = BTreeMap::new();
    let mut at = GlobalPosition::START;
    loop {
        let batch = world.log.read_all(at, 1000).await.unwrap();
        let Some(last) = batch.last() else { return expected };
        at = last.position;
        for recorded in batch.iter().filter(|recorded| recorded.tenant.as_str() == tenant) {
            let new = &recorded.event;
            let event = Event::decode(&new.event_type, new.schema_version, &new.payload).unwrap();
            if let Some(notification) = Notification::of(recorded, &event, &Redaction::default()) {
                expected.insert(recorded.position.get(), serde_json::to_value(notification).unwrap());
            }
        }
    }
}

/// Proposes so many calls, `at_once` at a time.
async fn propose_many(world: &Arc<World>, key: &str, calls: std::ops::Range<u64>, at_once: u64) {
    let mut tasks = JoinSet::new();
    for lane in 0..at_once {
        let (world, key, calls) = (Arc::clone(world), key.to_owned(), calls.clone());
        tasks.spawn(async move {
            let mut connection = world.connect().await;
            for number in calls.filter(|number| number % at_once == lane) {
                let body = Some(call(number));
                send(&mut connection, Method::POST, "/v1/executions", &key, &[], body).await.expect(201);
            }
        });
    }
    while let Some(done) = within("the calls are proposed", tasks.join_next()).await {
        done.unwrap();
    }
}

async fn agent(world: &World, tenant: &str) -> String {
    world.access(tenant, Access::Enabled).await;
    world.key(tenant, &[Role::Agent], "agent:assistant").await
}

#[tokio::test(flavor = "multi_thread")]
async fn history_and_live_have_no_seam() {
    // A ring that holds next to nothing, and one that holds all: the seam is in different places.
    for live_bytes in [2_000, 16 * 1024 * 1024] {
        let world =
            Arc::new(World::start_with(Options::with(|settings| settings.live_bytes = live_bytes)).await);
        let key = agent(&world, TENANT).await;
        let other = agent(&world, "umbrella").await;
        propose_many(&world, &key, 0..200, 8).await;
        let writers = {
            let (world, key, other) = (Arc::clone(&world), key.clone(), other.clone());
            tokio::spawn(async move {
                tokio::join!(
                    propose_many(&world, &key, 200..600, 8),
                    propose_many(&world, &other, 0..200, 4)
                );
            })
        };
        // They come one after the other while it is written: each finds another seam.
        let mut subscribers = JoinSet::new();
        for _ in 0..12 {
            let mut stream = world.stream("?after=0", &key, &[]).await;
            subscribers.spawn(async move { stream.take(600).await });
        }
        within("the writers end", writers).await.unwrap();
        let expected = expected(&world, TENANT).await;
        assert_eq!(expected.len(), 600);
        while let Some(got) = within("a subscriber has all", subscribers.join_next()).await {
            let got = got.unwrap();
            assert!(got.is_sorted_by(|(one, _), (next, _)| one < next), "in the log's order, none twice");
            assert_eq!(got.into_iter().collect::<BTreeMap<_, _>>(), expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_head_misses_nothing_from_there_on() {
    let world = Arc::new(World::start().await);
    let key = agent(&world, TENANT).await;
    for number in 0..50 {
        let mut stream = world.stream("", &key, &[]).await;
        let before = world.log.tail();
        let answer = world.propose(&key, number).await;
        let (position, notification) = stream.next().await.unwrap();
        assert!(position > before.get(), "nothing of before");
        assert_eq!(notification["requestId"], format!("request-{number}"));
        assert!(position <= answer["position"].as_u64().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_where_it_broke_off() {
    let world = Arc::new(World::start().await);
    let key = agent(&world, TENANT).await;
    propose_many(&world, &key, 0..100, 4).await;
    let expected = expected(&world, TENANT).await;
    let mut got = BTreeMap::new();
    let mut last: Option<u64> = None;
    while got.len() < expected.len() {
        let id = last.map(|last| last.to_string());
        let headers: Vec<_> = id.iter().map(|id| ("last-event-id", id.as_str())).collect();
        // `Last-Event-ID` wins: browsers keep the address as it was.
        let mut stream = world.stream("?after=0", &key, &headers).await;
        for (position, notification) in stream.take(7.min(expected.len() - got.len())).await {
            assert!(got.insert(position, notification).is_none(), "none twice");
            last = Some(position);
        }
    }
    assert_eq!(got, expected);
    // The head says where the stream begins, also where nothing comes.
    let mut stream = world.stream("", &key, &[]).await;
    let block = stream.block().await.unwrap();
    assert_eq!((block.id, block.data), (Some(world.log.tail().get()), None));
    assert_eq!(block.other, ["retry: 1000"]);
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.headers["cache-control"], "no-store");
    assert_eq!(stream.headers["x-accel-buffering"], "no");

    for wrong in ["x", "-1", "+1", "1.0", "99999999999999999999"] {
        let refused = world.try_stream("", &key, &[("last-event-id", wrong)]).await;
        let Err(refused) = refused else { panic!("`{wrong}` was taken") };
        assert_eq!(refused.status, 422);
        assert_eq!(refused.json["errors"][0]["field"], "header.Last-Event-ID");
    }
    for (query, headers) in [("?after=1000000", [].as_slice()), ("", &[("last-event-id", "1000000")])] {
        let Err(refused) = world.try_stream(query, &key, headers).await else { panic!("ahead of the log") };
        assert_eq!((refused.status, refused.code()), (409, "position_ahead"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_stream_says_how_far_it_is() {
    let settings = Options::with(|settings| settings.heartbeat = std::time::Duration::from_millis(50));
    let world = Arc::new(World::start_with(settings).await);
    let key = agent(&world, TENANT).await;
    let other = agent(&world, "umbrella").await;
    let mut stream = world.stream("", &key, &[]).await;
    let begin = stream.block().await.unwrap().id.unwrap();
    propose_many(&world, &other, 0..20, 4).await;
    let tail = world.log.tail().get();
    assert!(tail > begin);
    // What happens to others is passed over, and need not be passed over again.
    within("the heartbeat reaches the tail", async {
        loop {
            let block = stream.block().await.unwrap();
            assert_eq!((block.data, block.other), (None, vec![": heartbeat".to_owned()]));
            if block.id == Some(tail) {
                break;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_is_the_same_for_history_and_live() {
    let world = Arc::new(World::start().await);
    world.access(TENANT, Access::Enabled).await;
    let key = world.key(TENANT, &[Role::Agent], "service:agents-0-to-3").await;
    let other = world.key(TENANT, &[Role::Auditor], "user:olga").await;
    let run = async |from: u64| {
        let mut ids = Vec::new();
        for number in from..from + 4 {
            let mut call = call(number % 2);
            call["agent"] = json!(format!("agent-{}", number % 4));
            let answer = world.post("/v1/executions", &key, call).await.expect(201).json;
            let id = answer["execution_id"].as_str().unwrap().to_owned();
            for command in ["start", "complete"] {
                world.post(&format!("/v1/executions/{id}/{command}"), &key, json!({})).await.expect(200);
            }
            ids.push(id);
        }
        ids
    };
    let ids = run(0).await;
    let filters: Vec<(String, usize)> = vec![
        (String::new(), 12),
        ("&type=NOTIFICATION_TOOL_EXECUTION_COMPLETED".into(), 4),
        ("&agent=agent-1".into(), 3),
        ("&conversation=conversation-1".into(), 6),
        (format!("&function={FUNCTION}"), 12),
        ("&function=crm.nothing".into(), 0),
        (format!("&execution_id={}", ids[2]), 3),
        ("&conversation=conversation-0&agent=agent-2&type=NOTIFICATION_TOOL_EXECUTION_INITIATED".into(), 1),
    ];
    let mut streams: Vec<(Sse, usize, String)> = Vec::new();
    for (filter, count) in filters {
        let mut stream = world.stream(&format!("?after=0{filter}"), &other, &[]).await;
        let got = stream.take(count).await;
        assert_eq!(got.len(), count, "{filter}");
        let live = if filter.contains("execution_id") { 0 } else { count };
        streams.push((stream, live, filter));
    }
    run(4).await;
    // Comes after everything else, to those who are to get nothing more.
    for (stream, live, filter) in &mut streams {
        let types: HashMap<String, usize> =
            stream.take(*live).await.into_iter().fold(HashMap::new(), |mut types, (_, n)| {
                *types.entry(n["type"].as_str().unwrap().to_owned()).or_default() += 1;
                types
            });
        assert_eq!(types.values().sum::<usize>(), *live, "{filter}");
        if filter.contains("type=") {
            assert_eq!(types.len(), 1);
        }
    }
    for wrong in ["?type=COMPLETED", "?after=-1", "?execution_id=7", "?function=x", "?nothing=1"] {
        let Err(refused) = world.try_stream(wrong, &key, &[]).await else { panic!("{wrong}") };
        assert_eq!(refused.status, 422, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_not_see_each_other() {
    let world = Arc::new(World::start().await);
    let tenants = ["acme", "umbrella"];
    let mut keys = Vec::new();
    for tenant in tenants {
        keys.push(agent(&world, tenant).await);
    }
    let mut streams = Vec::new();
    for key in &keys {
        propose_many(&world, key, 0..20, 2).await;
        streams.push(world.stream("?after=0", key, &[]).await);
    }
    tokio::join!(propose_many(&world, &keys[0], 20..120, 4), propose_many(&world, &keys[1], 20..120, 4));
    for (mut stream, tenant) in streams.into_iter().zip(tenants) {
        let expected = expected(&world, tenant).await;
        let got: BTreeMap<_, _> = stream.take(expected.len()).await.into_iter().collect();
        assert_eq!(got, expected);
    }
    // The same execution of another tenant is none of ours.
    let answer = world.propose(&keys[0], 1000).await;
    let id = answer["execution_id"].as_str().unwrap();
    let mut stream = world.stream(&format!("?after=0&execution_id={id}"), &keys[1], &[]).await;
    stream.block().await.unwrap();
    world.tell_to_stop();
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_ends_its_streams_and_no_others() {
    let world = Arc::new(World::start().await);
    let key = agent(&world, TENANT).await;
    let other = world.key(TENANT, &[Role::Auditor], "user:olga").await;
    let mut streams = [world.stream("", &key, &[]).await, world.stream("", &other, &[]).await];
    let key_id = key.split('.').nth(1).unwrap().parse().unwrap();
    world.engine.revoke_key(&World::admin(TENANT), key_id, None).await.unwrap();
    assert_eq!(streams[0].next().await, None, "at once, not only with the next heartbeat");
    let third = world.key(TENANT, &[Role::Agent], "service:third").await;
    world.propose(&third, 1).await;
    assert!(streams[1].next().await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_ends_its_streams() {
    let settings = Options::with(|settings| settings.heartbeat = std::time::Duration::from_millis(20));
    let clock = Arc::new(vidimus_engine::ManualClock::at(proto_events::Timestamp::from_micros(
        1_700_000_000_000_000,
    )));
    let world = World::start_with(Options { clock: Arc::clone(&clock) as _, ..settings }).await;
    let hour = std::time::Duration::from_secs(3600);
    let new = vidimus_engine::NewKey {
        roles: [Role::Auditor].into(),
        expires_at: Some(vidimus_engine::Clock::now(&*clock).plus(hour)),
        ..vidimus_engine::NewKey::default()
    };
    let created = world.engine.create_key(&World::admin(TENANT), new).await.unwrap();
    let mut stream = world.stream("", created.secret.expose(), &[]).await;
    assert_eq!(stream.block().await.unwrap().other, ["retry: 1000"]);
    assert_eq!(stream.block().await.unwrap().other, [": heartbeat"]);
    clock.advance(hour);
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_bounded() {
    let world = World::start_with(Options::with(|settings| settings.max_streams = 2)).await;
    let key = agent(&world, TENANT).await;
    let first = world.stream("", &key, &[]).await;
    let _second = world.stream("", &key, &[]).await;
    let Err(refused) = world.try_stream("", &key, &[]).await else { panic!("a third stream") };
    assert_eq!(
        (refused.status, refused.code(), refused.header("retry-after")),
        (503, "too_many_streams", "1")
    );
    assert_eq!(world.metric("vidimus_notification_streams_open ").await, 2.0);
    // Who goes away makes room.
    drop(first);
    until("there is room again", async || world.try_stream("", &key, &[]).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_streams_are_in_nobodys_way() {
    let world = Arc::new(World::start().await);
    let (key, other) = (agent(&world, TENANT).await, agent(&world, "umbrella").await);
    let mut idle = Vec::new();
    for index in 0..1000 {
        // Half of them hear of everything that happens and want nothing of it.
        let (key, query) = if index % 2 == 0 { (&key, "?agent=nobody") } else { (&other, "") };
        idle.push(world.stream(query, key, &[]).await);
    }
    assert_eq!(world.metric("vidimus_notification_streams_open ").await, 1000.0);
    let mut live = world.stream("", &key, &[]).await;
    propose_many(&world, &key, 0..200, 4).await;
    let got: BTreeSet<_> = live.take(200).await.into_iter().map(|(position, _)| position).collect();
    assert_eq!(got.len(), 200);
    drop((idle, live));
    until("all are gone", async || world.metric("vidimus_notification_streams_open ").await == 0.0).await;
}
