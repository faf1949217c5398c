//! Running under a permit: once, by one, with one end.

use std::time::Duration;

use proto_events::{Access, Actor, Json, ResultStatus};
use uuid::Uuid;
use vidimus_domain::execution::{DeadlineKind, Report, Stage};
use vidimus_engine::{Answer, Completion, EngineError, Principal};

use crate::support::*;

const LEASE: Duration = Duration::from_secs(300);

fn code(result: Result<Answer, EngineError>) -> &'static str {
    result.unwrap_err().code()
}

fn other() -> Principal {
    Principal { actor: Actor::service("other-runtime"), ..runtime() }
}

fn completion(status: ResultStatus, result: &str) -> Completion {
    let result = Some(Json::from_text(result.to_owned()).unwrap());
    Completion { status, report: Report { result, ..Report::default() } }
}

#[tokio::test]
async fn a_permit_is_used_once_by_one() {
    let world = World::with(Access::Enabled).await;
    let permitted = world.propose().await;
    let (engine, id, permit) = (&world.engine, permitted.execution_id, permit_id(&permitted));
    assert_eq!(code(engine.start(&runtime(), id, Uuid::nil(), None).await), "permit_mismatch");
    let digest = arguments(r#"{"amount":101}"#).digest();
    assert_eq!(code(engine.start(&runtime(), id, permit, Some(digest)).await), "arguments_mismatch");
    assert_eq!(code(engine.progress(&runtime(), id, None, None).await), "not_started");
    let started = engine.start(&runtime(), id, permit, Some(proposal().arguments.digest())).await.unwrap();
    let execution = started.state.execution().unwrap();
    assert_eq!((execution.stage, execution.executor.as_ref()), (Stage::InProgress, Some(&runtime().actor)));
    assert_eq!(started.state.deadline(), Some((T0.plus(LEASE), DeadlineKind::Lease)));
    let again = engine.start(&runtime(), id, permit, None).await.unwrap();
    assert_eq!(again, Answer { already: true, ..started });
    assert_eq!(code(engine.start(&other(), id, permit, None).await), "already_started");
    assert_eq!(world.types(id).await, "initiated allowed permitted in_progress");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_start_at_once_one_runs() {
    let world = World::with(Access::Enabled).await;
    let permitted = world.propose().await;
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let (engine, permitted) = (world.engine.clone(), permitted.clone());
            let executor = Principal { actor: Actor::service(format!("runtime-{n}")), ..runtime() };
            tokio::spawn(async move {
                engine.start(&executor, permitted.execution_id, permit_id(&permitted), None).await
            })
        })
        .collect();
    let mut codes = Vec::new();
    for task in tasks {
        codes.push(task.await.unwrap().map_or_else(|error| error.code(), |_| "started"));
    }
    codes.sort_unstable();
    assert_eq!((codes[..31].iter().all(|code| *code == "already_started"), codes[31]), (true, "started"));
}

#[tokio::test]
async fn a_permit_that_ran_out_starts_nothing() {
    let world = World::with(Access::Enabled).await;
    let permitted = world.propose().await;
    world.clock.advance(HOUR);
    let started = world.engine.start(&runtime(), permitted.execution_id, permit_id(&permitted), None).await;
    assert_eq!(code(started), "too_late");
}

#[tokio::test]
async fn an_end_is_reported_once() {
    let world = World::with(Access::Enabled).await;
    let (engine, id) = (&world.engine, world.start().await.execution_id);
    let sent = || completion(ResultStatus::Succeeded, r#"{"sent":true}"#);
    assert_eq!(code(engine.complete(&other(), id, sent()).await), "not_the_executor");
    let done = engine.complete(&runtime(), id, sent()).await.unwrap();
    assert_eq!(done.state.stage(), Some(Stage::Succeeded));
    assert_eq!(done.state.execution().unwrap().result().unwrap().as_str(), r#"{"sent":true}"#);
    assert_eq!(done.state.deadline(), None);
    let again = engine.complete(&runtime(), id, sent()).await.unwrap();
    assert_eq!(again, Answer { already: true, ..done });
    let differs = completion(ResultStatus::Succeeded, r#"{"sent":false}"#);
    assert_eq!(code(engine.complete(&runtime(), id, differs).await), "result_differs");
    let failed = completion(ResultStatus::Failed, "null");
    assert_eq!(code(engine.complete(&runtime(), id, failed).await), "already_finished");
    assert_eq!(code(engine.progress(&runtime(), id, None, None).await), "already_finished");
    assert_eq!(world.types(id).await, "initiated allowed permitted in_progress succeeded");
}

#[tokio::test]
async fn every_status_has_its_stage_and_unknown_is_for_the_lease() {
    let world = World::with(Access::Enabled).await;
    for (status, stage) in [
        (ResultStatus::Succeeded, Stage::Succeeded),
        (ResultStatus::Failed, Stage::Failed),
        (ResultStatus::TimedOut, Stage::TimedOut),
        (ResultStatus::Skipped, Stage::Skipped),
        (ResultStatus::Cancelled, Stage::Cancelled),
    ] {
        let id = world.start().await.execution_id;
        let done = world.engine.complete(&runtime(), id, completion(status, "1")).await.unwrap();
        assert_eq!(done.state.stage(), Some(stage));
    }
    let id = world.start().await.execution_id;
    let unknown = completion(ResultStatus::Unknown, "1");
    assert_eq!(code(world.engine.complete(&runtime(), id, unknown).await), "not_due");
}

#[tokio::test]
async fn calling_off_is_the_requesters_before_and_the_executors_after_the_start() {
    let world = World::with(Access::Enabled).await;
    let engine = &world.engine;
    let waiting = world.propose().await.execution_id;
    assert_eq!(code(engine.cancel(&paul(), waiting, None).await), "not_yours_to_cancel");
    let cancelled = engine.cancel(&rita(), waiting, Some("changed my mind".into())).await.unwrap();
    assert_eq!(cancelled.state.stage(), Some(Stage::Cancelled));
    assert!(engine.cancel(&rita(), waiting, Some("changed my mind".into())).await.unwrap().already);
    let running = world.start().await.execution_id;
    assert_eq!(code(engine.cancel(&rita(), running, None).await), "already_started");
    assert_eq!(engine.cancel(&runtime(), running, None).await.unwrap().state.stage(), Some(Stage::Cancelled));
}

#[tokio::test]
async fn what_went_silent_is_unknown_until_somebody_settles_it() {
    let world = World::with(Access::Enabled).await;
    let (engine, id) = (&world.engine, world.start().await.execution_id);
    world.clock.advance(LEASE);
    let lost = engine.deadline_passed(&tenant(), id, DeadlineKind::Lease).await.unwrap();
    assert_eq!(lost.state.stage(), Some(Stage::Unknown));
    let late = completion(ResultStatus::Succeeded, "1");
    assert_eq!(code(engine.complete(&runtime(), id, late).await), "must_be_settled");
    let settle = |by: Principal, status| async move {
        engine.settle(&by, id, status, "seen in the outbox".into(), None).await
    };
    assert_eq!(code(settle(runtime(), ResultStatus::Succeeded).await), "cannot_settle");
    assert_eq!(code(settle(paul(), ResultStatus::Unknown).await), "settled_as_unknown");
    let settled = settle(ada(), ResultStatus::Succeeded).await.unwrap();
    assert_eq!(settled.state.execution().unwrap().result_status(), Some(ResultStatus::Succeeded));
    assert!(settle(ada(), ResultStatus::Succeeded).await.unwrap().already);
    assert_eq!(code(settle(paul(), ResultStatus::Succeeded).await), "already_settled");
}
