//! What an event does to the queue: plain functions.

use std::time::Duration;

use proto_events::{
    Actor, ApprovalAccepted, ApprovalRequired, ApprovalVoted, Decision, ExecutionEvent as E, Initiated, Json,
    LayerFinding, Origin, RecordedEvent, Requirement, Timestamp,
};
use uuid::Uuid;
use vidimus_domain::execution::{MAX_REMINDERS, is_reason, requirement_of, sensitive_of};

use super::{ApprovalKind, DueEscalation, Escalated, PendingApproval, Vote, reviewing};
use crate::redact::shown;

/// The longest comment in a row; the whole is with the event.
const MAX_TEXT_CHARS: usize = 1000;

/// A call that may be asked for, or be asked for again: it has not started, and nobody said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// What is known of it before anybody is asked.
    pub(super) call: Call,
    /// What a human is asked for now.
    pub(super) asked: Option<Box<PendingApproval>>,
}

/// What is known of a call before anybody is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Position of its `initiated` event.
    pub(super) position: u64,
    /// Who proposed it.
    pub(super) proposed_by: Actor,
    /// Members of the arguments that are left out.
    pub(super) sensitive: Vec<String>,
    /// How often it was decided on again.
    pub(super) redecisions: u64,
    /// How many comments were made.
    pub(super) comments: u64,
    /// Whether a freeze covers it.
    pub(super) suspended: bool,
}

impl Call {
    /// The call as it is asked for. What was sensitive when it came on record stays so, whatever the catalogue says by now.
    fn asked_with(&self, sensitive: &[String]) -> Self {
        Self { sensitive: sensitive_of(&self.sensitive, sensitive), ..self.clone() }
    }
}

/// What an event does to the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing, whatever the call.
    None,
    /// It begins a call: [`begin`].
    Begins,
    /// It changes the call, or what is asked: [`evolve`].
    Changes,
    /// Nobody will be asked for the call any more.
    Ends,
}

/// What `event` does to the queue.
pub(super) const fn effect(event: &E) -> Effect {
    match event {
        E::Initiated(_) => Effect::Begins,
        E::ConfirmationRequired(_)
        | E::Confirmed(_)
        | E::Allowed(_)
        | E::ApprovalRequired(_)
        | E::ApprovalVoted(_)
        | E::ApprovalAccepted(_)
        | E::ApprovalEscalated(_)
        | E::ApprovalReminded(_)
        | E::Commented(_)
        | E::Redecided(_)
        | E::Suspended(_)
        | E::Resumed(_) => Effect::Changes,
        E::Blocked(_)
        | E::NoOp(_)
        | E::Declined(_)
        | E::ConfirmationExpired(_)
        | E::ApprovalDenied(_)
        | E::ApprovalAborted(_)
        | E::ApprovalExpired(_)
        | E::PermitExpired(_)
        | E::InProgress(_)
        | E::Succeeded(_)
        | E::Failed(_)
        | E::TimedOut(_)
        | E::Skipped(_)
        | E::Cancelled(_) => Effect::Ends,
        E::Permitted(_)
        | E::PermitWithdrawn(_)
        | E::Progressed(_)
        | E::ResultUnknown(_)
        | E::Settled(_)
        | E::Reattempted(_) => Effect::None,
    }
}

/// A call that just came on record; `None` where it was handed in after the fact, as nobody is asked then.
pub(super) fn begin(recorded: &RecordedEvent, initiated: &Initiated) -> Option<Open> {
    match initiated.origin {
        Origin::Recorded(_) => None,
        Origin::Proposed => Some(Open {
            call: Call {
                position: recorded.position.get(),
                proposed_by: recorded.event.actor.clone(),
                sensitive: initiated.sensitive.clone(),
                redecisions: 0,
                comments: 0,
                suspended: false,
            },
            asked: None,
        }),
    }
}

/// Changes `open` as `event` of the execution `id` asks.
pub(super) fn evolve(open: &mut Open, recorded: &RecordedEvent, id: Uuid, event: &E) {
    let Open { call, asked } = open;
    match event {
        E::ConfirmationRequired(required) => {
            let call = &call.asked_with(&required.sensitive);
            let mut row = ask(call, recorded, id, event, &required.decision, &required.arguments);
            row.requester = required.requester.clone();
            row.deadline = required.expires_at;
            *asked = Some(Box::new(row));
        }
        E::ApprovalRequired(required) => {
            *asked = Some(Box::new(ask_reviewers(call, recorded, id, event, required)));
        }
        // Answered, or nobody has to be asked any more.
        E::Confirmed(_) | E::ApprovalAccepted(ApprovalAccepted { .. }) | E::Allowed(_) => *asked = None,
        E::ApprovalVoted(voted) => {
            if let Some(row) = asked {
                vote(row, recorded, voted);
            }
        }
        E::ApprovalEscalated(escalated) => {
            if let Some(row) = asked {
                if !row.escalations.is_empty() {
                    row.escalations.remove(0);
                }
                let reviewers = escalated.reviewers.clone();
                row.escalated.push(Escalated { due: escalated.due, reviewers });
            }
        }
        E::ApprovalReminded(reminded) => {
            if let Some(row) = asked {
                remind(row, reminded.count);
            }
        }
        E::Commented(_) => call.comments = call.comments.saturating_add(1),
        E::Redecided(redecided) => {
            call.redecisions = call.redecisions.saturating_add(1);
            if let Some(row) = asked {
                because(row, &redecided.decision);
            }
        }
        E::Suspended(_) => call.suspended = true,
        E::Resumed(resumed) => {
            call.suspended = false;
            if let Some(row) = asked {
                move_to(row, resumed.deadline);
            }
        }
        E::Initiated(_)
        | E::Blocked(_)
        | E::NoOp(_)
        | E::Declined(_)
        | E::ConfirmationExpired(_)
        | E::ApprovalDenied(_)
        | E::ApprovalAborted(_)
        | E::ApprovalExpired(_)
        | E::Permitted(_)
        | E::PermitExpired(_)
        | E::PermitWithdrawn(_)
        | E::InProgress(_)
        | E::Progressed(_)
        | E::Succeeded(_)
        | E::Failed(_)
        | E::TimedOut(_)
        | E::Skipped(_)
        | E::Cancelled(_)
        | E::ResultUnknown(_)
        | E::Settled(_)
        | E::Reattempted(_) => {}
    }
    if let Some(row) = asked {
        (row.redecisions, row.comments, row.suspended) = (call.redecisions, call.comments, call.suspended);
    }
}

/// A confirmation; an approval differs in what the event says.
fn ask(
    call: &Call,
    recorded: &RecordedEvent,
    id: Uuid,
    event: &E,
    decision: &Decision,
    arguments: &Json,
) -> PendingApproval {
    let arguments = shown(arguments, &call.sensitive);
    let mut row = PendingApproval {
        position: recorded.position,
        version: recorded.version,
        tenant: recorded.tenant.clone(),
        execution_id: id,
        kind: ApprovalKind::Confirmation,
        agent: event.call().agent.clone(),
        conversation: event.call().conversation.clone(),
        request_id: event.call().request_id.clone(),
        function: event.call().function.clone(),
        arguments: arguments.json.into_owned(),
        redacted: arguments.redacted,
        arguments_digest: decision.arguments_digest,
        requester: call.proposed_by.clone(),
        proposed_by: call.proposed_by.clone(),
        reviewers: None,
        quorum: 1,
        stage: 0,
        stages: u32::try_from(requirement_of(decision).stages.len()).unwrap_or(u32::MAX),
        needs: Vec::new(),
        votes: Vec::new(),
        missing: 1,
        self_review: false,
        escalated: Vec::new(),
        escalations: Vec::new(),
        remind_after_seconds: None,
        remind_at: None,
        reminders: 0,
        comments: call.comments,
        suspended: call.suspended,
        redecisions: call.redecisions,
        requested_at: recorded.event.recorded_at,
        deadline: recorded.event.recorded_at,
        reason_code: None,
        reason: None,
        policy_set: None,
        matched_rules: Vec::new(),
        reasons: Vec::new(),
        sensitive: call.sensitive.clone(),
    };
    because(&mut row, decision);
    row
}

/// Why it is asked, by a decision that asks for the same.
fn because(row: &mut PendingApproval, decision: &Decision) {
    let deciding = decision.deciding();
    row.reason_code = deciding.map(|finding| finding.code.clone());
    row.reason = deciding.map(|finding| finding.reason.clone());
    row.policy_set.clone_from(&decision.policy_set);
    row.matched_rules.clone_from(&decision.matched_rules);
    let is_confirmation = row.kind == ApprovalKind::Confirmation;
    let asks = |finding: &&LayerFinding| is_reason(finding, is_confirmation);
    row.reasons = decision.findings.iter().filter(asks).cloned().collect();
}

fn ask_reviewers(
    call: &Call,
    recorded: &RecordedEvent,
    id: Uuid,
    event: &E,
    required: &ApprovalRequired,
) -> PendingApproval {
    let decision = &required.decision;
    let call = call.asked_with(&required.sensitive);
    let row = ask(&call, recorded, id, event, decision, &required.arguments);
    let at = recorded.event.recorded_at;
    let Requirement { mut stages, remind_after_seconds, escalations, self_review, .. } =
        requirement_of(decision);
    let stage = usize::try_from(required.stage).ok().filter(|stage| *stage < stages.len());
    let needs = stage.map(|stage| stages.swap_remove(stage).needs).unwrap_or_default();
    let after = |seconds: u64| at.plus(Duration::from_secs(seconds));
    let escalations = escalations.into_iter().map(|escalation| DueEscalation {
        at: after(escalation.after_seconds),
        reviewers: escalation.reviewers,
    });
    let remind_after_seconds = remind_after_seconds.filter(|seconds| *seconds > 0);
    let mut row = PendingApproval {
        kind: ApprovalKind::Approval,
        requester: required.requester.clone(),
        reviewers: Some(required.reviewers.clone()),
        quorum: required.quorum,
        missing: required.quorum,
        stage: required.stage,
        needs,
        self_review,
        escalations: escalations.collect(),
        remind_after_seconds,
        remind_at: remind_after_seconds.map(after),
        deadline: required.expires_at,
        ..row
    };
    because(&mut row, decision);
    row
}

fn vote(row: &mut PendingApproval, recorded: &RecordedEvent, voted: &ApprovalVoted) {
    let by = recorded.event.actor.clone();
    let person = voted.on_behalf_of.as_ref().unwrap_or(&by);
    let counts_for = reviewing::counts_for(row, person, &voted.groups);
    row.votes.push(Vote {
        on_behalf_of: voted.on_behalf_of.clone(),
        groups: voted.groups.clone(),
        comment: voted.comment.as_ref().map(|comment| comment.chars().take(MAX_TEXT_CHARS).collect()),
        at: recorded.event.recorded_at,
        card: voted.card,
        counts_for,
        by,
    });
    row.missing = voted.missing;
}

fn remind(row: &mut PendingApproval, count: u32) {
    let more = u64::from(count.saturating_sub(row.reminders));
    row.reminders = row.reminders.max(count);
    let is_last = row.reminders >= MAX_REMINDERS;
    let next = row.remind_at.zip(row.remind_after_seconds).filter(|_| !is_last);
    row.remind_at = next.map(|(at, seconds)| at.plus(Duration::from_secs(seconds.saturating_mul(more))));
}

/// The deadline is another one: what counts up to it moves by as much.
fn move_to(row: &mut PendingApproval, deadline: Timestamp) {
    let micros = deadline.as_micros().saturating_sub(row.deadline.as_micros());
    let later = Duration::from_micros(u64::try_from(micros).unwrap_or_default());
    row.deadline = deadline;
    row.remind_at = row.remind_at.map(|at| at.plus(later));
    row.escalations.iter_mut().for_each(|escalation| escalation.at = escalation.at.plus(later));
}
