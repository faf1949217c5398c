//! What an event does to an execution's row: plain functions from row and event to row.

use proto_events::{Decision, ExecutionEvent as E, Finished, Initiated, Origin, RecordedEvent, ResultStatus};
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus, Stage};

use super::{ExecutionRow, OriginKind, Progress};

/// The longest reason in a row; an error's whole message is with the execution's detail.
const MAX_REASON_CHARS: usize = 1000;

/// The row of an execution that just came on record.
pub(super) fn begin(recorded: &RecordedEvent, initiated: &Initiated) -> ExecutionRow {
    let at = recorded.event.recorded_at;
    ExecutionRow {
        position: recorded.position,
        tenant: recorded.tenant.clone(),
        execution_id: initiated.execution_id,
        agent: initiated.call.agent.clone(),
        conversation: initiated.call.conversation.clone(),
        request_id: initiated.call.request_id.clone(),
        function: initiated.call.function.clone(),
        origin: match initiated.origin {
            Origin::Proposed => OriginKind::Proposed,
            Origin::Recorded(_) => OriginKind::Recorded,
        },
        stage: Stage::Initiated,
        status: ExecutionStatus::of(Stage::Initiated, None),
        approval_status: ApprovalStatus::NotRequired,
        outcome: None,
        result_status: None,
        reason_code: None,
        reason: None,
        requester: initiated.requester.clone(),
        initiated_by: recorded.event.actor.clone(),
        started_by: None,
        arguments_digest: initiated.arguments_digest,
        policy_set: None,
        matched_rules: Vec::new(),
        approval_deadline: None,
        permit_id: None,
        permit_expires_at: None,
        lease_expires_at: None,
        progress: None,
        created_at: at,
        updated_at: at,
        started_at: None,
        finished_at: None,
        resolved_at: None,
        resolved_by: None,
        idempotency_key: initiated.idempotency_key.clone(),
        former_execution: initiated.former_execution,
        attempts: 1,
        last_position: recorded.position,
        last_version: recorded.version,
    }
}

/// Changes `row` as `event` asks. An event that cannot happen where the execution stands leaves it as it is, as it does
/// with the decider's state; answers whether it could.
pub(super) fn evolve(row: &mut ExecutionRow, recorded: &RecordedEvent, event: &E) -> bool {
    let Some(stage) = Stage::after(Some(row.stage), event) else { return false };
    let at = recorded.event.recorded_at;
    let approval = row.approval_status.after(event);
    if row.approval_status == ApprovalStatus::Pending && approval != ApprovalStatus::Pending {
        row.resolved_at = Some(at);
        row.resolved_by = Some(recorded.event.actor.clone());
    }
    row.approval_status = approval;
    if stage.is_terminal() && !row.stage.is_terminal() {
        row.finished_at = Some(at);
        if approval == ApprovalStatus::NotRequired {
            row.resolved_at = Some(at);
        }
    }
    row.stage = stage;
    row.keep(recorded, event);
    row.status = ExecutionStatus::of(stage, row.result_status);
    row.updated_at = at;
    row.last_position = recorded.position;
    row.last_version = recorded.version;
    true
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_REASON_CHARS).collect()
}

impl ExecutionRow {
    fn keep(&mut self, recorded: &RecordedEvent, event: &E) {
        match event {
            E::Initiated(_) | E::Confirmed(_) | E::ApprovalAccepted(_) => {}
            E::Allowed(decided) | E::NoOp(decided) => self.decide(&decided.decision),
            E::Blocked(blocked) => {
                self.decide(&blocked.decision);
                self.because(Some(&blocked.code), Some(&blocked.reason));
            }
            E::ConfirmationRequired(required) => {
                self.decide(&required.decision);
                self.approval_deadline = Some(required.expires_at);
            }
            E::ApprovalRequired(required) => {
                self.decide(&required.decision);
                self.approval_deadline = Some(required.expires_at);
            }
            E::Declined(declined) => self.because(None, declined.reason.as_ref()),
            E::ApprovalDenied(denied) => self.because(None, Some(&denied.reason)),
            E::ApprovalAborted(aborted) => self.because(None, Some(&aborted.feedback)),
            E::ConfirmationExpired(_) | E::ApprovalExpired(_) | E::PermitExpired(_) => {}
            E::Permitted(permitted) => {
                self.permit_id = Some(permitted.permit_id);
                self.permit_expires_at = Some(permitted.expires_at);
            }
            E::InProgress(started) => {
                self.started_by = Some(recorded.event.actor.clone());
                self.started_at = Some(recorded.event.recorded_at);
                self.lease_expires_at = Some(started.lease_expires_at);
            }
            E::Progressed(progressed) => {
                self.progress =
                    Some(Progress { message: progressed.message.clone(), percent: progressed.percent });
                self.lease_expires_at = Some(progressed.lease_expires_at);
            }
            E::Succeeded(_) => self.result_status = Some(ResultStatus::Succeeded),
            E::Failed(finished) => self.end(ResultStatus::Failed, finished),
            E::TimedOut(finished) => self.end(ResultStatus::TimedOut, finished),
            E::Skipped(finished) => self.end(ResultStatus::Skipped, finished),
            E::Cancelled(finished) => self.end(ResultStatus::Cancelled, finished),
            E::ResultUnknown(_) => self.result_status = Some(ResultStatus::Unknown),
            E::Settled(settled) => {
                self.result_status = Some(settled.status);
                self.because(None, Some(&settled.evidence));
            }
            E::Reattempted(reattempted) => {
                self.attempts = self.attempts.max(reattempted.count.saturating_add(1));
            }
        }
    }

    fn decide(&mut self, decision: &Decision) {
        self.outcome = Some(decision.outcome);
        self.policy_set = decision.policy_set.clone();
        self.matched_rules = decision.matched_rules.clone();
    }

    fn end(&mut self, status: ResultStatus, finished: &Finished) {
        self.result_status = Some(status);
        let error = finished.error.as_ref();
        let code = error.and_then(|error| error.code.as_ref());
        self.because(code, finished.reason.as_ref().or(error.map(|error| &error.message)));
    }

    fn because(&mut self, code: Option<&String>, reason: Option<&String>) {
        self.reason_code = code.cloned();
        self.reason = reason.map(|reason| cut(reason));
    }
}
