//! How an execution stands, as an answer.

use proto_events::ResultStatus;

use crate::execution::{DeadlineKind, Execution, Rejection, Resolution, Stage, Verdict};

/// How the execution stands, as the answer to a command that does not fit there.
pub(super) fn standing(execution: &Execution) -> Rejection {
    // Who and when of the end; the beginning stands in where a history is incomplete.
    let by = || execution.ended_by.clone().unwrap_or_else(|| execution.initiated_by.clone());
    let at = execution.ended_at.unwrap_or(execution.initiated_at);
    let finished = |status| Rejection::AlreadyFinished { status };
    match execution.stage {
        stage @ (Stage::Initiated | Stage::Cleared | Stage::Reopened) => Rejection::Incomplete { stage },
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

pub(super) fn already_started(execution: &Execution) -> Rejection {
    Rejection::AlreadyStarted {
        by: execution.executor.clone().unwrap_or_else(|| execution.initiated_by.clone()),
        at: execution.started_at.unwrap_or(execution.initiated_at),
    }
}

/// How the confirmation or the approval was resolved, as the answer to somebody who would have resolved it.
pub(super) fn resolved(resolution: &Resolution) -> Rejection {
    let (by, at) = (resolution.by.clone(), resolution.at);
    match resolution.verdict {
        Verdict::Confirmed => Rejection::AlreadyConfirmed { by, at },
        Verdict::Declined => Rejection::AlreadyDeclined { by, at },
        Verdict::ConfirmationExpired => Rejection::AlreadyExpired { kind: DeadlineKind::Confirmation, at },
        Verdict::Accepted => Rejection::AlreadyAccepted { by, at },
        Verdict::Denied => Rejection::AlreadyDenied { by, at },
        Verdict::Aborted => Rejection::AlreadyAborted { by, at },
        Verdict::ApprovalExpired => Rejection::AlreadyExpired { kind: DeadlineKind::Approval, at },
    }
}
