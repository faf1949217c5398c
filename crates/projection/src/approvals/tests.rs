//! The folding alone, without SQLite.

use std::collections::BTreeMap;

use proto_events::{Event, Reviewers};
use vidimus_domain::execution::Stage;

use super::{
    ApprovalKind,
    fold::{Change, change},
};
use crate::testing::{decoded, full_history};

#[tokio::test]
async fn the_queue_holds_exactly_what_the_deciders_state_says_is_waiting() {
    let history = full_history(5, 3_000).await;
    let mut queue = BTreeMap::new();
    for decoded in decoded(&history.log).await {
        let Event::Execution(event) = &decoded.event else { continue };
        let id = decoded.recorded.stream.execution_id().unwrap();
        let key = (decoded.recorded.tenant.clone(), id);
        match change(&decoded.recorded, id, event) {
            Some(Change::Add(approval)) => drop(queue.insert(key, approval)),
            Some(Change::Remove) => drop(queue.remove(&key)),
            None => {}
        }
    }
    let waiting = |stage| matches!(stage, Some(Stage::AwaitingApproval | Stage::AwaitingConfirmation));
    let expected: Vec<_> = history.executions.iter().filter(|(_, state)| waiting(state.stage())).collect();
    assert!(expected.len() > 10);
    assert_eq!(queue.keys().collect::<Vec<_>>(), expected.iter().map(|(key, _)| *key).collect::<Vec<_>>());
    for (key, state) in expected {
        let (approval, execution) = (&queue[key], state.execution().unwrap());
        let is_approval = execution.stage == Stage::AwaitingApproval;
        let kind = if is_approval { ApprovalKind::Approval } else { ApprovalKind::Confirmation };
        assert_eq!(approval.kind, kind);
        assert_eq!(approval.reviewers, is_approval.then_some(Reviewers::AnyApprover));
        assert_eq!(approval.quorum, 1);
        assert_eq!(Some(&approval.arguments), execution.arguments());
        assert_eq!(Some(approval.arguments_digest), execution.arguments_digest());
        assert_eq!(&approval.requester, execution.requester());
        assert_eq!(approval.proposed_by, execution.initiated_by);
        assert_eq!(Some(approval.deadline), execution.human_deadline);
        assert_eq!(approval.requested_at, execution.initiated_at);
        assert_eq!(approval.function, execution.call().function);
        assert_eq!(approval.reason.as_deref(), Some("the access says so"));
        assert_eq!(approval.matched_rules, ["rule-a", "rule-b"]);
        assert_eq!(approval.policy_set.as_deref(), Some("set-1"));
    }
}
