//! What people decide at once, and what they decide in place of the call that was proposed.

use super::*;

#[tokio::test]
async fn a_batch_is_decided_whole_or_not_at_all() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let ids = [world.propose().await.execution_id, world.propose().await.execution_id];
    let item = |execution_id, verdict| BatchItem { execution_id, seen: None, card: None, verdict };
    let approve = || BatchVerdict::Approve { comment: None, stage: None };
    world.engine.deny(&petra(), ids[1], "no".to_owned(), None).await.unwrap();
    let tail = world.log.tail();
    let error =
        world.engine.decide_batch(&paul(), ids.map(|id| item(id, approve())).to_vec()).await.unwrap_err();
    assert_eq!((error.code(), world.log.tail()), ("already_denied", tail));
    let EngineError::Batch { index, execution_id, .. } = error else { panic!("{error}") };
    assert_eq!((index, execution_id), (1, ids[1]));

    let other = world.propose().await.execution_id;
    let before = world.log.tail().get();
    let verdicts = vec![item(ids[0], approve()), item(other, BatchVerdict::Deny { reason: "no".to_owned() })];
    let answers = world.engine.decide_batch(&paul(), verdicts.clone()).await.unwrap();
    let stages: Vec<_> = answers.iter().map(|answer| answer.state.stage().unwrap()).collect();
    assert_eq!(stages, [Stage::Permitted, Stage::Denied]);
    let positions: Vec<_> = answers.iter().map(|answer| answer.position.get()).collect();
    assert_eq!(positions, [before + 2, before + 3]);
    let again = world.engine.decide_batch(&paul(), verdicts).await.unwrap();
    assert!(again.iter().all(|answer| answer.already));

    let twice = vec![item(other, approve()), item(other, approve())];
    assert_eq!(world.engine.decide_batch(&paul(), twice).await.unwrap_err().code(), "batch_repeats");
    assert_eq!(world.engine.decide_batch(&paul(), vec![]).await.unwrap_err().code(), "batch_size");
}

#[tokio::test]
async fn an_edit_is_a_new_attempt_that_its_editor_cannot_approve() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    let edited = || arguments(r#"{"amount":50}"#);
    let revised = world.engine.revise(&paul(), id, edited(), "half of it".to_owned(), None).await.unwrap();
    assert_eq!(world.types(id).await, "initiated approval_required approval_aborted");
    let new = revised.new.execution_id;
    assert_eq!(world.types(new).await, "initiated approval_required");
    assert_eq!(revised.former.state.stage(), Some(Stage::Aborted));
    let execution = revised.new.state.execution().unwrap().clone();
    assert_eq!(execution.initiated.former_execution, Some(id));
    assert_eq!(execution.requester(), &rita().actor);
    for event_of in world.events(id).await {
        if let Event::Execution(ExecutionEvent::ApprovalAborted(aborted)) = event(&event_of) {
            assert_eq!(aborted.revised_as, Some(new));
        }
    }
    let error = world.engine.approve(&paul(), new, None, None, None).await.unwrap_err();
    assert_eq!(error.code(), "requester_cannot_review");
    world.engine.approve(&petra(), new, None, None, None).await.unwrap();

    let tail = world.log.tail();
    let again = world.engine.revise(&paul(), id, edited(), "half of it".to_owned(), None).await.unwrap();
    assert_eq!((again.new.execution_id, again.former.already), (new, true));
    assert!(world.log.tail().get() <= tail.get() + 1, "at most the count of the retry");
    let other = Principal::new(tenant(), Actor::user("nobody"), [Role::Agent]);
    let error = world.engine.revise(&other, new, edited(), "mine".to_owned(), None).await.unwrap_err();
    assert_eq!(error.code(), "not_a_reviewer");
}

#[tokio::test]
async fn an_edit_for_a_requester_in_a_group_and_its_first_proposer_stays_on_the_asking_side() {
    let world = governed(&holds("all", r#"@require("approval")"#, "true")).await;
    world.engine.set_group(&ada(), "clerks".to_owned(), vec![rita().actor]).await.unwrap();
    let bob = Principal::new(tenant(), Actor::user("bob"), [Role::Agent, Role::Approver]);
    let id = world.engine.propose(&bob, proposal()).await.unwrap().execution_id;
    let edited = arguments(r#"{"amount":50}"#);
    let new =
        world.engine.revise(&paul(), id, edited, "half".to_owned(), None).await.unwrap().new.execution_id;
    let error = world.engine.approve(&bob, new, None, None, None).await.unwrap_err();
    assert_eq!(error.code(), "requester_cannot_review");
    world.engine.approve(&petra(), new, None, None, None).await.unwrap();
    let taken = Proposal { idempotency_key: Some(format!("revision of {id} to x")), ..proposal() };
    assert_eq!(world.engine.propose(&runtime(), taken).await.unwrap_err().code(), "invalid_field");
}
