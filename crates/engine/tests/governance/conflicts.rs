//! Others at the same time, and what is read again then.

use std::sync::Arc;

use proto_events::{Access, FreezeScope, GlobalPosition};
use vidimus_engine::EngineError;
use vidimus_log::EventLog;

use crate::support::*;

const TRIES: usize = 32;

/// Every command that appends, each on a log of its own behind `conflicts` conflicts.
async fn with_conflicts(
    conflicts: usize,
) -> Vec<(&'static str, Result<(), EngineError>, usize, GlobalPosition)> {
    let mut outcomes = Vec::new();
    for command in
        ["describe", "connect", "freeze", "apply", "shadow", "grant", "group", "delegate", "speak", "access"]
    {
        let inner = World::memory();
        let hooked = Arc::new(Hooked::failing(&inner.log, conflicts, conflict()));
        let engine = inner.beside(hooked.clone());
        let outcome = match command {
            "describe" => engine.describe_function(&ada(), function(), description()).await.map(drop),
            "connect" => engine.describe_connection(&ada(), connection()).await.map(drop),
            "freeze" => engine.freeze(&ada(), FreezeScope::Tenant, "x".to_owned()).await.map(drop),
            "apply" => engine.apply_policy(&ada(), policy("p"), None, None).await.map(drop),
            "shadow" => engine.shadow_policy(&ada(), Some(policy("p")), None).await.map(drop),
            "grant" => engine.create_grant(&ada(), grant()).await.map(drop),
            "group" => engine.set_group(&ada(), "ops".to_owned(), vec![paul().actor]).await.map(drop),
            "delegate" => engine.delegate(&paul(), delegation(None, "petra")).await.map(drop),
            "speak" => {
                let words = ["assistant", "c1", "hello"].map(str::to_owned);
                let [agent, conversation, text] = words;
                engine.speak(&runtime(), agent, conversation, text).await.map(drop)
            }
            _ => engine.set_access(&ada(), function(), Access::Enabled, None).await.map(drop),
        };
        outcomes.push((command, outcome, hooked.appends(), inner.log.tail()));
    }
    outcomes
}

#[tokio::test]
async fn the_last_try_may_succeed() {
    for (command, outcome, appends, tail) in with_conflicts(TRIES - 1).await {
        assert_eq!((outcome, appends), (Ok(()), TRIES), "{command}");
        assert!(tail > GlobalPosition::START, "{command}");
    }
}

#[tokio::test]
async fn always_a_conflict_is_contention_and_leaves_nothing() {
    for (command, outcome, appends, tail) in with_conflicts(usize::MAX).await {
        assert_eq!(outcome, Err(EngineError::Contention { tries: 32 }), "{command}");
        assert_eq!((appends, tail), (TRIES, GlobalPosition::START), "{command}");
    }
}

#[tokio::test]
async fn the_log_that_cannot_take_it_now_is_passed_on_at_once() {
    let inner = World::memory();
    let hooked = Arc::new(Hooked::failing(&inner.log, 2, overloaded()));
    let engine = inner.beside(hooked.clone());
    let [agent, conversation, text] = ["assistant", "c1", "hello"].map(str::to_owned);
    let spoken = engine.speak(&runtime(), agent, conversation, text).await.unwrap_err();
    let applied = engine.apply_policy(&ada(), policy("p"), None, None).await.unwrap_err();
    for no in [spoken, applied] {
        assert_eq!((no.code(), no.is_retryable()), ("overloaded", true));
    }
    assert_eq!((hooked.appends(), inner.log.tail()), (2, GlobalPosition::START));
    assert!(
        !engine.apply_policy(&ada(), policy("p"), None, None).await.unwrap().already,
        "not in force before"
    );
}

/// What was decided on another engine meanwhile counts: the second to freeze finds the first's.
#[tokio::test]
async fn who_is_second_decides_on_what_the_first_did() {
    let inner = World::memory();
    let first = Arc::clone(&inner.engine);
    let hooked = Arc::new(Hooked::new(&inner.log, move |n| {
        let first = Arc::clone(&first);
        async move {
            if n == 0 {
                first.freeze(&ada(), FreezeScope::Tenant, "first".to_owned()).await.unwrap();
            }
            Ok(())
        }
    }));
    let second = inner.beside(hooked.clone());
    let answer = second.freeze(&ada(), FreezeScope::Tenant, "second".to_owned()).await.unwrap();
    assert_eq!((answer.already, &*answer.freeze.reason, hooked.appends()), (true, "first", 1));
}

#[tokio::test]
async fn a_stream_is_read_once_and_then_what_came_since() {
    let inner = World::memory();
    let hooked = Arc::new(Hooked::new(&inner.log, |_| std::future::ready(Ok(()))));
    let log: Arc<dyn EventLog> = hooked.clone();
    let (reading, writing) = (inner.beside(log), &inner.engine);
    for _ in 0..5 {
        writing.create_grant(&ada(), grant()).await.unwrap();
    }
    let reads = async |there: usize| {
        let before = hooked.reads();
        assert_eq!(reading.grants(&tenant()).await.unwrap().0.len(), there);
        hooked.reads() - before
    };
    assert_eq!(reads(5).await, 2, "the events, and the empty page after them");
    assert_eq!(reads(5).await, 0);
    writing.create_grant(&ada(), grant()).await.unwrap();
    assert_eq!((reads(6).await, reads(6).await), (2, 0));
    assert_eq!(reading.grants(&eve().tenant).await.unwrap().0, []);
    // Whoever changes it decides on what is held, too.
    let before = hooked.reads();
    reading.create_grant(&ada(), grant()).await.unwrap();
    assert_eq!(hooked.reads(), before);
}
