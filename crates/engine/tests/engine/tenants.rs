//! Another tenant's execution is none.

use proto_events::{Access, ResultStatus};
use vidimus_domain::execution::DeadlineKind;
use vidimus_engine::{Completion, Principal, Role};

use crate::support::*;

#[tokio::test]
async fn every_command_on_another_tenants_execution_says_that_there_is_none() {
    let world = World::memory();
    let executions = every_stage(&world).await;
    let them = Principal {
        tenant: "umbrella".parse().unwrap(),
        roles: [Role::Agent, Role::Approver, Role::Auditor, Role::Admin].into(),
        ..rita()
    };
    let (engine, tail) = (&world.engine, world.log.tail());
    for (stage, answer) in &executions {
        let id = answer.execution_id;
        let permit = answer.state.execution().unwrap().permit.as_ref().map_or(id, |permit| permit.id);
        let mut refused = vec![
            ("confirm", engine.confirm(&them, id, None).await),
            ("decline", engine.decline(&them, id, None, None).await),
            ("approve", engine.approve(&them, id, None, None, None).await),
            ("deny", engine.deny(&them, id, "no".into(), None).await),
            ("abort", engine.abort(&them, id, "ask".into(), None).await),
            ("start", engine.start(&them, id, permit, None).await),
            ("progress", engine.progress(&them, id, None, None).await),
            ("cancel", engine.cancel(&them, id, None).await),
            ("settle", engine.settle(&them, id, ResultStatus::Failed, "seen".into(), None).await),
        ];
        for status in [
            ResultStatus::Succeeded,
            ResultStatus::Failed,
            ResultStatus::TimedOut,
            ResultStatus::Skipped,
            ResultStatus::Cancelled,
            ResultStatus::Unknown,
        ] {
            let completion = Completion { status, report: Default::default() };
            refused.push(("complete", engine.complete(&them, id, completion).await));
        }
        for kind in
            [DeadlineKind::Confirmation, DeadlineKind::Approval, DeadlineKind::Permit, DeadlineKind::Lease]
        {
            refused.push(("deadline", engine.deadline_passed(&them.tenant, id, kind).await));
        }
        for (command, result) in refused {
            let error = result.unwrap_err();
            assert_eq!(
                (error.code(), error.is_retryable()),
                ("execution_not_found", false),
                "{command} in {stage}"
            );
        }
        assert_eq!(engine.execution(&them.tenant, id).await.unwrap(), None);
        assert!(engine.execution(&tenant(), id).await.unwrap().is_some());
    }
    assert_eq!(world.log.tail(), tail);
    let theirs = engine.access(&them.tenant, &function()).await.unwrap();
    assert_eq!((theirs.access, theirs.position.get()), (None, 0));
    assert_eq!(engine.access(&tenant(), &function()).await.unwrap().access, Some(Access::Enabled));
}
