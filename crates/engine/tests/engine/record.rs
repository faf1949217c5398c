//! Calls that ran elsewhere, put on record when they are over.

use proto_events::{
    Access, ActivityReport, CallError, FunctionDescription, GlobalPosition, Json, Origin, ResultStatus,
};
use vidimus_domain::execution::{Report, Stage};
use vidimus_engine::{Answer, FinishedCall};

use crate::support::*;

fn finished(key: Option<&str>) -> FinishedCall {
    FinishedCall {
        call: call(),
        arguments: Some(arguments(r#"{"amount":100}"#)),
        requester: Some(rita().actor),
        idempotency_key: key.map(str::to_owned),
        context: None,
        activity: ActivityReport {
            tool_kind: Some("webhook".into()),
            http_status: Some(200),
            ..Default::default()
        },
        status: ResultStatus::Succeeded,
        report: Report { result: Some(Json::from_text("[1]".into()).unwrap()), ..Report::default() },
    }
}

#[tokio::test]
async fn a_finished_call_is_one_append_and_asks_nobody() {
    let world = World::with(Access::Disabled).await;
    let (inner, hooked) = world.through(Hooked::failing(&world.log, 0, conflict()));
    let answer = inner.engine.record(&runtime(), finished(None)).await.unwrap();
    assert!(!answer.already);
    assert_eq!((hooked.appends(), answer.position.get()), (1, 3));
    assert_eq!(world.types(answer.execution_id).await, "initiated succeeded");
    let events = world.events(answer.execution_id).await;
    assert_eq!(events[0].event.correlation_id, events[1].event.correlation_id);
    assert!(events.iter().all(|event| event.event.actor == runtime().actor && event.event.recorded_at == T0));
    let execution = answer.state.execution().unwrap();
    assert_eq!(execution.stage, Stage::Succeeded);
    assert_eq!(execution.initiated.origin, Origin::Recorded(finished(None).activity));
    assert_eq!((execution.decision.as_ref(), execution.permit.as_ref()), (None, None));
    assert_eq!(execution.requester(), &rita().actor);
    let another = inner.engine.record(&runtime(), finished(None)).await.unwrap();
    assert!(!another.already, "without a key each is one of its own");
    assert_ne!(another.execution_id, answer.execution_id);
}

#[tokio::test]
async fn the_same_again_adds_nothing_and_another_end_is_refused() {
    let world = World::memory();
    let engine = &world.engine;
    let first = engine.record(&runtime(), finished(Some("k"))).await.unwrap();
    let again = engine.record(&runtime(), finished(Some("k"))).await.unwrap();
    assert_eq!(again, Answer { already: true, ..first.clone() });
    let failed = FinishedCall { status: ResultStatus::Failed, ..finished(Some("k")) };
    assert_eq!(engine.record(&runtime(), failed).await.unwrap_err().code(), "execution_id_taken");
    let proposed = engine.propose(&runtime(), keyed("k", r#"{"amount":100}"#)).await.unwrap_err();
    assert_eq!(proposed.code(), "execution_id_taken", "a record is no permission");
    assert_eq!(world.log.tail().get(), 2);
}

#[tokio::test]
async fn other_arguments_and_none_are_other_executions() {
    let world = World::memory();
    let record = async |arguments| {
        let finished = FinishedCall { arguments, ..finished(Some("k")) };
        world.engine.record(&runtime(), finished).await.unwrap()
    };
    let one = record(Some(arguments(r#"{"amount":100}"#))).await;
    let two = record(Some(arguments("{}"))).await;
    let none = record(None).await;
    assert!([&one, &two, &none].iter().all(|answer| !answer.already));
    assert!(one.execution_id != two.execution_id && two.execution_id != none.execution_id);
    assert_ne!(one.execution_id, none.execution_id);
    let execution = none.state.execution().unwrap();
    assert_eq!((execution.arguments(), execution.arguments_digest()), (None, None));
    assert!(record(None).await.already);
    assert_eq!(world.log.tail().get(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_under_one_key_are_one() {
    let world = World::memory();
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let engine = world.engine.clone();
            tokio::spawn(async move { engine.record(&runtime(), finished(Some("k"))).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for task in tasks {
        new += usize::from(!task.await.unwrap().already);
    }
    assert_eq!((new, world.log.tail().get()), (1, 2));
}

#[tokio::test]
async fn every_end_but_unknown() {
    let world = World::memory();
    for (status, stage) in [
        (ResultStatus::Succeeded, Stage::Succeeded),
        (ResultStatus::Failed, Stage::Failed),
        (ResultStatus::TimedOut, Stage::TimedOut),
        (ResultStatus::Skipped, Stage::Skipped),
        (ResultStatus::Cancelled, Stage::Cancelled),
    ] {
        let answer =
            world.engine.record(&runtime(), FinishedCall { status, ..finished(None) }).await.unwrap();
        assert_eq!(answer.state.stage(), Some(stage));
    }
    let tail = world.log.tail();
    let unknown = FinishedCall { status: ResultStatus::Unknown, ..finished(None) };
    let error = world.engine.record(&runtime(), unknown).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`status` cannot be `unknown`: a recorded call is over: correct it and send the command again"
    );
    assert_eq!((error.code(), world.log.tail()), ("invalid_field", tail));
}

#[tokio::test]
async fn fields_that_break_their_limits_are_refused_and_nothing_is_recorded() {
    let world = World::memory();
    let with = |change: &dyn Fn(&mut FinishedCall)| {
        let mut finished = finished(Some("k"));
        change(&mut finished);
        finished
    };
    let long = |max: usize| Some("x".repeat(max + 1));
    let error = |message: &str| CallError {
        message: message.into(),
        code: None,
        error_type: None,
        stack_trace: None,
    };
    let large = Json::from_text(format!("\"{}\"", "x".repeat(256 * 1024))).unwrap();
    let cases = [
        (with(&|f| f.idempotency_key = Some(" ".into())), "invalid_field"),
        (with(&|f| f.call.conversation = "a\nb".into()), "invalid_field"),
        (with(&|f| f.call.request_id = Some(String::new())), "invalid_field"),
        (with(&|f| f.requester = Some(proto_events::Actor::user("x".repeat(256)))), "invalid_field"),
        (with(&|f| f.context = Some(large.clone())), "invalid_field"),
        (with(&|f| f.activity.http_status = Some(99)), "invalid_field"),
        (with(&|f| f.activity.tool_kind = long(64)), "text_too_long"),
        (with(&|f| f.activity.target_url = long(1024)), "text_too_long"),
        (with(&|f| f.report.result = Some(large.clone())), "invalid_field"),
        (with(&|f| f.report.reason = long(5000)), "text_too_long"),
        (with(&|f| f.report.error = Some(error(&"x".repeat(5001)))), "text_too_long"),
    ];
    for (index, (finished, code)) in cases.into_iter().enumerate() {
        let error = world.engine.record(&runtime(), finished).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), (code, false), "case {index}: {error}");
    }
    assert_eq!(world.log.tail(), GlobalPosition::START);
}

#[tokio::test]
async fn what_the_catalogue_calls_sensitive_is_so_in_a_record_too() {
    let world = World::memory();
    let sensitive = |answer: &Answer| answer.state.execution().unwrap().sensitive.clone();
    let first = world.engine.record(&runtime(), finished(Some("k"))).await.unwrap();
    assert!(sensitive(&first).is_empty(), "nothing is known of the function");
    let said = FunctionDescription { sensitive: vec!["amount".to_owned()], ..description() };
    world.engine.describe_function(&ada(), function(), said.clone()).await.unwrap();
    let later = world.engine.record(&runtime(), finished(None)).await.unwrap();
    assert_eq!(sensitive(&later), ["amount"]);
    let again = world.engine.record(&runtime(), finished(Some("k"))).await.unwrap();
    assert!(again.already, "the same was handed in, whatever the catalogue says of it now");
    assert!(sensitive(&again).is_empty());

    // Described while a record is on its way: it is looked up again.
    let (engine, fuller) = (world.engine.clone(), vec!["amount".to_owned(), "iban".to_owned()]);
    let described = FunctionDescription { sensitive: fuller.clone(), ..said };
    let hook = move |n: usize| {
        let (engine, described) = (engine.clone(), described.clone());
        async move {
            if n == 0 {
                engine.describe_function(&ada(), function(), described).await.unwrap();
            }
            Ok(())
        }
    };
    let (inner, hooked) = world.through(Hooked::new(&world.log, hook));
    let answer = inner.engine.record(&runtime(), finished(None)).await.unwrap();
    assert_eq!((sensitive(&answer), hooked.appends()), (fuller, 2));
}
