//! What happens on a command.
//!
//! *Deciding twice is deciding once*: a command that took effect, given again word for word by the same principal, is
//! answered with no events. Somebody else's, or other words, are told how it stands.

mod human;
mod propose;
mod record;
mod run;

use proto_events::{Actor, ArgumentsDigest, ExecutionEvent, Permitted, Reattempted, ResultStatus, Timestamp};
use uuid::Uuid;

use super::{Action, Command, DeadlineKind, Execution, Rejection, Stage, State, Verdict};
use crate::field;

type Decided = Result<Vec<ExecutionEvent>, Rejection>;

/// What happens when `command` is given in `state`; nothing where it is already so.
///
/// # Errors
/// When the command is refused; see [`Rejection`].
pub fn decide(state: &State, command: &Command) -> Decided {
    let Command { by, at, action } = command;
    field::actor("by", by)?;
    match action {
        Action::Propose(proposal) => return propose::propose(state, *at, proposal),
        Action::Record(report) => return record::record(state, report),
        _ => {}
    }
    let execution = state.execution().ok_or(Rejection::NotFound)?;
    if matches!(execution.stage, Stage::Initiated | Stage::Cleared) {
        return Err(standing(execution));
    }
    let given = Given { execution, by, at: *at };
    match action {
        // Answered above.
        Action::Propose(_) | Action::Record(_) => Ok(Vec::new()),

        Action::Confirm { arguments_digest, permit_id, permit_ttl } => {
            given.confirm(*arguments_digest, *permit_id, *permit_ttl)
        }
        Action::Decline { reason } => given.decline(reason.as_ref()),
        Action::Approve { comment, arguments_digest, eligible, permit_id, permit_ttl } => {
            given.approve(comment.as_ref(), *arguments_digest, *eligible, *permit_id, *permit_ttl)
        }
        Action::Deny { reason, eligible } => given.deny(reason, *eligible),
        Action::Abort { feedback, eligible } => given.abort(feedback, *eligible),
        Action::Expire => given.expire(),

        Action::Start { permit_id, arguments_digest, lease } => {
            given.start(*permit_id, *arguments_digest, *lease)
        }
        Action::Progress { message, percent, lease } => given.progress(message.as_ref(), *percent, *lease),
        Action::Succeed(report) => given.finish(ResultStatus::Succeeded, report),
        Action::Fail(report) => given.finish(ResultStatus::Failed, report),
        Action::TimeOut(report) => given.finish(ResultStatus::TimedOut, report),
        Action::Skip(report) => given.finish(ResultStatus::Skipped, report),
        Action::Cancel { reason } => given.cancel(reason.as_ref()),
        Action::MarkUnknown => given.mark_unknown(),
        Action::Settle { status, evidence, result, eligible } => {
            given.settle(*status, evidence, result.as_ref(), *eligible)
        }
        Action::Reattempt { seen } => Ok(given.reattempt(*seen)),
    }
}

/// An execution, and who wants something of it when.
#[derive(Clone, Copy)]
struct Given<'a> {
    execution: &'a Execution,
    by: &'a Actor,
    at: Timestamp,
}

impl Given<'_> {
    /// Refuses where the open deadline has come, whether its event is on record yet or not.
    fn in_time(&self, kind: DeadlineKind, deadline: Option<Timestamp>) -> Result<(), Rejection> {
        match deadline {
            Some(deadline) if self.at < deadline => Ok(()),
            // A deadline that is not on record counts as passed: time-outs fail closed.
            Some(deadline) => Err(Rejection::TooLate { kind, deadline }),
            None => Err(Rejection::TooLate { kind, deadline: self.at }),
        }
    }

    /// Refuses a command that names other arguments than the call's.
    fn about_these_arguments(&self, given: Option<ArgumentsDigest>) -> Result<(), Rejection> {
        match (given, self.execution.arguments_digest()) {
            (Some(given), Some(bound)) if given != bound => {
                Err(Rejection::ArgumentsMismatch { given, bound })
            }
            _ => Ok(()),
        }
    }

    /// Counts retries; an event only where the count on record at least doubles, so that a storm leaves O(log n).
    fn reattempt(&self, seen: u64) -> Vec<ExecutionEvent> {
        let recorded = self.execution.reattempts;
        if seen == 0 || seen < recorded {
            return Vec::new();
        }
        let count = recorded.saturating_add(seen);
        vec![ExecutionEvent::Reattempted(Reattempted { call: self.execution.call().clone(), count })]
    }
}

/// The permit for `execution`: exactly these arguments, once.
fn permitted(
    call: &proto_events::CallRef,
    arguments_digest: ArgumentsDigest,
    policy_set: Option<&String>,
    permit_id: Uuid,
    expires_at: Timestamp,
) -> ExecutionEvent {
    ExecutionEvent::Permitted(Permitted {
        call: call.clone(),
        permit_id,
        arguments_digest,
        policy_set: policy_set.cloned(),
        expires_at,
    })
}

/// How the execution stands, as the answer to a command that does not fit there.
fn standing(execution: &Execution) -> Rejection {
    // Who and when of the end; the beginning stands in where a history is incomplete.
    let by = || execution.ended_by.clone().unwrap_or_else(|| execution.initiated_by.clone());
    let at = execution.ended_at.unwrap_or(execution.initiated_at);
    let finished = |status| Rejection::AlreadyFinished { status };
    match execution.stage {
        stage @ (Stage::Initiated | Stage::Cleared) => Rejection::Incomplete { stage },
        Stage::AwaitingConfirmation => {
            Rejection::AwaitingConfirmation { requester: execution.requester().clone() }
        }
        Stage::AwaitingApproval => Rejection::AwaitingApproval,
        Stage::Permitted => Rejection::NotStarted,
        Stage::InProgress => already_started(execution),
        Stage::Unknown => Rejection::ResultUnknown,
        Stage::Blocked => {
            let blocked = execution.blocked.as_ref();
            Rejection::Blocked {
                code: blocked.map(|blocked| blocked.code.clone()).unwrap_or_default(),
                reason: blocked.map(|blocked| blocked.reason.clone()).unwrap_or_default(),
            }
        }
        Stage::NoOp => Rejection::NothingToDo,
        Stage::Declined => Rejection::AlreadyDeclined { by: by(), at },
        Stage::ConfirmationExpired => Rejection::AlreadyExpired { kind: DeadlineKind::Confirmation, at },
        Stage::Denied => Rejection::AlreadyDenied { by: by(), at },
        Stage::Aborted => Rejection::AlreadyAborted { by: by(), at },
        Stage::ApprovalExpired => Rejection::AlreadyExpired { kind: DeadlineKind::Approval, at },
        Stage::PermitExpired => Rejection::AlreadyExpired { kind: DeadlineKind::Permit, at },
        Stage::Succeeded => finished(ResultStatus::Succeeded),
        Stage::Failed => finished(ResultStatus::Failed),
        Stage::TimedOut => finished(ResultStatus::TimedOut),
        Stage::Skipped => finished(ResultStatus::Skipped),
        Stage::Cancelled => Rejection::AlreadyCancelled { by: by(), at },
        Stage::Settled => {
            let status = execution.settled.as_ref().map_or(ResultStatus::Unknown, |settled| settled.status);
            Rejection::AlreadySettled { by: by(), at, status }
        }
    }
}

fn already_started(execution: &Execution) -> Rejection {
    Rejection::AlreadyStarted {
        by: execution.executor.clone().unwrap_or_else(|| execution.initiated_by.clone()),
        at: execution.started_at.unwrap_or(execution.initiated_at),
    }
}

/// How the confirmation or the approval was resolved, as the answer to somebody who would have resolved it.
fn resolved(execution: &Execution) -> Option<Rejection> {
    let resolution = execution.resolution.as_ref()?;
    let (by, at) = (resolution.by.clone(), resolution.at);
    Some(match resolution.verdict {
        Verdict::Confirmed => Rejection::AlreadyConfirmed { by, at },
        Verdict::Declined => Rejection::AlreadyDeclined { by, at },
        Verdict::ConfirmationExpired => Rejection::AlreadyExpired { kind: DeadlineKind::Confirmation, at },
        Verdict::Accepted => Rejection::AlreadyAccepted { by, at },
        Verdict::Denied => Rejection::AlreadyDenied { by, at },
        Verdict::Aborted => Rejection::AlreadyAborted { by, at },
        Verdict::ApprovalExpired => Rejection::AlreadyExpired { kind: DeadlineKind::Approval, at },
    })
}
