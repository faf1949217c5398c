//! Conflicts: decided again with what is so now, and given up after a bounded number of tries.

use proto_events::{Access, ActivityReport, ResultStatus};
use vidimus_domain::execution::{DeadlineKind, Stage};
use vidimus_engine::{EngineError, FinishedCall};
use vidimus_log::{Limits, MemoryLog};

use crate::support::*;

const TRIES: usize = 32;

fn finished() -> FinishedCall {
    FinishedCall {
        call: call(),
        arguments: None,
        requester: None,
        idempotency_key: Some("k".into()),
        context: None,
        activity: ActivityReport::default(),
        status: ResultStatus::Succeeded,
        report: Default::default(),
    }
}

/// Runs every kind of command that appends, each on a world of its own behind `conflicts` conflicts.
async fn with_conflicts(conflicts: usize) -> Vec<(&'static str, Result<(), EngineError>, usize, u64)> {
    let mut outcomes = Vec::new();
    for command in ["propose", "propose with a key", "approve", "record", "set_access", "deadline"] {
        let inner = World::with(Access::EnabledWithConfirmation).await;
        let id = inner.propose().await.execution_id;
        if command == "deadline" {
            inner.clock.advance(DAY);
        }
        let before = inner.log.tail().get();
        let (world, hooked) = inner.through(Hooked::failing(&inner.log, conflicts, conflict()));
        let engine = &world.engine;
        let outcome = match command {
            "propose" => engine.propose(&runtime(), proposal()).await.map(drop),
            "propose with a key" => engine.propose(&runtime(), keyed("k", "{}")).await.map(drop),
            "approve" => engine.approve(&paul(), id, None, None, None).await.map(drop),
            "record" => engine.record(&runtime(), finished()).await.map(drop),
            "set_access" => engine.set_access(&ada(), function(), Access::Enabled, None).await.map(drop),
            _ => engine.deadline_passed(&tenant(), id, DeadlineKind::Approval).await.map(drop),
        };
        outcomes.push((command, outcome, hooked.appends(), world.log.tail().get() - before));
    }
    outcomes
}

#[tokio::test]
async fn the_last_try_may_succeed() {
    for (command, outcome, appends, _) in with_conflicts(TRIES - 1).await {
        assert_eq!((outcome, appends), (Ok(()), TRIES), "{command}");
    }
}

#[tokio::test]
async fn always_a_conflict_is_contention_and_leaves_nothing() {
    for (command, outcome, appends, appended) in with_conflicts(usize::MAX).await {
        let error = outcome.unwrap_err();
        assert_eq!(error, EngineError::Contention { tries: 32 }, "{command}");
        assert_eq!((error.code(), error.is_retryable()), ("contention", true));
        assert_eq!((appends, appended), (TRIES, 0), "{command}");
    }
}

#[tokio::test]
async fn the_log_that_cannot_take_it_now_is_passed_on_at_once() {
    let inner = World::with(Access::Enabled).await;
    let (world, hooked) = inner.through(Hooked::failing(&inner.log, 1, overloaded()));
    let error = world.engine.propose(&runtime(), proposal()).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable(), hooked.appends()), ("overloaded", true, 1));
    world.engine.propose(&runtime(), proposal()).await.unwrap();
}

#[tokio::test]
async fn every_try_looks_at_the_clock_again() {
    let inner = World::with(Access::EnabledWithConfirmation).await;
    let id = inner.propose().await.execution_id;
    let clock = inner.clock.clone();
    let (world, _) = inner.through(Hooked::new(&inner.log, move |_| {
        clock.advance(DAY);
        std::future::ready(Err(conflict()))
    }));
    let error = world.engine.approve(&paul(), id, None, None, None).await.unwrap_err();
    assert_eq!(error.code(), "too_late");
    assert_eq!(world.stage(id).await, Stage::AwaitingApproval);
}

#[tokio::test]
async fn one_command_is_one_correlation_however_often_it_is_tried() {
    let inner = World::with(Access::Enabled).await;
    let (world, _) = inner.through(Hooked::failing(&inner.log, 3, conflict()));
    let answer = world.engine.propose(&runtime(), keyed("k", "{}")).await.unwrap();
    let mut events = world.events(answer.execution_id).await;
    events.extend(world.stream(proto_events::StreamId::attempt("k")).await);
    assert_eq!(events.len(), 4);
    assert!(events.iter().all(|event| event.event.correlation_id == events[0].event.correlation_id));
}

#[tokio::test]
async fn a_log_that_answers_in_short_pages_is_read_to_its_end() {
    let limits = Limits { read_events: 2, ..Limits::DEFAULT };
    let world = World::on(std::sync::Arc::new(MemoryLog::new(limits)));
    world.set(Access::Disabled).await;
    world.set(Access::EnabledWithConfirmation).await;
    world.set(Access::Enabled).await;
    let id = world.start().await.execution_id;
    for percent in 1..=20 {
        let answer = world.engine.progress(&runtime(), id, None, Some(percent)).await.unwrap();
        assert_eq!(answer.state.execution().unwrap().progress_count, u32::from(percent));
    }
}

#[tokio::test]
async fn a_stream_of_more_than_a_page_is_read_to_its_end() {
    let world = World::with(Access::Enabled).await;
    let id = world.start().await.execution_id;
    let events = world.events(id).await;
    let proto_events::Event::Execution(proto_events::ExecutionEvent::InProgress(started)) = event(&events[3])
    else {
        panic!()
    };
    let progressed = proto_events::Progressed {
        call: call(),
        message: None,
        percent: None,
        lease_expires_at: started.lease_expires_at,
    };
    for _ in 0..2 {
        world.write(id, vec![proto_events::ExecutionEvent::Progressed(progressed.clone()); 1500]).await;
    }
    let answer = world.engine.progress(&runtime(), id, None, None).await.unwrap();
    assert_eq!(answer.state.execution().unwrap().progress_count, 3001);
}
