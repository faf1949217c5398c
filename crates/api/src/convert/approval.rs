//! The approval queue, and several decisions at once.

use proto_events::{Actor, Card, Redaction};
use vidimus_api_types as wire;
use vidimus_domain::execution::SeenCard;
use vidimus_engine::{BatchItem, BatchVerdict};
use vidimus_projection::{ApprovalFilter, ApprovalKind, ForReviewer, PendingApproval, Vote};

/// Which pending approvals a query asks for, whatever the page. `reviewer`: for whom, where it asks for what is theirs.
pub fn approval_filter(query: wire::ApprovalQuery, reviewer: Option<ForReviewer>) -> ApprovalFilter {
    ApprovalFilter {
        kind: query.kind.map(approval_kind),
        resolvable_by: query.resolvable_by.map(Actor::user),
        for_reviewer: reviewer,
        suspended: query.suspended,
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
pub fn pending_approval(pending: PendingApproval, redaction: &Redaction) -> wire::PendingApproval {
    let card = pending.card(redaction);
    let stage = pending.stage;
    let vote = |vote: Vote| wire::Vote {
        stage,
        by: vote.by,
        on_behalf_of: vote.on_behalf_of,
        groups: vote.groups,
        comment: vote.comment,
        at: vote.at,
        card: vote.card,
    };
    let escalated = pending.escalated.into_iter();
    let escalations = pending.escalations.into_iter();
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
        redacted: pending.redacted,
        arguments_digest: pending.arguments_digest,
        requester: pending.requester,
        proposed_by: pending.proposed_by,
        reviewers: pending.reviewers,
        quorum: pending.quorum,
        stage,
        stages: pending.stages,
        needs: pending.needs,
        votes: pending.votes.into_iter().map(vote).collect(),
        missing: pending.missing,
        self_review: pending.self_review,
        escalated: escalated.map(|one| wire::Escalated { due: one.due, reviewers: one.reviewers }).collect(),
        escalations: escalations
            .map(|one| wire::DueEscalation { at: one.at, reviewers: one.reviewers })
            .collect(),
        remind_at: pending.remind_at,
        reminders: pending.reminders,
        comments: pending.comments,
        suspended: pending.suspended,
        redecisions: pending.redecisions,
        requested_at: pending.requested_at,
        deadline: pending.deadline,
        reason_code: pending.reason_code,
        reason: pending.reason,
        policy_set: pending.policy_set,
        matched_rules: pending.matched_rules,
        reasons: pending.reasons,
        card,
    }
}

/// The card that somebody saw who decides, with what to compare it with.
pub fn seen_card(card: Option<Card>, redaction: &Redaction) -> Option<SeenCard> {
    card.map(|card| SeenCard { card, redaction: redaction.clone() })
}

/// One decision of several.
pub fn batch_item(decision: wire::BatchDecision, redaction: &Redaction) -> BatchItem {
    let wire::BatchDecision { execution_id, arguments_digest, card, verdict } = decision;
    let verdict = match verdict {
        wire::BatchVerdict::Approve { comment, stage } => BatchVerdict::Approve { comment, stage },
        wire::BatchVerdict::Deny { reason } => BatchVerdict::Deny { reason },
        wire::BatchVerdict::Abort { feedback } => BatchVerdict::Abort { feedback },
    };
    BatchItem { execution_id, seen: arguments_digest, card: seen_card(card, redaction), verdict }
}
