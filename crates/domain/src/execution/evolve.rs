//! What is so after an event happened.

use std::{collections::BTreeMap, time::Duration};

use proto_events::{Actor, ApprovalVoted, Decision, ExecutionEvent as E, Requirement, Timestamp};

use super::{
    Approval, ApprovalStatus, Execution, Permit, Resolution, Stage, State, Suspension, Verdict, Vote,
    requirement_of, state::Happened, state::open_deadline,
};

/// The state after an event.
///
/// Total: an event that cannot happen in the state (see [`Stage::after`]) leaves it as it is. Who and when come from
/// the event's envelope.
#[must_use]
pub fn evolve(state: State, happened: Happened<'_>) -> State {
    let Happened { by, at, event } = happened;
    let Some(stage) = Stage::after(state.stage(), event) else { return state };
    let Some(mut execution) = state.0.or_else(|| begin(by, at, event)) else { return State(None) };
    if stage.is_terminal() && !execution.stage.is_terminal() {
        execution.ended_by = Some(by.clone());
        execution.ended_at = Some(at);
    }
    execution.approval_status = execution.approval_status.after(event);
    execution.keep(by, at, event);
    execution.stage = stage;
    if !stage.is_open() && !stage.is_transitional() {
        execution.suspended = None;
    }
    State(Some(execution))
}

fn begin(by: &Actor, at: Timestamp, event: &E) -> Option<Box<Execution>> {
    let E::Initiated(initiated) = event else { return None };
    Some(Box::new(Execution {
        stage: Stage::Initiated,
        initiated: initiated.clone(),
        initiated_by: by.clone(),
        initiated_at: at,
        decision: None,
        grant: None,
        requirement: Requirement::default(),
        sensitive: initiated.sensitive.clone(),
        blocked: None,
        approval_status: ApprovalStatus::NotRequired,
        human_deadline: None,
        deadline_set_at: None,
        approval: None,
        confirmation: None,
        resolution: None,
        suspended: None,
        permit: None,
        executor: None,
        started_at: None,
        lease_expires_at: None,
        progress_count: 0,
        finished: None,
        settled: None,
        ended_by: None,
        ended_at: None,
        reattempts: 0,
        comments: 0,
        last_comments: BTreeMap::new(),
        redecisions: 0,
    }))
}

impl Execution {
    /// Keeps what the event says; the stage is still the one before it.
    fn keep(&mut self, by: &Actor, at: Timestamp, event: &E) {
        let resolution = |verdict, text: Option<&String>| Resolution {
            verdict,
            by: by.clone(),
            at,
            text: text.cloned(),
            on_behalf_of: None,
            break_glass: None,
            revised_as: None,
            card: None,
        };
        match event {
            E::Initiated(_) | E::PermitExpired(_) | E::ResultUnknown(_) => {}
            E::Allowed(decided) | E::NoOp(decided) => self.decided(&decided.decision),
            E::Blocked(blocked) => {
                self.decided(&blocked.decision);
                self.blocked = Some(blocked.clone());
            }
            E::ConfirmationRequired(required) => {
                self.decided(&required.decision);
                self.set_deadline(at, required.expires_at);
                self.sensitive.clone_from(&required.sensitive);
                (self.confirmation, self.resolution, self.approval) = (None, None, None);
            }
            E::ApprovalRequired(required) => {
                self.decided(&required.decision);
                self.set_deadline(at, required.expires_at);
                self.sensitive.clone_from(&required.sensitive);
                self.approval_asked(at, required.stage);
            }
            E::Redecided(redecided) => {
                self.decided(&redecided.decision);
                self.redecisions = self.redecisions.saturating_add(1);
            }
            E::Confirmed(confirmed) => {
                let said = resolution(Verdict::Confirmed, None);
                self.confirmed(Resolution { card: confirmed.card, ..said });
            }
            E::Declined(declined) => {
                let said = resolution(Verdict::Declined, declined.reason.as_ref());
                self.confirmed(Resolution { card: declined.card, ..said });
            }
            E::ConfirmationExpired(_) => self.confirmed(resolution(Verdict::ConfirmationExpired, None)),
            E::ApprovalVoted(voted) => self.voted(by, at, voted),
            E::ApprovalAccepted(accepted) => {
                if accepted.break_glass.is_none() {
                    let stage = self.approval.as_ref().map_or(0, |approval| approval.stage);
                    let last = ApprovalVoted {
                        call: accepted.call.clone(),
                        arguments_digest: accepted.arguments_digest,
                        comment: accepted.comment.clone(),
                        on_behalf_of: accepted.on_behalf_of.clone(),
                        groups: accepted.groups.clone(),
                        stage,
                        missing: 0,
                        card: accepted.card,
                    };
                    self.voted(by, at, &last);
                }
                self.resolution = Some(Resolution {
                    on_behalf_of: accepted.on_behalf_of.clone(),
                    break_glass: accepted.break_glass.clone(),
                    card: accepted.card,
                    ..resolution(Verdict::Accepted, accepted.comment.as_ref())
                });
            }
            E::ApprovalDenied(denied) => {
                self.resolution = Some(Resolution {
                    on_behalf_of: denied.on_behalf_of.clone(),
                    card: denied.card,
                    ..resolution(Verdict::Denied, Some(&denied.reason))
                });
            }
            E::ApprovalAborted(aborted) => {
                self.resolution = Some(Resolution {
                    on_behalf_of: aborted.on_behalf_of.clone(),
                    revised_as: aborted.revised_as,
                    card: aborted.card,
                    ..resolution(Verdict::Aborted, Some(&aborted.feedback))
                });
            }
            E::ApprovalExpired(_) => self.resolution = Some(resolution(Verdict::ApprovalExpired, None)),
            E::ApprovalEscalated(escalated) => {
                if let Some(approval) = &mut self.approval {
                    approval.added.push(escalated.reviewers.clone());
                }
            }
            E::ApprovalReminded(reminded) => {
                if let Some(approval) = &mut self.approval {
                    approval.reminders = approval.reminders.max(reminded.count);
                }
            }
            E::Commented(commented) => {
                self.comments = self.comments.saturating_add(1);
                self.last_comments.insert(by.clone(), commented.text.clone());
            }
            E::Permitted(permitted) => {
                self.permit = Some(Permit {
                    id: permitted.permit_id,
                    arguments_digest: permitted.arguments_digest,
                    policy_set: permitted.policy_set.clone(),
                    expires_at: permitted.expires_at,
                });
                self.deadline_set_at = Some(at);
            }
            E::PermitWithdrawn(_) => self.permit = None,
            E::Suspended(suspended) => {
                self.suspended = Some(Suspension { freeze_id: suspended.freeze_id, since: suspended.since });
            }
            E::Resumed(resumed) => self.resumed(at, resumed.deadline),
            E::InProgress(started) => {
                self.executor = Some(by.clone());
                self.started_at = Some(at);
                self.lease_expires_at = Some(started.lease_expires_at);
            }
            E::Progressed(progressed) => {
                self.progress_count = self.progress_count.saturating_add(1);
                self.lease_expires_at = Some(progressed.lease_expires_at);
            }
            E::Succeeded(finished)
            | E::Failed(finished)
            | E::TimedOut(finished)
            | E::Skipped(finished)
            | E::Cancelled(finished) => self.finished = Some(finished.clone()),
            E::Settled(settled) => self.settled = Some(settled.clone()),
            E::Reattempted(reattempted) => self.reattempts = self.reattempts.max(reattempted.count),
        }
    }

    fn decided(&mut self, decision: &Decision) {
        if self.decision.is_none() {
            self.grant = decision.grant;
        }
        self.requirement = requirement_of(decision);
        self.decision = Some(decision.clone());
    }

    const fn set_deadline(&mut self, at: Timestamp, deadline: Timestamp) {
        self.human_deadline = Some(deadline);
        self.deadline_set_at = Some(at);
    }

    fn confirmed(&mut self, resolution: Resolution) {
        self.confirmation = Some(resolution.clone());
        self.resolution = Some(resolution);
    }

    /// Asked for after the confirmation, for the next stage, or from the beginning: then what was said before no longer
    /// counts.
    fn approval_asked(&mut self, at: Timestamp, stage: u32) {
        let votes = match self.approval.take() {
            Some(approval) if stage > 0 => approval.votes,
            _ => Vec::new(),
        };
        self.approval = Some(Approval::asked(stage, at, votes));
        self.resolution = None;
        if stage == 0 && self.stage != Stage::Cleared {
            self.confirmation = None;
        }
    }

    fn voted(&mut self, by: &Actor, at: Timestamp, voted: &ApprovalVoted) {
        let Some(approval) = &mut self.approval else { return };
        let person = voted.on_behalf_of.as_ref().unwrap_or(by);
        let in_group = |group: &str| voted.groups.iter().any(|of| of == group);
        let counts_for = approval.counts_for(&self.requirement, person, &in_group);
        approval.votes.push(Vote {
            stage: voted.stage,
            by: by.clone(),
            on_behalf_of: voted.on_behalf_of.clone(),
            groups: voted.groups.clone(),
            comment: voted.comment.clone(),
            at,
            card: voted.card,
            counts_for,
        });
    }

    /// The open deadline and what counts up to it move by as much as it stood still.
    fn resumed(&mut self, at: Timestamp, deadline: Timestamp) {
        let before = open_deadline(self).map_or(deadline, |(before, _)| before);
        let micros = deadline.as_micros().saturating_sub(before.as_micros());
        let stood_still = Duration::from_micros(u64::try_from(micros).unwrap_or_default());
        if self.stage == Stage::Permitted {
            if let Some(permit) = &mut self.permit {
                permit.expires_at = deadline;
            }
        } else {
            self.human_deadline = Some(deadline);
        }
        if let Some(approval) = &mut self.approval {
            approval.counts_from = approval.counts_from.plus(stood_still);
        }
        self.deadline_set_at = Some(at);
        self.suspended = None;
    }
}
