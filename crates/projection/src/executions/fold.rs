//! What an event does to an execution's row: plain functions from row and event to row.

use proto_events::{
    Decision, ExecutionEvent as E, Finished, FunctionDescription, Initiated, Json, Origin, Outcome,
    RecordedEvent, ResultStatus, Timestamp,
};
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus, Stage, requirement_of};

use super::{AuditOutcome, ExecutionRow, OriginKind, Progress, Verdict, glance};
use crate::redact::shown;

/// The longest text of a person or of the catalogue in a row; the whole is with the events.
const MAX_TEXT_CHARS: usize = 1000;

/// What the catalogue says of a function, as far as it stands in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) purpose: String,
    pub(super) tool_type: proto_events::ToolType,
    pub(super) risk: proto_events::RiskLevel,
}

impl Described {
    pub(super) fn of(description: &FunctionDescription) -> Self {
        Self { purpose: cut(&description.purpose), tool_type: description.tool_type, risk: description.risk }
    }

    /// What a row has of it; a row has all or nothing.
    pub(super) fn of_row(row: &ExecutionRow) -> Option<Self> {
        let (purpose, tool_type, risk) = (row.purpose.clone()?, row.tool_type?, row.risk?);
        Some(Self { purpose, tool_type, risk })
    }
}

/// The row of an execution that just came on record, of a function that the catalogue says this of.
pub(super) fn begin(
    recorded: &RecordedEvent,
    initiated: &Initiated,
    described: Option<&Described>,
) -> ExecutionRow {
    let at = recorded.event.recorded_at;
    let sensitive = &initiated.sensitive;
    let line = |arguments: &Json| glance::input_summary(&shown(arguments, sensitive).json);
    let context = initiated.context.as_ref();
    ExecutionRow {
        position: recorded.position,
        tenant: recorded.tenant.clone(),
        execution_id: initiated.execution_id,
        agent: initiated.call.agent.clone(),
        conversation: initiated.call.conversation.clone(),
        request_id: initiated.call.request_id.clone(),
        function: initiated.call.function.clone(),
        purpose: described.map(|described| described.purpose.clone()),
        tool_type: described.map(|described| described.tool_type),
        risk: described.map(|described| described.risk),
        input_summary: initiated.arguments.as_ref().map(line),
        sensitive: sensitive.clone(),
        origin: match initiated.origin {
            Origin::Proposed => OriginKind::Proposed,
            Origin::Recorded(_) => OriginKind::Recorded,
        },
        stage: Stage::Initiated,
        status: ExecutionStatus::of(Stage::Initiated, None),
        approval_status: ApprovalStatus::NotRequired,
        outcome: None,
        audit_outcome: None,
        deciding_layer: None,
        deciding_code: None,
        deciding_reason: None,
        missing_requirement: None,
        next_owner: None,
        result_status: None,
        reason_code: None,
        reason: None,
        requester: initiated.requester.clone(),
        initiated_by: recorded.event.actor.clone(),
        started_by: None,
        arguments_digest: initiated.arguments_digest,
        policy_set: None,
        matched_rules: Vec::new(),
        asking_rules: Vec::new(),
        asking_layers: Vec::new(),
        visible_tools: None,
        grant: None,
        redecisions: 0,
        suspended: false,
        deadline: None,
        approval_deadline: None,
        approval_stage: None,
        approval_stages: 0,
        votes: 0,
        votes_needed: 0,
        votes_missing: 0,
        confirmed_at: None,
        confirmed_by: None,
        verdict: None,
        verdict_comment: None,
        resolved_on_behalf_of: None,
        break_glass: None,
        revised_as: None,
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
        reused: false,
        final_record: context.and_then(|context| glance::final_record(context, sensitive)),
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
    let is_resolved = matches!(approval, ApprovalStatus::Approved | ApprovalStatus::Rejected);
    if row.approval_status == ApprovalStatus::Pending && is_resolved {
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
    // What is kept depends on the stage before.
    row.keep(recorded, event);
    row.stage = stage;
    if !stage.is_open() && !stage.is_transitional() {
        row.suspended = false;
    }
    row.status = ExecutionStatus::of(stage, row.result_status);
    row.deadline = row.open_deadline();
    row.audit_outcome = row.outcome.map(|outcome| row.in_words_of_the_audit(outcome));
    row.updated_at = at;
    row.last_position = recorded.position;
    row.last_version = recorded.version;
    true
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARS).collect()
}

impl ExecutionRow {
    fn keep(&mut self, recorded: &RecordedEvent, event: &E) {
        match event {
            E::Initiated(_)
            | E::PermitExpired(_)
            | E::ApprovalEscalated(_)
            | E::ApprovalReminded(_)
            | E::Commented(_) => {}
            E::Allowed(decided) | E::NoOp(decided) => {
                self.decide(&decided.decision);
                self.ask_nobody();
            }
            E::Blocked(blocked) => {
                self.decide(&blocked.decision);
                self.missing_requirement = blocked.missing_requirement.as_deref().map(cut);
                self.next_owner = blocked.next_owner.as_deref().map(cut);
                self.because(Some(&blocked.code), Some(&blocked.reason));
            }
            E::Redecided(redecided) => {
                self.decide(&redecided.decision);
                self.redecisions = self.redecisions.saturating_add(1);
            }
            E::ConfirmationRequired(required) => {
                self.decide(&required.decision);
                self.ask(required.expires_at);
                self.forget_confirmation();
            }
            E::ApprovalRequired(required) => {
                self.decide(&required.decision);
                self.ask(required.expires_at);
                self.approval_stage = Some(required.stage);
                (self.votes, self.votes_needed, self.votes_missing) = (0, required.quorum, required.quorum);
                if required.stage == 0 && self.stage != Stage::Cleared {
                    self.forget_confirmation();
                }
            }
            E::Confirmed(_) => {
                self.verdict = Some(Verdict::Confirmed);
                self.confirmed_at = Some(recorded.event.recorded_at);
                self.confirmed_by = Some(recorded.event.actor.clone());
            }
            E::Declined(declined) => self.refuse(Verdict::Declined, declined.reason.as_ref()),
            E::ApprovalVoted(voted) => {
                self.votes = self.votes.saturating_add(1);
                self.votes_missing = voted.missing;
            }
            E::ApprovalAccepted(accepted) => {
                self.verdict = Some(Verdict::Approved);
                self.verdict_comment = accepted.comment.as_deref().map(cut);
                self.resolved_on_behalf_of.clone_from(&accepted.on_behalf_of);
                self.break_glass = accepted.break_glass.as_deref().map(cut);
                if accepted.break_glass.is_none() {
                    self.votes = self.votes.saturating_add(1);
                }
                // Where the reviewers are passed over, nobody has to accept any more either.
                self.votes_missing = 0;
            }
            E::ApprovalDenied(denied) => {
                self.refuse(Verdict::Denied, Some(&denied.reason));
                self.resolved_on_behalf_of.clone_from(&denied.on_behalf_of);
            }
            E::ApprovalAborted(aborted) => {
                let is_revised = aborted.revised_as.is_some();
                let verdict = if is_revised { Verdict::Revised } else { Verdict::Aborted };
                self.refuse(verdict, Some(&aborted.feedback));
                self.resolved_on_behalf_of.clone_from(&aborted.on_behalf_of);
                self.revised_as = aborted.revised_as;
            }
            E::ConfirmationExpired(_) => self.verdict = Some(Verdict::ConfirmationExpired),
            E::ApprovalExpired(_) => self.verdict = Some(Verdict::ApprovalExpired),
            E::Suspended(_) => self.suspended = true,
            E::Resumed(resumed) => {
                self.suspended = false;
                if self.stage == Stage::Permitted {
                    self.permit_expires_at = Some(resumed.deadline);
                } else {
                    self.approval_deadline = Some(resumed.deadline);
                }
            }
            E::Permitted(permitted) => {
                self.permit_id = Some(permitted.permit_id);
                self.permit_expires_at = Some(permitted.expires_at);
            }
            E::PermitWithdrawn(_) => (self.permit_id, self.permit_expires_at) = (None, None),
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
            E::Succeeded(finished) => {
                self.result_status = Some(ResultStatus::Succeeded);
                self.link(finished.result.as_ref());
            }
            E::Failed(finished) => self.end(ResultStatus::Failed, finished),
            E::TimedOut(finished) => self.end(ResultStatus::TimedOut, finished),
            E::Skipped(finished) => self.end(ResultStatus::Skipped, finished),
            E::Cancelled(finished) => self.end(ResultStatus::Cancelled, finished),
            E::ResultUnknown(_) => self.result_status = Some(ResultStatus::Unknown),
            E::Settled(settled) => {
                self.result_status = Some(settled.status);
                self.because(None, Some(&settled.evidence));
                self.link(settled.result.as_ref());
            }
            E::Reattempted(reattempted) => {
                self.attempts = self.attempts.max(reattempted.count.saturating_add(1));
                self.reused = true;
            }
        }
    }

    fn decide(&mut self, decision: &Decision) {
        self.outcome = Some(decision.outcome);
        let deciding = decision.deciding();
        self.deciding_layer = deciding.map(|finding| finding.layer);
        self.deciding_code = deciding.map(|finding| finding.code.clone());
        self.deciding_reason = deciding.map(|finding| cut(&finding.reason));
        (self.missing_requirement, self.next_owner) = (None, None);
        self.policy_set.clone_from(&decision.policy_set);
        self.matched_rules.clone_from(&decision.matched_rules);
        self.visible_tools = decision.visible_tools;
        self.grant = decision.grant;
        let stages = requirement_of(decision).stages;
        self.approval_stages = u32::try_from(stages.len()).unwrap_or(u32::MAX);
        for need in stages.iter().flat_map(|stage| &stage.needs) {
            let is_rule = decision.matched_rules.contains(&need.rule);
            // Who was asked before it was decided again was asked: they are kept.
            let asking = if is_rule { &mut self.asking_rules } else { &mut self.asking_layers };
            if !asking.contains(&need.rule) {
                asking.push(need.rule.clone());
            }
        }
    }

    /// People are asked, for the first time or anew: what was said before stands no longer.
    fn ask(&mut self, until: Timestamp) {
        self.approval_deadline = Some(until);
        (self.resolved_at, self.resolved_by, self.resolved_on_behalf_of) = (None, None, None);
        (self.verdict, self.verdict_comment, self.break_glass) = (None, None, None);
        (self.approval_stage, self.votes, self.votes_needed, self.votes_missing) = (None, 0, 0, 0);
    }

    /// Nobody has to be asked, or nobody has to any more.
    const fn ask_nobody(&mut self) {
        self.approval_deadline = None;
        (self.approval_stage, self.votes, self.votes_needed, self.votes_missing) = (None, 0, 0, 0);
    }

    fn forget_confirmation(&mut self) {
        (self.confirmed_at, self.confirmed_by) = (None, None);
    }

    /// Somebody said no.
    fn refuse(&mut self, verdict: Verdict, reason: Option<&String>) {
        self.verdict = Some(verdict);
        self.verdict_comment = reason.map(|reason| cut(reason));
        self.because(None, reason);
    }

    fn end(&mut self, status: ResultStatus, finished: &Finished) {
        self.result_status = Some(status);
        let error = finished.error.as_ref();
        let code = error.and_then(|error| error.code.as_ref());
        self.because(code, finished.reason.as_ref().or(error.map(|error| &error.message)));
        self.link(finished.result.as_ref());
    }

    fn because(&mut self, code: Option<&String>, reason: Option<&String>) {
        self.reason_code = code.cloned();
        self.reason = reason.map(|reason| cut(reason));
    }

    fn link(&mut self, result: Option<&Json>) {
        if let Some(link) = result.and_then(|result| glance::final_record(result, &self.sensitive)) {
            self.final_record = Some(link);
        }
    }

    const fn open_deadline(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::AwaitingConfirmation | Stage::AwaitingApproval => self.approval_deadline,
            Stage::Permitted => self.permit_expires_at,
            Stage::InProgress => self.lease_expires_at,
            _ => None,
        }
    }

    const fn in_words_of_the_audit(&self, outcome: Outcome) -> AuditOutcome {
        match (outcome, self.approval_status) {
            (Outcome::Blocked, _) => AuditOutcome::Blocked,
            (Outcome::NoOp, _) => AuditOutcome::NoAction,
            (_, ApprovalStatus::Pending) => AuditOutcome::PendingApproval,
            (_, ApprovalStatus::Rejected) => AuditOutcome::Rejected,
            (_, ApprovalStatus::Approved) if matches!(self.verdict, Some(Verdict::Confirmed)) => {
                AuditOutcome::Confirmed
            }
            (_, ApprovalStatus::Approved | ApprovalStatus::NotRequired) => AuditOutcome::Allowed,
        }
    }
}
