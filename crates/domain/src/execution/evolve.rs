//! What is so after an event happened.

use proto_events::{Actor, ExecutionEvent as E, Timestamp};

use super::{ApprovalStatus, Execution, Permit, Resolution, Stage, State, Verdict, state::Happened};

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
    execution.stage = stage;
    execution.approval_status = execution.approval_status.after(event);
    execution.keep(by, at, event);
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
        blocked: None,
        approval_status: ApprovalStatus::NotRequired,
        human_deadline: None,
        resolution: None,
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
    }))
}

impl Execution {
    fn keep(&mut self, by: &Actor, at: Timestamp, event: &E) {
        let mut resolve = |verdict, text: Option<&String>| {
            self.resolution = Some(Resolution { verdict, by: by.clone(), at, text: text.cloned() });
        };
        match event {
            E::Initiated(_) => {}
            E::Allowed(decided) | E::NoOp(decided) => self.decision = Some(decided.decision.clone()),
            E::Blocked(blocked) => {
                self.decision = Some(blocked.decision.clone());
                self.blocked = Some(blocked.clone());
            }
            E::ConfirmationRequired(required) => {
                self.decision = Some(required.decision.clone());
                self.human_deadline = Some(required.expires_at);
            }
            E::ApprovalRequired(required) => {
                self.decision = Some(required.decision.clone());
                self.human_deadline = Some(required.expires_at);
            }
            E::Confirmed(_) => resolve(Verdict::Confirmed, None),
            E::Declined(declined) => resolve(Verdict::Declined, declined.reason.as_ref()),
            E::ConfirmationExpired(_) => resolve(Verdict::ConfirmationExpired, None),
            E::ApprovalAccepted(accepted) => resolve(Verdict::Accepted, accepted.comment.as_ref()),
            E::ApprovalDenied(denied) => resolve(Verdict::Denied, Some(&denied.reason)),
            E::ApprovalAborted(aborted) => resolve(Verdict::Aborted, Some(&aborted.feedback)),
            E::ApprovalExpired(_) => resolve(Verdict::ApprovalExpired, None),
            E::Permitted(permitted) => {
                self.permit = Some(Permit {
                    id: permitted.permit_id,
                    arguments_digest: permitted.arguments_digest,
                    policy_set: permitted.policy_set.clone(),
                    expires_at: permitted.expires_at,
                });
            }
            E::PermitExpired(_) | E::ResultUnknown(_) => {}
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
}
