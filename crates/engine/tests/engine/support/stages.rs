//! One execution in every stage that an append can end in.

use proto_events::{Access, Outcome, ResultStatus};
use vidimus_domain::execution::{DeadlineKind, Stage};
use vidimus_engine::{Answer, Completion};

use super::{DAY, World, paul, permit_id, proposal, rita, runtime, tenant};

/// The last answer for each; where it was written by hand, what the engine reads.
pub(crate) async fn every_stage(world: &World) -> Vec<(Stage, Answer)> {
    let engine = &world.engine;
    let mut answers = vec![(Stage::Blocked, world.propose().await)];

    world.set(Access::EnabledWithConfirmation).await;
    let reviewed = async || world.propose().await.execution_id;
    answers.push((Stage::AwaitingApproval, world.propose().await));
    answers.push((Stage::Denied, engine.deny(&paul(), reviewed().await, "no".into(), None).await.unwrap()));
    answers
        .push((Stage::Aborted, engine.abort(&paul(), reviewed().await, "ask".into(), None).await.unwrap()));
    answers
        .push((Stage::Permitted, engine.approve(&paul(), reviewed().await, None, None, None).await.unwrap()));
    let approval = reviewed().await;

    for (stage, outcome) in
        [(Stage::NoOp, Outcome::NoOp), (Stage::AwaitingConfirmation, Outcome::ConfirmationRequired)]
    {
        let id = world.decided(outcome).await;
        answers.push((stage, engine.execution(&tenant(), id).await.unwrap().unwrap()));
    }
    let confirmation = world.decided(Outcome::ConfirmationRequired).await;
    answers.push((Stage::Declined, engine.decline(&rita(), confirmation, None, None).await.unwrap()));
    let confirmation = world.decided(Outcome::ConfirmationRequired).await;

    world.set(Access::Enabled).await;
    for (stage, status) in [
        (Stage::Succeeded, ResultStatus::Succeeded),
        (Stage::Failed, ResultStatus::Failed),
        (Stage::TimedOut, ResultStatus::TimedOut),
        (Stage::Skipped, ResultStatus::Skipped),
        (Stage::Cancelled, ResultStatus::Cancelled),
    ] {
        let id = world.start().await.execution_id;
        let completion = Completion { status, report: Default::default() };
        answers.push((stage, engine.complete(&runtime(), id, completion).await.unwrap()));
    }
    let (permit, lost, settled) = (
        world.propose().await.execution_id,
        world.start().await.execution_id,
        world.start().await.execution_id,
    );

    world.clock.advance(DAY);
    for (stage, id, kind) in [
        (Stage::ConfirmationExpired, confirmation, DeadlineKind::Confirmation),
        (Stage::ApprovalExpired, approval, DeadlineKind::Approval),
        (Stage::PermitExpired, permit, DeadlineKind::Permit),
        (Stage::Unknown, lost, DeadlineKind::Lease),
        (Stage::Settled, settled, DeadlineKind::Lease),
    ] {
        answers.push((stage, engine.deadline_passed(&tenant(), id, kind).await.unwrap()));
    }
    let evidence = "the mail is in the outbox".to_owned();
    let settled = engine.settle(&paul(), settled, ResultStatus::Succeeded, evidence, None).await.unwrap();
    answers.last_mut().unwrap().1 = settled;

    let running = engine.propose(&runtime(), proposal()).await.unwrap();
    let running = engine.start(&runtime(), running.execution_id, permit_id(&running), None).await.unwrap();
    engine.progress(&runtime(), running.execution_id, None, Some(1)).await.unwrap();
    let running =
        engine.progress(&runtime(), running.execution_id, Some("half".into()), Some(50)).await.unwrap();
    answers.push((Stage::InProgress, running));
    answers
}
