//! A row of the execution table as cells, and back.

use proto_events::{Actor, Layer, Outcome, ResultStatus, RiskLevel, ToolType};
use rusqlite::Row;
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus, Stage};

use super::{AuditOutcome, ExecutionRow, OriginKind, Progress, Verdict, table::COLUMN_COUNT};
use crate::sql::{Cell, Columns, SqlError};

const OUTCOMES: [Outcome; 5] = [
    Outcome::NoOp,
    Outcome::Allowed,
    Outcome::ConfirmationRequired,
    Outcome::AwaitingApproval,
    Outcome::Blocked,
];
const LAYERS: [Layer; 7] = [
    Layer::Freeze,
    Layer::FunctionAccess,
    Layer::Readiness,
    Layer::ArgumentSchema,
    Layer::ToolRisk,
    Layer::Policy,
    Layer::Grant,
];
const RESULT_STATUSES: [ResultStatus; 6] = [
    ResultStatus::Succeeded,
    ResultStatus::Failed,
    ResultStatus::TimedOut,
    ResultStatus::Skipped,
    ResultStatus::Cancelled,
    ResultStatus::Unknown,
];
const ORIGINS: [OriginKind; 2] = [OriginKind::Proposed, OriginKind::Recorded];

const fn origin(kind: OriginKind) -> &'static str {
    match kind {
        OriginKind::Proposed => "proposed",
        OriginKind::Recorded => "recorded",
    }
}

fn kind(actor: Option<&Actor>) -> Cell<'_> {
    actor.map(|actor| actor.kind.as_str()).into()
}

fn id(actor: Option<&Actor>) -> Cell<'_> {
    actor.map(|actor| &*actor.id).into()
}

/// A list of names as JSON text; none where it is empty.
pub(crate) fn names(names: &[String]) -> Cell<'_> {
    if names.is_empty() { Cell::Null } else { serde_json::to_string(names).ok().into() }
}

/// The row's values, in the order of the columns.
pub(super) fn cells(row: &ExecutionRow) -> [Cell<'_>; COLUMN_COUNT - 1] {
    let progress = row.progress.as_ref();
    [
        row.position.get().into(),
        row.tenant.as_str().into(),
        (&row.execution_id).into(),
        (&row.agent).into(),
        (&row.conversation).into(),
        row.request_id.as_ref().into(),
        row.function.as_str().into(),
        row.purpose.as_ref().into(),
        row.tool_type.map(ToolType::as_str).into(),
        row.risk.map(RiskLevel::as_str).into(),
        row.input_summary.as_ref().into(),
        names(&row.sensitive),
        origin(row.origin).into(),
        kind(Some(&row.requester)),
        id(Some(&row.requester)),
        kind(Some(&row.initiated_by)),
        id(Some(&row.initiated_by)),
        row.arguments_digest.as_ref().into(),
        row.idempotency_key.as_ref().into(),
        row.former_execution.as_ref().into(),
        row.created_at.into(),
        row.stage.as_str().into(),
        row.status.as_str().into(),
        row.approval_status.as_str().into(),
        row.outcome.map(Outcome::as_str).into(),
        row.audit_outcome.map(AuditOutcome::as_str).into(),
        row.deciding_layer.map(Layer::as_str).into(),
        row.deciding_code.as_ref().into(),
        row.deciding_reason.as_ref().into(),
        row.missing_requirement.as_ref().into(),
        row.next_owner.as_ref().into(),
        row.result_status.map(ResultStatus::as_str).into(),
        row.reason_code.as_ref().into(),
        row.reason.as_ref().into(),
        kind(row.started_by.as_ref()),
        id(row.started_by.as_ref()),
        row.policy_set.as_ref().into(),
        names(&row.matched_rules),
        names(&row.asking_rules),
        names(&row.asking_layers),
        row.visible_tools.as_ref().into(),
        row.grant.as_ref().into(),
        row.redecisions.into(),
        row.suspended.into(),
        row.deadline.into(),
        row.approval_deadline.into(),
        row.approval_stage.into(),
        row.approval_stages.into(),
        row.votes.into(),
        row.votes_needed.into(),
        row.votes_missing.into(),
        row.confirmed_at.into(),
        kind(row.confirmed_by.as_ref()),
        id(row.confirmed_by.as_ref()),
        row.verdict.map(Verdict::as_str).into(),
        row.verdict_comment.as_ref().into(),
        kind(row.resolved_on_behalf_of.as_ref()),
        id(row.resolved_on_behalf_of.as_ref()),
        row.break_glass.as_ref().into(),
        row.revised_as.as_ref().into(),
        row.permit_id.as_ref().into(),
        row.permit_expires_at.into(),
        row.lease_expires_at.into(),
        progress.is_some().into(),
        progress.and_then(|progress| progress.message.as_ref()).into(),
        progress.and_then(|progress| progress.percent).map(u32::from).into(),
        row.updated_at.into(),
        row.started_at.into(),
        row.finished_at.into(),
        row.resolved_at.into(),
        kind(row.resolved_by.as_ref()),
        id(row.resolved_by.as_ref()),
        row.attempts.into(),
        row.reused.into(),
        row.final_record.as_ref().into(),
        row.last_position.get().into(),
        row.last_version.get().into(),
    ]
}

/// Reads the columns, from the row's first on.
pub(crate) fn read(row: &Row<'_>) -> Result<ExecutionRow, SqlError> {
    let mut c = Columns::checked(row, 0, COLUMN_COUNT)?;
    let missing = || SqlError::Damaged("an execution has no origin".to_owned());
    Ok(ExecutionRow {
        position: c.position()?,
        tenant: c.parse()?,
        execution_id: c.id()?,
        agent: c.string()?,
        conversation: c.string()?,
        request_id: c.opt_string()?,
        function: c.parse()?,
        purpose: c.opt_string()?,
        tool_type: c.opt_parse::<ToolType>()?,
        risk: c.opt_parse::<RiskLevel>()?,
        input_summary: c.opt_string()?,
        sensitive: c.opt_json()?.unwrap_or_default(),
        origin: c.opt_named(&ORIGINS, origin)?.ok_or_else(missing)?,
        requester: c.actor()?,
        initiated_by: c.actor()?,
        arguments_digest: c.opt_digest()?,
        idempotency_key: c.opt_string()?,
        former_execution: c.opt_id()?,
        created_at: c.time()?,
        stage: c.parse::<Stage>()?,
        status: c.parse::<ExecutionStatus>()?,
        approval_status: c.parse::<ApprovalStatus>()?,
        outcome: c.opt_named(&OUTCOMES, Outcome::as_str)?,
        audit_outcome: c.opt_named(&AuditOutcome::ALL, AuditOutcome::as_str)?,
        deciding_layer: c.opt_named(&LAYERS, Layer::as_str)?,
        deciding_code: c.opt_string()?,
        deciding_reason: c.opt_string()?,
        missing_requirement: c.opt_string()?,
        next_owner: c.opt_string()?,
        result_status: c.opt_named(&RESULT_STATUSES, ResultStatus::as_str)?,
        reason_code: c.opt_string()?,
        reason: c.opt_string()?,
        started_by: c.opt_actor()?,
        policy_set: c.opt_string()?,
        matched_rules: c.opt_json()?.unwrap_or_default(),
        asking_rules: c.opt_json()?.unwrap_or_default(),
        asking_layers: c.opt_json()?.unwrap_or_default(),
        visible_tools: c.opt_digest()?,
        grant: c.opt_id()?,
        redecisions: c.count()?,
        suspended: c.flag()?,
        deadline: c.opt_time()?,
        approval_deadline: c.opt_time()?,
        approval_stage: c.opt_small()?,
        approval_stages: c.small()?,
        votes: c.small()?,
        votes_needed: c.small()?,
        votes_missing: c.small()?,
        confirmed_at: c.opt_time()?,
        confirmed_by: c.opt_actor()?,
        verdict: c.opt_named(&Verdict::ALL, Verdict::as_str)?,
        verdict_comment: c.opt_string()?,
        resolved_on_behalf_of: c.opt_actor()?,
        break_glass: c.opt_string()?,
        revised_as: c.opt_id()?,
        permit_id: c.opt_id()?,
        permit_expires_at: c.opt_time()?,
        lease_expires_at: c.opt_time()?,
        progress: read_progress(&mut c)?,
        updated_at: c.time()?,
        started_at: c.opt_time()?,
        finished_at: c.opt_time()?,
        resolved_at: c.opt_time()?,
        resolved_by: c.opt_actor()?,
        attempts: c.count()?,
        reused: c.flag()?,
        final_record: c.opt_string()?,
        last_position: c.position()?,
        last_version: c.version()?,
    })
}

fn read_progress(c: &mut Columns<'_>) -> Result<Option<Progress>, SqlError> {
    let is_there = c.flag()?;
    let message = c.opt_string()?;
    let percent = c.opt_int()?.map(u8::try_from).transpose();
    let percent = percent.map_err(|_| SqlError::Damaged("a percentage is out of range".to_owned()))?;
    Ok(is_there.then_some(Progress { message, percent }))
}
