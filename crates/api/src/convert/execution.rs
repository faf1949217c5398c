//! Executions, from the engine's state and from the view's rows.

mod review;
mod table;

use proto_events::{Actor, Decision, Json, Origin, Reviewers, Timestamp};
use vidimus_api_types as wire;
use vidimus_domain::execution::{self as domain, Stage};
use vidimus_engine::Answer;
use vidimus_projection::{self as view, ExecutionDetail, ExecutionRow};

use review::{approval, asks_nobody, confirmation, refusal, resolution, reviewers};
pub use table::{execution_filter, listed};

/// Declares the way between an enum of ours and the enum of the same names on the wire.
macro_rules! same_names {
    ($there:ident, $back:ident: $ours:ty = $wire:ty { $($variant:ident,)+ }) => {
        const fn $there(value: $ours) -> $wire {
            match value { $(<$ours>::$variant => <$wire>::$variant,)+ }
        }

        const fn $back(value: $wire) -> $ours {
            match value { $(<$wire>::$variant => <$ours>::$variant,)+ }
        }
    };
}

same_names!(to_stage, stage: Stage = wire::Stage {
    Initiated, Cleared, Reopened, AwaitingConfirmation, AwaitingApproval, Permitted, InProgress, Unknown, Blocked, NoOp, Declined,
    ConfirmationExpired, Denied, Aborted, ApprovalExpired, PermitExpired, Succeeded, Failed, TimedOut, Skipped, Cancelled,
    Settled,
});

same_names!(to_status, execution_status: domain::ExecutionStatus = wire::ExecutionStatus {
    Pending, Success, Failed, PendingApproval,
});

same_names!(to_approval_status, approval_status: domain::ApprovalStatus = wire::ApprovalStatus {
    Approved, Rejected, Pending, NotRequired,
});

same_names!(to_audit_outcome, audit_outcome: view::AuditOutcome = wire::AuditOutcome {
    Allowed, Confirmed, PendingApproval, Blocked, Rejected, NoAction,
});

const fn to_verdict(verdict: view::Verdict) -> wire::Verdict {
    use view::Verdict as V;
    match verdict {
        V::Confirmed => wire::Verdict::Confirmed,
        V::Declined => wire::Verdict::Declined,
        V::ConfirmationExpired => wire::Verdict::ConfirmationExpired,
        V::Approved => wire::Verdict::Approved,
        V::Denied => wire::Verdict::Denied,
        V::Aborted => wire::Verdict::Aborted,
        V::Revised => wire::Verdict::Revised,
        V::ApprovalExpired => wire::Verdict::ApprovalExpired,
    }
}

/// How much of what is sensitive is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of it: to whoever asks for the call, and whoever runs it.
    Whole,
    /// What the catalogue calls sensitive is left out.
    Redacted,
}

impl Shown {
    /// How much `actor` is shown.
    pub fn to(actor: &Actor, answer: &Answer) -> Self {
        let theirs = answer.state.execution().is_some_and(|execution| {
            execution.is_asked_by(actor) || execution.executor.as_ref() == Some(actor)
        });
        if theirs { Self::Whole } else { Self::Redacted }
    }

    /// Whether anything is left out of this answer.
    pub fn leaves_out(self, answer: &Answer) -> bool {
        let sensitive = answer.state.execution().is_some_and(|execution| !execution.sensitive.is_empty());
        self == Self::Redacted && sensitive
    }
}

/// JSON with what is left out of it. `seen`: as a view has it, where that shows it.
fn redacted(whole: Option<&Json>, seen: Option<(Option<Json>, Vec<String>)>) -> (Option<Json>, Vec<String>) {
    match (whole, seen) {
        (None, _) => (None, Vec::new()),
        (Some(_), Some((Some(json), left_out))) => (Some(json), left_out),
        // Not shown unseen.
        (Some(_), _) => (None, vec![String::new()]),
    }
}

fn deciding(decision: &Decision) -> Option<wire::Deciding> {
    let finding = decision.deciding()?;
    let (code, reason) = (finding.code.clone(), finding.reason.clone());
    Some(wire::Deciding { layer: finding.layer, code, reason })
}

/// What an execution in `stage` waits for.
fn waits_for(
    stage: Stage,
    deadline: Option<Timestamp>,
    requester: &Actor,
    executor: Option<&Actor>,
    reviewers: impl FnOnce() -> Option<Reviewers>,
) -> Option<wire::WaitsFor> {
    use wire::WaitsForKind as Kind;
    let (kind, by, reviewers) = match stage {
        Stage::AwaitingConfirmation => (Kind::Confirmation, Some(requester), None),
        Stage::AwaitingApproval => (Kind::Approval, None, reviewers()),
        Stage::Permitted => (Kind::Start, None, None),
        Stage::InProgress => (Kind::Report, executor, None),
        Stage::Unknown => (Kind::Settlement, None, None),
        _ => return None,
    };
    Some(wire::WaitsFor { kind, by: by.cloned(), reviewers, deadline })
}

/// From when on it is too late for what the execution waits for.
fn last_deadline(execution: &domain::Execution) -> Option<Timestamp> {
    match execution.stage {
        Stage::AwaitingConfirmation | Stage::AwaitingApproval => execution.human_deadline,
        Stage::Permitted => execution.permit.as_ref().map(|permit| permit.expires_at),
        Stage::InProgress => execution.lease_expires_at,
        _ => None,
    }
}

fn last_comment((by, text): (&Actor, &String)) -> wire::LastComment {
    wire::LastComment { by: by.clone(), text: text.clone() }
}

/// The answer to a command: without what can be large. `token`: its permit, signed.
pub fn execution(answer: &Answer, token: Option<String>) -> Option<wire::Execution> {
    let execution = answer.state.execution()?;
    let domain::Execution { stage, initiated, .. } = execution;
    let deadline = last_deadline(execution);
    let requirement = &execution.requirement;
    let may_review = || Some(reviewers(requirement, execution.approval.as_ref()));
    let finished = execution.finished.as_ref();
    let error = finished.and_then(|finished| finished.error.as_ref());
    let blocked = execution.blocked.as_ref();
    let resolved = execution.resolution.as_ref();
    let reason = execution
        .settled
        .as_ref()
        .map(|settled| settled.evidence.clone())
        .or_else(|| finished.and_then(|finished| finished.reason.clone()))
        .or_else(|| error.map(|error| error.message.clone()))
        .or_else(|| blocked.map(|blocked| blocked.reason.clone()))
        .or_else(|| refusal(resolved));
    let decision = execution.decision.as_ref();
    let is_human = execution.approval_status != domain::ApprovalStatus::NotRequired;
    Some(wire::Execution {
        execution_id: answer.execution_id,
        position: answer.position,
        agent: initiated.call.agent.clone(),
        conversation: initiated.call.conversation.clone(),
        request_id: initiated.call.request_id.clone(),
        function: initiated.call.function.clone(),
        origin: match initiated.origin {
            Origin::Proposed => wire::OriginKind::Proposed,
            Origin::Recorded(_) => wire::OriginKind::Recorded,
        },
        stage: to_stage(*stage),
        status: to_status(execution.status()),
        approval_status: to_approval_status(execution.approval_status),
        outcome: decision.map(|decision| decision.outcome),
        audit_outcome: None,
        deciding: decision.and_then(deciding),
        catalogue: None,
        input_summary: None,
        result_status: execution.result_status(),
        waits_for: waits_for(*stage, deadline, &initiated.requester, execution.executor.as_ref(), may_review),
        reason_code: blocked
            .map(|blocked| blocked.code.clone())
            .or_else(|| error.and_then(|error| error.code.clone())),
        reason,
        missing_requirement: blocked.and_then(|blocked| blocked.missing_requirement.clone()),
        next_owner: blocked.and_then(|blocked| blocked.next_owner.clone()),
        requester: initiated.requester.clone(),
        initiated_by: execution.initiated_by.clone(),
        started_by: execution.executor.clone(),
        resolved_by: resolved.map(|resolution| resolution.by.clone()),
        confirmed_by: confirmation(execution).map(|said| said.by.clone()),
        confirmed_at: confirmation(execution).map(|said| said.at),
        arguments_digest: initiated.arguments_digest,
        policy_set: decision.and_then(|decision| decision.policy_set.clone()),
        matched_rules: decision.map(|decision| decision.matched_rules.clone()).unwrap_or_default(),
        visible_tools: decision.and_then(|decision| decision.visible_tools),
        grant: decision.and_then(|decision| decision.grant),
        redecisions: execution.redecisions.into(),
        suspended: execution.suspended.is_some(),
        freeze: execution.suspended.as_ref().map(|suspension| suspension.freeze_id),
        comments: Some(execution.comments.into()),
        last_comments: execution.last_comments.iter().map(last_comment).collect(),
        approval: approval(execution),
        resolution: resolved.map(resolution),
        permit: execution.permit.as_ref().map(|permit| wire::Permit {
            permit_id: permit.id,
            expires_at: permit.expires_at,
            token,
        }),
        approval_deadline: execution.human_deadline.filter(|_| !asks_nobody(decision)),
        lease_expires_at: execution.lease_expires_at,
        created_at: execution.initiated_at,
        started_at: execution.started_at,
        finished_at: execution.ended_at,
        resolved_at: resolved.map(|resolution| resolution.at).or(execution.ended_at.filter(|_| !is_human)),
        idempotency_key: initiated.idempotency_key.clone(),
        former_execution: initiated.former_execution,
        attempts: execution.reattempts.saturating_add(1),
        final_record: None,
        already: Some(answer.already),
        arguments: None,
        redacted_arguments: Vec::new(),
        context: None,
        activity: None,
        decision: None,
        result: None,
        redacted_result: Vec::new(),
        error: None,
        timing: None,
    })
}

/// An execution with all that is known of it. `seen`: the same in the execution table, where that shows it already; what is
/// sensitive is left out there.
pub fn detail(
    answer: &Answer,
    token: Option<String>,
    seen: Option<ExecutionDetail>,
    shown: Shown,
) -> Option<wire::Execution> {
    let execution = self::execution(answer, token)?;
    let state = answer.state.execution()?;
    let (initiated, finished) = (&state.initiated, state.finished.as_ref());
    // What came of it changes with it, and the table may be behind.
    let current = seen.as_ref().filter(|seen| seen.row.last_position == answer.position);
    let (mut arguments, mut redacted_arguments) = (initiated.arguments.clone(), Vec::new());
    let (mut result, mut redacted_result) = (state.result().cloned(), Vec::new());
    if shown.leaves_out(answer) {
        let of = |seen: &ExecutionDetail| (seen.arguments.clone(), seen.redacted_arguments.clone());
        (arguments, redacted_arguments) = redacted(arguments.as_ref(), seen.as_ref().map(of));
        let of = |seen: &ExecutionDetail| (seen.result.clone(), seen.redacted_result.clone());
        (result, redacted_result) = redacted(result.as_ref(), current.map(of));
    }
    Some(wire::Execution {
        already: None,
        audit_outcome: current.and_then(|seen| seen.row.audit_outcome).map(to_audit_outcome),
        final_record: current.and_then(|seen| seen.row.final_record.clone()),
        input_summary: seen.as_ref().and_then(|seen| seen.row.input_summary.clone()),
        catalogue: seen.as_ref().and_then(|seen| catalogue(&seen.row)),
        arguments,
        redacted_arguments,
        context: initiated.context.clone(),
        activity: match &initiated.origin {
            Origin::Proposed => None,
            Origin::Recorded(activity) => Some(activity.clone()),
        },
        decision: state.decision.clone(),
        result,
        redacted_result,
        error: finished.and_then(|finished| finished.error.clone()),
        timing: finished.and_then(|finished| finished.timing.clone()),
        ..execution
    })
}

/// What the catalogue said when the call came on record.
fn catalogue(row: &ExecutionRow) -> Option<wire::CatalogueEntry> {
    let said = row.purpose.is_some() || row.tool_type.is_some() || row.risk.is_some();
    let entry =
        || wire::CatalogueEntry { purpose: row.purpose.clone(), tool_type: row.tool_type, risk: row.risk };
    said.then(entry)
}
