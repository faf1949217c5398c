//! Approval: who may, who was first, what was seen, and when it is too late.

use proto_events::{Access, Actor};
use vidimus_domain::execution::{ApprovalStatus, DeadlineKind, Rejection, Stage, Verdict};
use vidimus_engine::{Answer, EngineError, Principal, Role};

use crate::support::*;

async fn waiting() -> (World, uuid::Uuid) {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    (world, id)
}

fn code(result: Result<Answer, EngineError>) -> &'static str {
    result.unwrap_err().code()
}

#[tokio::test]
async fn an_approval_permits_and_says_who_and_when() {
    let (world, id) = waiting().await;
    world.clock.advance(HOUR);
    let seen = Some(proposal().arguments.digest());
    let answer = world.engine.approve(&paul(), id, seen, Some("fine".into()), None).await.unwrap();
    assert!(!answer.already);
    assert_eq!(answer.position, world.log.tail());
    assert_eq!(world.types(id).await, "initiated approval_required approval_accepted permitted");
    let execution = answer.state.execution().unwrap();
    assert_eq!((execution.stage, execution.approval_status), (Stage::Permitted, ApprovalStatus::Approved));
    let resolution = execution.resolution.clone().unwrap();
    assert_eq!(
        (resolution.verdict, resolution.by, resolution.at),
        (Verdict::Accepted, paul().actor, T0.plus(HOUR))
    );
    assert_eq!(answer.state.deadline(), Some((T0.plus(HOUR).plus(HOUR), DeadlineKind::Permit)));

    let tail = world.log.tail();
    let again = world.engine.approve(&paul(), id, seen, Some("fine".into()), None).await.unwrap();
    assert_eq!(again, Answer { already: true, ..answer }, "the same again is answered from the record");
    assert_eq!(world.log.tail(), tail);
}

#[tokio::test]
async fn of_two_reviewers_at_once_one_wins_and_the_other_is_told_who() {
    for (deny, expected) in [(false, "already_accepted"), (true, "already_denied")] {
        let inner = waiting().await;
        let (id, first) = (inner.1, inner.0.engine.clone());
        // Between the second one's reading and appending, the first one is through.
        let (world, hooked) = inner.0.through(Hooked::new(&inner.0.log, move |n| {
            let first = first.clone();
            async move {
                if n == 0 && deny {
                    first.deny(&petra(), id, "no".into(), None).await.unwrap();
                } else if n == 0 {
                    first.approve(&petra(), id, None, None, None).await.unwrap();
                }
                Ok(())
            }
        }));
        let error = world.engine.approve(&paul(), id, None, None, None).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), (expected, false));
        assert!(error.to_string().contains("by `user:petra` at 2023-11-14T22:13:20Z"), "{error}");
        assert_eq!(hooked.appends(), 1, "decided again, and not appended");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_reviewers_at_once_one_wins() {
    let (world, id) = waiting().await;
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let engine = world.engine.clone();
            let reviewer = Principal { actor: Actor::user(format!("reviewer-{n}")), ..paul() };
            tokio::spawn(async move { engine.approve(&reviewer, id, None, None, None).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(answer) => won += usize::from(!answer.already),
            Err(error) => assert_eq!(error.code(), "already_accepted"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(world.types(id).await, "initiated approval_required approval_accepted permitted");
}

#[tokio::test]
async fn who_asked_cannot_review_and_who_lacks_the_role_is_no_reviewer() {
    let (world, id) = waiting().await;
    let (engine, tail) = (&world.engine, world.log.tail());
    let with_role = |principal: Principal| Principal { roles: [Role::Approver].into(), ..principal };
    let agent = with_role(Principal { actor: Actor::agent("assistant"), ..paul() });
    for asking in [with_role(rita()), with_role(runtime()), agent] {
        assert_eq!(code(engine.approve(&asking, id, None, None, None).await), "requester_cannot_review");
        assert_eq!(code(engine.deny(&asking, id, "no".into(), None).await), "requester_cannot_review");
        assert_eq!(code(engine.abort(&asking, id, "ask".into(), None).await), "requester_cannot_review");
    }
    for role in [Role::Agent, Role::Auditor, Role::Admin] {
        let other = Principal { roles: [role].into(), ..paul() };
        assert_eq!(code(engine.approve(&other, id, None, None, None).await), "not_a_reviewer", "{role:?}");
        assert_eq!(code(engine.deny(&other, id, "no".into(), None).await), "not_a_reviewer", "{role:?}");
        assert_eq!(code(engine.abort(&other, id, "ask".into(), None).await), "not_a_reviewer", "{role:?}");
    }
    assert_eq!(world.log.tail(), tail);
    assert_eq!(world.stage(id).await, Stage::AwaitingApproval);
}

#[tokio::test]
async fn an_approval_of_other_arguments_is_none() {
    let (world, id) = waiting().await;
    let (given, bound) = (arguments(r#"{"amount":999}"#).digest(), proposal().arguments.digest());
    let error = world.engine.approve(&paul(), id, Some(given), None, None).await.unwrap_err();
    assert_eq!(error, EngineError::Execution(Rejection::ArgumentsMismatch { given, bound }));
    assert_eq!(error.code(), "arguments_mismatch");
    assert_eq!(world.stage(id).await, Stage::AwaitingApproval);
}

#[tokio::test]
async fn the_deadline_is_the_first_instant_that_is_too_late() {
    let (world, id) = waiting().await;
    let second = world.propose().await.execution_id;
    world.clock.advance(DAY - MICRO);
    world.engine.approve(&paul(), second, None, None, None).await.unwrap();
    world.clock.advance(MICRO);
    let too_late = Rejection::TooLate { kind: DeadlineKind::Approval, deadline: T0.plus(DAY) };
    let error = world.engine.approve(&paul(), id, None, None, None).await.unwrap_err();
    assert_eq!(error, EngineError::Execution(too_late.clone()), "though its expiry is not on record yet");
    assert_eq!(world.engine.deny(&paul(), id, "no".into(), None).await.unwrap_err(), error);
    assert_eq!(world.engine.abort(&paul(), id, "ask".into(), None).await.unwrap_err(), error);
    world.engine.deadline_passed(&tenant(), id, DeadlineKind::Approval).await.unwrap();
    assert_eq!(code(world.engine.approve(&paul(), id, None, None, None).await), "already_expired");
}

#[tokio::test]
async fn denied_and_aborted_are_different_ends() {
    let (world, denied) = waiting().await;
    let aborted = world.propose().await.execution_id;
    let engine = &world.engine;
    let answer = engine.deny(&paul(), denied, "too much".into(), None).await.unwrap();
    assert_eq!(answer.state.stage(), Some(Stage::Denied));
    assert_eq!(
        answer.state.execution().unwrap().resolution.as_ref().unwrap().text.as_deref(),
        Some("too much")
    );
    let answer = engine.abort(&paul(), aborted, "ask for 50".into(), None).await.unwrap();
    assert_eq!(answer.state.stage(), Some(Stage::Aborted));
    assert!(engine.deny(&paul(), denied, "too much".into(), None).await.unwrap().already);
    assert_eq!(code(engine.deny(&paul(), denied, "another reason".into(), None).await), "already_denied");
    assert_eq!(code(engine.deny(&petra(), denied, "too much".into(), None).await), "already_denied");
    assert_eq!(code(engine.approve(&paul(), aborted, None, None, None).await), "already_aborted");
    assert_eq!(code(engine.deny(&paul(), aborted, " ".into(), None).await), "text_missing");
    assert_eq!(code(engine.abort(&paul(), aborted, "x".repeat(5001), None).await), "text_too_long");
}

#[tokio::test]
async fn a_confirmation_is_the_requesters_alone() {
    let world = World::memory();
    let id = world.decided(proto_events::Outcome::ConfirmationRequired).await;
    let engine = &world.engine;
    assert_eq!(code(engine.confirm(&paul(), id, None).await), "not_the_requester");
    assert_eq!(code(engine.decline(&runtime(), id, None, None).await), "not_the_requester");
    let other = Some(arguments("{}").digest());
    assert_eq!(code(engine.confirm(&rita(), id, other).await), "arguments_mismatch");
    let confirmed = engine.confirm(&rita(), id, Some(proposal().arguments.digest())).await.unwrap();
    assert_eq!(confirmed.state.stage(), Some(Stage::Permitted));
    assert!(engine.confirm(&rita(), id, None).await.unwrap().already);
    assert_eq!(code(engine.decline(&rita(), id, None, None).await), "already_confirmed");
    let started = engine.start(&runtime(), id, permit_id(&confirmed), None).await.unwrap();
    assert_eq!(started.state.stage(), Some(Stage::InProgress));
}
