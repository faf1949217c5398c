//! Executions, from the engine's state and from the view's rows.

use proto_events::{Actor, Origin, Reviewers, Timestamp};
use vidimus_api_types as wire;
use vidimus_domain::execution::{self as domain, DeadlineKind, Stage};
use vidimus_engine::Answer;
use vidimus_projection::{self as view, ExecutionFilter, ExecutionRow};

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
    Initiated, Cleared, AwaitingConfirmation, AwaitingApproval, Permitted, InProgress, Unknown, Blocked, NoOp, Declined,
    ConfirmationExpired, Denied, Aborted, ApprovalExpired, PermitExpired, Succeeded, Failed, TimedOut, Skipped, Cancelled,
    Settled,
});

same_names!(to_status, execution_status: domain::ExecutionStatus = wire::ExecutionStatus {
    Pending, Success, Failed, PendingApproval,
});

same_names!(to_approval_status, approval_status: domain::ApprovalStatus = wire::ApprovalStatus {
    Approved, Rejected, Pending, NotRequired,
});

/// What an execution in `stage` waits for.
fn waits_for(
    stage: Stage,
    deadline: Option<Timestamp>,
    requester: &Actor,
    executor: Option<&Actor>,
) -> Option<wire::WaitsFor> {
    use wire::WaitsForKind as Kind;
    let (kind, by, reviewers) = match stage {
        Stage::AwaitingConfirmation => (Kind::Confirmation, Some(requester), None),
        Stage::AwaitingApproval => (Kind::Approval, None, Some(Reviewers::AnyApprover)),
        Stage::Permitted => (Kind::Start, None, None),
        Stage::InProgress => (Kind::Report, executor, None),
        Stage::Unknown => (Kind::Settlement, None, None),
        _ => return None,
    };
    Some(wire::WaitsFor { kind, by: by.cloned(), reviewers, deadline })
}

/// The answer to a command: without what can be large.
pub fn execution(answer: &Answer) -> Option<wire::Execution> {
    let execution = answer.state.execution()?;
    let domain::Execution { stage, initiated, .. } = execution;
    let deadline = answer.state.deadline().map(|(at, _): (_, DeadlineKind)| at);
    let finished = execution.finished.as_ref();
    let error = finished.and_then(|finished| finished.error.as_ref());
    let blocked = execution.blocked.as_ref();
    let resolution = execution.resolution.as_ref();
    let reason = execution
        .settled
        .as_ref()
        .map(|settled| settled.evidence.clone())
        .or_else(|| finished.and_then(|finished| finished.reason.clone()))
        .or_else(|| error.map(|error| error.message.clone()))
        .or_else(|| blocked.map(|blocked| blocked.reason.clone()))
        .or_else(|| refusal(resolution));
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
        result_status: execution.result_status(),
        waits_for: waits_for(*stage, deadline, &initiated.requester, execution.executor.as_ref()),
        reason_code: blocked
            .map(|blocked| blocked.code.clone())
            .or_else(|| error.and_then(|error| error.code.clone())),
        reason,
        missing_requirement: blocked.and_then(|blocked| blocked.missing_requirement.clone()),
        next_owner: blocked.and_then(|blocked| blocked.next_owner.clone()),
        requester: initiated.requester.clone(),
        initiated_by: execution.initiated_by.clone(),
        started_by: execution.executor.clone(),
        resolved_by: resolution.map(|resolution| resolution.by.clone()),
        arguments_digest: initiated.arguments_digest,
        policy_set: decision.and_then(|decision| decision.policy_set.clone()),
        matched_rules: decision.map(|decision| decision.matched_rules.clone()).unwrap_or_default(),
        permit: execution
            .permit
            .as_ref()
            .map(|permit| wire::Permit { permit_id: permit.id, expires_at: permit.expires_at }),
        approval_deadline: execution.human_deadline,
        lease_expires_at: execution.lease_expires_at,
        created_at: execution.initiated_at,
        started_at: execution.started_at,
        finished_at: execution.ended_at,
        resolved_at: resolution.map(|resolution| resolution.at).or(execution.ended_at.filter(|_| !is_human)),
        idempotency_key: initiated.idempotency_key.clone(),
        former_execution: initiated.former_execution,
        attempts: execution.reattempts.saturating_add(1),
        already: Some(answer.already),
        arguments: None,
        context: None,
        activity: None,
        decision: None,
        result: None,
        error: None,
        timing: None,
    })
}

/// What was said with a "no"; a comment with a "yes" is no reason.
fn refusal(resolution: Option<&domain::Resolution>) -> Option<String> {
    use domain::Verdict as V;
    let resolution = resolution?;
    match resolution.verdict {
        V::Declined | V::Denied | V::Aborted => resolution.text.clone(),
        V::Confirmed | V::Accepted | V::ConfirmationExpired | V::ApprovalExpired => None,
    }
}

/// An execution with all that is known of it.
pub fn detail(answer: &Answer) -> Option<wire::Execution> {
    let execution = self::execution(answer)?;
    let state = answer.state.execution()?;
    let (initiated, finished) = (&state.initiated, state.finished.as_ref());
    Some(wire::Execution {
        already: None,
        arguments: initiated.arguments.clone(),
        context: initiated.context.clone(),
        activity: match &initiated.origin {
            Origin::Proposed => None,
            Origin::Recorded(activity) => Some(activity.clone()),
        },
        decision: state.decision.clone(),
        result: state
            .settled
            .as_ref()
            .and_then(|settled| settled.result.clone())
            .or_else(|| finished.and_then(|finished| finished.result.clone())),
        error: finished.and_then(|finished| finished.error.clone()),
        timing: finished.and_then(|finished| finished.timing.clone()),
        ..execution
    })
}

/// Which executions a query asks for, whatever the page.
pub fn execution_filter(query: wire::ExecutionQuery) -> ExecutionFilter {
    ExecutionFilter {
        agent: query.agent,
        conversation: query.conversation,
        function: query.function,
        status: query.status.map(execution_status),
        stage: query.stage.map(stage),
        approval_status: query.approval_status.map(approval_status),
        resolved_by: query.resolved_by,
        from: query.from,
        to: query.to,
        search: query.search,
    }
}

/// A line of the execution table.
pub fn listed(row: ExecutionRow) -> wire::Execution {
    let deadline = match row.stage {
        Stage::AwaitingConfirmation | Stage::AwaitingApproval => row.approval_deadline,
        Stage::Permitted => row.permit_expires_at,
        Stage::InProgress => row.lease_expires_at,
        _ => None,
    };
    let waits_for = waits_for(row.stage, deadline, &row.requester, row.started_by.as_ref());
    wire::Execution {
        execution_id: row.execution_id,
        position: row.last_position,
        agent: row.agent,
        conversation: row.conversation,
        request_id: row.request_id,
        function: row.function,
        origin: match row.origin {
            view::OriginKind::Proposed => wire::OriginKind::Proposed,
            view::OriginKind::Recorded => wire::OriginKind::Recorded,
        },
        stage: to_stage(row.stage),
        status: to_status(row.status),
        approval_status: to_approval_status(row.approval_status),
        outcome: row.outcome,
        result_status: row.result_status,
        waits_for,
        reason_code: row.reason_code,
        reason: row.reason,
        missing_requirement: None,
        next_owner: None,
        requester: row.requester,
        initiated_by: row.initiated_by,
        started_by: row.started_by,
        resolved_by: row.resolved_by,
        arguments_digest: row.arguments_digest,
        policy_set: row.policy_set,
        matched_rules: row.matched_rules,
        permit: row
            .permit_id
            .zip(row.permit_expires_at)
            .map(|(permit_id, expires_at)| wire::Permit { permit_id, expires_at }),
        approval_deadline: row.approval_deadline,
        lease_expires_at: row.lease_expires_at,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        resolved_at: row.resolved_at,
        idempotency_key: row.idempotency_key,
        former_execution: row.former_execution,
        attempts: row.attempts,
        already: None,
        arguments: None,
        context: None,
        activity: None,
        decision: None,
        result: None,
        error: None,
        timing: None,
    }
}
