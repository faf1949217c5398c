//! What an event does to the queue: a plain function.

use proto_events::{Decision, ExecutionEvent as E, RecordedEvent};
use uuid::Uuid;

use super::{ApprovalKind, PendingApproval};

/// What becomes of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A human is asked.
    Add(Box<PendingApproval>),
    /// The execution waits for no human any more.
    Remove,
}

/// What `event` of the execution `id` does to the queue, if anything.
pub(super) fn change(recorded: &RecordedEvent, id: Uuid, event: &E) -> Option<Change> {
    match event {
        E::ApprovalRequired(required) => Some(Change::Add(Box::new(PendingApproval {
            kind: ApprovalKind::Approval,
            reviewers: Some(required.reviewers.clone()),
            quorum: required.quorum,
            deadline: required.expires_at,
            ..asked(recorded, id, event, &required.decision, &required.arguments, &required.requester)
        }))),
        E::ConfirmationRequired(required) => Some(Change::Add(Box::new(PendingApproval {
            deadline: required.expires_at,
            ..asked(recorded, id, event, &required.decision, &required.arguments, &required.requester)
        }))),
        E::Confirmed(_)
        | E::Declined(_)
        | E::ConfirmationExpired(_)
        | E::ApprovalAccepted(_)
        | E::ApprovalDenied(_)
        | E::ApprovalAborted(_)
        | E::ApprovalExpired(_)
        | E::Cancelled(_) => Some(Change::Remove),
        E::Initiated(_)
        | E::Allowed(_)
        | E::Blocked(_)
        | E::NoOp(_)
        | E::Permitted(_)
        | E::PermitExpired(_)
        | E::InProgress(_)
        | E::Progressed(_)
        | E::Succeeded(_)
        | E::Failed(_)
        | E::TimedOut(_)
        | E::Skipped(_)
        | E::ResultUnknown(_)
        | E::Settled(_)
        | E::Reattempted(_) => None,
    }
}

/// A confirmation; an approval differs in what the event says.
fn asked(
    recorded: &RecordedEvent,
    id: Uuid,
    event: &E,
    decision: &Decision,
    arguments: &proto_events::Json,
    requester: &proto_events::Actor,
) -> PendingApproval {
    let call = event.call();
    let deciding = decision.deciding();
    PendingApproval {
        position: recorded.position,
        version: recorded.version,
        tenant: recorded.tenant.clone(),
        execution_id: id,
        kind: ApprovalKind::Confirmation,
        agent: call.agent.clone(),
        conversation: call.conversation.clone(),
        request_id: call.request_id.clone(),
        function: call.function.clone(),
        arguments: arguments.clone(),
        arguments_digest: decision.arguments_digest,
        requester: requester.clone(),
        proposed_by: recorded.event.actor.clone(),
        reviewers: None,
        quorum: 1,
        requested_at: recorded.event.recorded_at,
        deadline: recorded.event.recorded_at,
        reason_code: deciding.map(|finding| finding.code.clone()),
        reason: deciding.map(|finding| finding.reason.clone()),
        policy_set: decision.policy_set.clone(),
        matched_rules: decision.matched_rules.clone(),
    }
}
