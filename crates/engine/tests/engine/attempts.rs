//! Idempotency keys: one decision for each attempt, retries that are counted, attempts that are linked.

use std::collections::BTreeSet;

use proto_events::{Access, AttemptEvent, Event, ExecutionEvent, StreamId};
use uuid::Uuid;
use vidimus_domain::execution::Stage;
use vidimus_engine::{Answer, Principal};

use crate::support::*;

async fn attempt(world: &World, key: &str, args: &str) -> Answer {
    world.engine.propose(&runtime(), keyed(key, args)).await.unwrap()
}

/// The counts on record, in order.
async fn counts(world: &World, id: Uuid) -> Vec<u64> {
    let events = world.events(id).await;
    let count = |recorded| match event(recorded) {
        Event::Execution(ExecutionEvent::Reattempted(reattempted)) => Some(reattempted.count),
        _ => None,
    };
    events.iter().filter_map(count).collect()
}

#[tokio::test]
async fn the_same_attempt_gets_the_earlier_answer_whatever_became_of_the_access() {
    let world = World::with(Access::Enabled).await;
    let first = attempt(&world, "k", r#"{"a":1,"b":2}"#).await;
    assert!(!first.already);
    world.set(Access::Disabled).await;
    let again = attempt(&world, "k", r#" {"b":2, "a":1.0} "#).await;
    assert!(again.already);
    assert_eq!(again.execution_id, first.execution_id);
    assert_eq!(again.state.stage(), Some(Stage::Permitted));
    assert_eq!(permit_id(&again), permit_id(&first));
    assert_eq!(world.types(first.execution_id).await, "initiated allowed permitted reattempted");
    assert_eq!(again.position, world.log.tail(), "the count is on record");
    let other = attempt(&world, "k2", r#"{"a":1,"b":2}"#).await;
    assert_eq!(other.state.stage(), Some(Stage::Blocked), "another key is decided now");
}

#[tokio::test]
async fn a_storm_of_retries_is_ten_events() {
    let world = World::with(Access::Enabled).await;
    let first = attempt(&world, "k", "{}").await;
    let mut correlations = BTreeSet::new();
    for n in 1..=1000_u64 {
        let again = attempt(&world, "k", "{}").await;
        assert!(again.already);
        let on_record = again.state.execution().unwrap().reattempts;
        assert_eq!(on_record, 1 << n.ilog2(), "after {n}");
    }
    assert_eq!(counts(&world, first.execution_id).await, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
    for recorded in world.events(first.execution_id).await.iter().skip(3) {
        correlations.insert(recorded.event.correlation_id);
    }
    assert_eq!(correlations.len(), 10, "every retry is a command of its own");
    // A new process goes on from the record.
    let restarted = world.beside(world.log.clone());
    for _ in 0..512 {
        attempt(&restarted, "k", "{}").await;
    }
    assert_eq!(counts(&world, first.execution_id).await[10..], [1024]);
}

#[tokio::test]
async fn other_arguments_under_the_key_are_a_new_attempt_linked_to_the_one_before() {
    let world = World::with(Access::Enabled).await;
    let attempts = [
        attempt(&world, "k", r#"{"n":1}"#).await,
        attempt(&world, "k", r#"{"n":2}"#).await,
        attempt(&world, "k", r#"{"n":3}"#).await,
    ];
    assert!(attempts.iter().all(|attempt| !attempt.already));
    let ids = attempts.each_ref().map(|attempt| attempt.execution_id);
    let formers =
        attempts.each_ref().map(|attempt| attempt.state.execution().unwrap().initiated.former_execution);
    assert_eq!(formers, [None, Some(ids[0]), Some(ids[1])]);
    // Back to the first: its own answer, and no new link.
    let back = attempt(&world, "k", r#"{"n":1}"#).await;
    assert_eq!((back.execution_id, back.already), (ids[0], true));
    let fourth = attempt(&world, "k", r#"{"n":4}"#).await;
    assert_eq!(fourth.state.execution().unwrap().initiated.former_execution, Some(ids[2]));

    let stream = world.stream(StreamId::attempt("k")).await;
    let opened: Vec<_> = stream
        .iter()
        .map(|recorded| match event(recorded) {
            Event::Attempt(AttemptEvent::Opened(opened)) => opened,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        opened.iter().map(|opened| opened.execution_id).collect::<Vec<_>>(),
        [ids[0], ids[1], ids[2], fourth.execution_id]
    );
    assert_eq!(opened[1].idempotency_key, "k");
    assert_eq!(opened[1].function, function());
    assert_eq!(opened[1].arguments_digest, Some(arguments(r#"{"n":2}"#).digest()));
    let of_second = world.events(ids[1]).await;
    assert_eq!(stream[1].event.correlation_id, of_second[0].event.correlation_id, "one command, two streams");
    assert_eq!(stream[1].position, of_second[2].position.next(), "in one append");
}

#[tokio::test]
async fn the_key_of_another_tenant_is_another_key() {
    let world = World::with(Access::Enabled).await;
    let ours = attempt(&world, "k", "{}").await;
    let them = Principal { tenant: "umbrella".parse().unwrap(), ..runtime() };
    let theirs = world.engine.propose(&them, keyed("k", "{}")).await.unwrap();
    assert!(!theirs.already);
    assert_ne!(theirs.execution_id, ours.execution_id);
    assert_eq!(theirs.state.stage(), Some(Stage::Blocked), "access is a tenant's own too");
    assert_eq!(theirs.state.execution().unwrap().initiated.former_execution, None);
}

#[tokio::test]
async fn the_key_of_somebody_elses_call_is_taken() {
    let world = World::with(Access::Enabled).await;
    let first = attempt(&world, "k", "{}").await;
    let mut other = keyed("k", "{}");
    other.call.conversation = "conv-2".to_owned();
    let error = world.engine.propose(&runtime(), other).await.unwrap_err();
    assert_eq!(error.code(), "execution_id_taken");
    assert_eq!(world.types(first.execution_id).await, "initiated allowed permitted");
}

async fn at_once(world: &World, keys: impl Fn(usize) -> String) -> Vec<Answer> {
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let (engine, key) = (world.engine.clone(), keys(n));
            tokio::spawn(async move { engine.propose(&runtime(), keyed(&key, "{}")).await.unwrap() })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_proposals_at_once_under_one_key_one_is_decided_and_all_get_its_answer() {
    let directory = tempfile::tempdir().unwrap();
    for world in [World::memory(), World::on(sled(directory.path()))] {
        world.set(Access::Enabled).await;
        let answers = at_once(&world, |_| "k".to_owned()).await;
        assert_eq!(answers.iter().filter(|answer| !answer.already).count(), 1);
        let same: BTreeSet<_> = answers.iter().map(|a| (a.execution_id, permit_id(a))).collect();
        assert_eq!(same.len(), 1);
        let id = answers[0].execution_id;
        assert!(world.types(id).await.starts_with("initiated allowed permitted reattempted"));
        assert_eq!(world.stream(StreamId::attempt("k")).await.len(), 1);
        let counts = counts(&world, id).await;
        assert!(counts.windows(2).all(|pair| pair[1] >= 2 * pair[0]), "{counts:?}");
        assert!(matches!(counts.last(), Some(32..=63)), "63 retries, none counted twice: {counts:?}");
        for _ in 0..63 {
            attempt(&world, "k", "{}").await;
        }
        let doubled = counts.last().map(|count| count * 2);
        assert_eq!(self::counts(&world, id).await.last().copied(), doubled, "exact: 63 and 63 more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn proposals_under_different_keys_do_not_meet() {
    let world = World::with(Access::Enabled).await;
    let answers = at_once(&world, |n| format!("k{n}")).await;
    assert!(answers.iter().all(|answer| !answer.already));
    assert_eq!(answers.iter().map(permit_id).collect::<BTreeSet<_>>().len(), 64);
}

#[tokio::test]
async fn a_retry_is_answered_though_its_count_cannot_be_recorded_now() {
    let inner = World::with(Access::Enabled).await;
    let first = attempt(&inner, "k", "{}").await;
    for error in [overloaded(), conflict()] {
        let (world, hooked) = inner.through(Hooked::failing(&inner.log, 32, error.clone()));
        let again = attempt(&world, "k", "{}").await;
        assert_eq!(again, Answer { already: true, ..first.clone() }, "{error}");
        assert_eq!(hooked.appends(), if error == conflict() { 32 } else { 1 });
        assert_eq!(counts(&inner, first.execution_id).await, Vec::<u64>::new());
    }
    let (world, _) = inner.through(Hooked::failing(&inner.log, 1, overloaded()));
    attempt(&world, "k", "{}").await;
    attempt(&world, "k", "{}").await;
    assert_eq!(counts(&inner, first.execution_id).await, [2], "it was counted all the same");
}
