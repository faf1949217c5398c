//! The approval queue.

use proto_events::Actor;
use vidimus_api_types as wire;
use vidimus_projection::{ApprovalFilter, ApprovalKind, PendingApproval};

/// Which pending approvals a query asks for, whatever the page.
pub fn approval_filter(query: wire::ApprovalQuery) -> ApprovalFilter {
    ApprovalFilter {
        kind: query.kind.map(approval_kind),
        resolvable_by: query.resolvable_by.map(Actor::user),
        requester: None,
        agent: query.agent,
        conversation: query.conversation,
        function: query.function,
    }
}

const fn approval_kind(kind: wire::ApprovalKind) -> ApprovalKind {
    match kind {
        wire::ApprovalKind::Approval => ApprovalKind::Approval,
        wire::ApprovalKind::Confirmation => ApprovalKind::Confirmation,
    }
}

/// A line of the approval queue.
pub fn pending_approval(pending: PendingApproval) -> wire::PendingApproval {
    wire::PendingApproval {
        position: pending.position,
        execution_id: pending.execution_id,
        kind: match pending.kind {
            ApprovalKind::Approval => wire::ApprovalKind::Approval,
            ApprovalKind::Confirmation => wire::ApprovalKind::Confirmation,
        },
        agent: pending.agent,
        conversation: pending.conversation,
        request_id: pending.request_id,
        function: pending.function,
        arguments: pending.arguments,
        arguments_digest: pending.arguments_digest,
        requester: pending.requester,
        proposed_by: pending.proposed_by,
        reviewers: pending.reviewers,
        quorum: pending.quorum,
        requested_at: pending.requested_at,
        deadline: pending.deadline,
        reason_code: pending.reason_code,
        reason: pending.reason,
        policy_set: pending.policy_set,
        matched_rules: pending.matched_rules,
    }
}
