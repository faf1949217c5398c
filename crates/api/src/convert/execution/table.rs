//! Executions as the execution table has them.

use proto_events::Actor;
use vidimus_api_types as wire;
use vidimus_projection::{self as view, ExecutionFilter, ExecutionRow};

use super::{
    approval_status, audit_outcome, catalogue, execution_status, stage, to_approval_status, to_audit_outcome,
    to_stage, to_status, to_verdict, waits_for,
};

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
        outcome: query.outcome,
        audit_outcome: query.audit_outcome.map(audit_outcome),
        layer: query.layer,
        code: query.code,
        rule: query.rule,
        policy_set: query.policy_set.map(|policy_set| policy_set.to_string()),
        tool_type: query.tool_type,
        risk: query.risk,
        unsettled: query.unsettled,
        suspended: query.suspended,
        requester: query.requester.map(Actor::user),
        initiated_by: None,
        visible_tools: query.visible_tools,
        grant: query.grant,
        final_record: query.final_record,
        from: query.from,
        to: query.to,
        search: query.search,
    }
}

/// A line of the execution table.
pub fn listed(row: ExecutionRow) -> wire::Execution {
    let waits_for = waits_for(row.stage, row.deadline, &row.requester, row.started_by.as_ref(), || None);
    let approval = row.approval_stage.map(|stage| wire::ApprovalProgress {
        stage,
        stages: row.approval_stages,
        accepted: row.votes,
        needed: row.votes_needed,
        missing: row.votes_missing,
        votes: Vec::new(),
        added: Vec::new(),
        escalations: Vec::new(),
    });
    let resolution = row.verdict.map(|verdict| wire::Resolution {
        verdict: to_verdict(verdict),
        comment: row.verdict_comment.clone(),
        on_behalf_of: row.resolved_on_behalf_of.clone(),
        break_glass: row.break_glass.clone(),
        revised_as: row.revised_as,
        card: None,
    });
    let deciding = row.deciding_layer.zip(row.deciding_code.clone()).map(|(layer, code)| {
        let reason = row.deciding_reason.clone().unwrap_or_default();
        wire::Deciding { layer, code, reason }
    });
    let permit = row.permit_id.zip(row.permit_expires_at);
    wire::Execution {
        execution_id: row.execution_id,
        position: row.last_position,
        agent: row.agent.clone(),
        conversation: row.conversation.clone(),
        request_id: row.request_id.clone(),
        function: row.function.clone(),
        origin: match row.origin {
            view::OriginKind::Proposed => wire::OriginKind::Proposed,
            view::OriginKind::Recorded => wire::OriginKind::Recorded,
        },
        stage: to_stage(row.stage),
        status: to_status(row.status),
        approval_status: to_approval_status(row.approval_status),
        outcome: row.outcome,
        audit_outcome: row.audit_outcome.map(to_audit_outcome),
        deciding,
        catalogue: catalogue(&row),
        input_summary: row.input_summary,
        result_status: row.result_status,
        waits_for,
        reason_code: row.reason_code,
        reason: row.reason,
        missing_requirement: row.missing_requirement,
        next_owner: row.next_owner,
        requester: row.requester,
        initiated_by: row.initiated_by,
        started_by: row.started_by,
        resolved_by: row.resolved_by,
        confirmed_by: row.confirmed_by,
        confirmed_at: row.confirmed_at,
        arguments_digest: row.arguments_digest,
        policy_set: row.policy_set,
        matched_rules: row.matched_rules,
        visible_tools: row.visible_tools,
        grant: row.grant,
        redecisions: row.redecisions,
        suspended: row.suspended,
        freeze: None,
        comments: None,
        last_comments: Vec::new(),
        approval,
        resolution,
        permit: permit.map(|(permit_id, expires_at)| wire::Permit { permit_id, expires_at, token: None }),
        approval_deadline: row.approval_deadline,
        lease_expires_at: row.lease_expires_at,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        resolved_at: row.resolved_at,
        idempotency_key: row.idempotency_key,
        former_execution: row.former_execution,
        attempts: row.attempts,
        final_record: row.final_record,
        already: None,
        arguments: None,
        redacted_arguments: Vec::new(),
        context: None,
        activity: None,
        decision: None,
        result: None,
        redacted_result: Vec::new(),
        error: None,
        timing: None,
    }
}
