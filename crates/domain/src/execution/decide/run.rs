//! Running the call under its permit, and how it ends.

use std::time::Duration;

use proto_events::{
    ArgumentsDigest, CallRef, ExecutionEvent as E, Finished, InProgress, Json, Progressed, ResultStatus,
    ResultUnknown, Settled,
};
use uuid::Uuid;

use super::{Decided, Given, already_started, only_for, standing};
use crate::{
    arguments::MAX_PAYLOAD_BYTES,
    execution::{
        DeadlineKind, MAX_ERROR_CODE_CHARS, MAX_ERROR_MESSAGE_BYTES, MAX_ERROR_TYPE_CHARS,
        MAX_PROGRESS_EVENTS, MAX_STACK_TRACE_CHARS, MAX_TEXT_CHARS, Rejection, Report, Stage,
    },
    field::{self, InvalidField},
};

impl Given<'_> {
    /// Uses up the permit. The executor that repeats its own start is told again that it has started, with no event:
    /// its answer was lost on the way. It is not leave to run twice.
    pub(super) fn start(
        &self,
        permit_id: Uuid,
        digest: Option<ArgumentsDigest>,
        lease: Duration,
        policy_set: Option<&String>,
    ) -> Decided {
        let execution = self.execution;
        // Who reports later is who started: one that is running already has its executor.
        only_for(self.by, &execution.call().agent)?;
        let permit = match (execution.stage, &execution.permit) {
            (Stage::Permitted | Stage::InProgress, Some(permit)) => permit,
            _ => return Err(standing(execution)),
        };
        if permit.id != permit_id {
            return Err(Rejection::PermitMismatch { given: permit_id });
        }
        match digest {
            Some(given) if given != permit.arguments_digest => {
                return Err(Rejection::ArgumentsMismatch { given, bound: permit.arguments_digest });
            }
            _ => {}
        }
        if execution.stage == Stage::InProgress {
            let again = execution.executor.as_ref() == Some(self.by);
            return if again { Ok(Vec::new()) } else { Err(already_started(execution)) };
        }
        self.in_time(DeadlineKind::Permit, Some(permit.expires_at))?;
        if permit.policy_set.as_ref() != policy_set {
            return Err(Rejection::PermitStale);
        }
        Ok(vec![E::InProgress(InProgress {
            call: execution.call().clone(),
            permit_id,
            lease_expires_at: self.at.plus(lease),
        })])
    }

    pub(super) fn progress(&self, message: Option<&String>, percent: Option<u8>, lease: Duration) -> Decided {
        field::optional("message", message.map(String::as_str), MAX_TEXT_CHARS)?;
        if percent.is_some_and(|percent| percent > 100) {
            return Err(InvalidField::Invalid { field: "percent", problem: "is more than 100" }.into());
        }
        self.is_running()?;
        self.is_executor()?;
        if self.execution.progress_count >= MAX_PROGRESS_EVENTS {
            return Err(Rejection::TooMuchProgress);
        }
        Ok(vec![E::Progressed(Progressed {
            call: self.execution.call().clone(),
            message: message.cloned(),
            percent,
            lease_expires_at: self.at.plus(lease),
        })])
    }

    /// The executor reports the end. A report that comes after the lease, but before the result was marked unknown,
    /// counts: it is the better knowledge.
    pub(super) fn finish(&self, status: ResultStatus, report: &Report) -> Decided {
        check(report)?;
        let finished = finished(self.execution.call(), report);
        if self.is_repeated_end(status) {
            let same = self.execution.finished.as_ref() == Some(&finished);
            return if same { Ok(Vec::new()) } else { Err(Rejection::ResultDiffers { status }) };
        }
        self.is_running()?;
        self.is_executor()?;
        Ok(end(status, finished).into_iter().collect())
    }

    pub(super) fn cancel(&self, reason: Option<&String>) -> Decided {
        field::optional("reason", reason.map(String::as_str), MAX_TEXT_CHARS)?;
        let execution = self.execution;
        let report = Report { reason: reason.cloned(), ..Report::default() };
        let finished = finished(execution.call(), &report);
        let not_yours = || Rejection::NotYoursToCancel { actor: self.by.clone() };
        match execution.stage {
            Stage::AwaitingConfirmation | Stage::AwaitingApproval | Stage::Permitted => {
                if !execution.is_asked_by(self.by) {
                    return Err(not_yours());
                }
            }
            Stage::InProgress => {
                if execution.executor.as_ref() != Some(self.by) {
                    let asked = execution.is_asked_by(self.by);
                    return Err(if asked { already_started(execution) } else { not_yours() });
                }
            }
            Stage::Cancelled
                if execution.ended_by.as_ref() == Some(self.by)
                    && execution.finished.as_ref() == Some(&finished) =>
            {
                return Ok(Vec::new());
            }
            _ => return Err(standing(execution)),
        }
        Ok(vec![E::Cancelled(finished)])
    }

    pub(super) fn mark_unknown(&self) -> Decided {
        let execution = self.execution;
        if execution.stage == Stage::Unknown {
            return Ok(Vec::new());
        }
        self.is_running()?;
        // A lease that is not on record counts as run out.
        let deadline = execution.lease_expires_at.unwrap_or(self.at);
        if self.at < deadline {
            return Err(Rejection::NotDue { kind: DeadlineKind::Lease, deadline });
        }
        let unknown = ResultUnknown { call: execution.call().clone(), lease_expired_at: deadline };
        Ok(vec![E::ResultUnknown(unknown)])
    }

    pub(super) fn settle(
        &self,
        status: ResultStatus,
        evidence: &str,
        result: Option<&Json>,
        eligible: bool,
    ) -> Decided {
        field::text("evidence", evidence, MAX_TEXT_CHARS)?;
        payload("result", result)?;
        if status == ResultStatus::Unknown {
            return Err(Rejection::SettledAsUnknown);
        }
        let execution = self.execution;
        let settled = Settled {
            call: execution.call().clone(),
            status,
            evidence: evidence.to_owned(),
            result: result.cloned(),
        };
        if execution.settled.as_ref() == Some(&settled) && execution.ended_by.as_ref() == Some(self.by) {
            return Ok(Vec::new());
        }
        if !eligible {
            return Err(Rejection::CannotSettle { actor: self.by.clone() });
        }
        match execution.stage {
            Stage::Unknown => Ok(vec![E::Settled(settled)]),
            Stage::Settled => Err(standing(execution)),
            stage => Err(Rejection::NothingToSettle { stage }),
        }
    }

    /// Whether this principal, the executor, reported an end of this kind before.
    fn is_repeated_end(&self, status: ResultStatus) -> bool {
        self.execution.stage.is_terminal()
            && self.execution.stage != Stage::Settled
            && self.execution.result_status() == Some(status)
            && self.execution.executor.as_ref() == Some(self.by)
    }

    fn is_running(&self) -> Result<(), Rejection> {
        match self.execution.stage {
            Stage::InProgress => Ok(()),
            _ => Err(standing(self.execution)),
        }
    }

    fn is_executor(&self) -> Result<(), Rejection> {
        match &self.execution.executor {
            Some(executor) if executor == self.by => Ok(()),
            Some(executor) => Err(Rejection::NotTheExecutor { executor: executor.clone() }),
            None => Err(Rejection::NotStarted),
        }
    }
}

pub(super) fn finished(call: &CallRef, report: &Report) -> Finished {
    let Report { result, error, reason, timing } = report.clone();
    Finished { call: call.clone(), result, error, reason, timing }
}

/// The event of an end; `None` for `unknown`, which is no end.
pub(super) fn end(status: ResultStatus, finished: Finished) -> Option<E> {
    Some(match status {
        ResultStatus::Succeeded => E::Succeeded(finished),
        ResultStatus::Failed => E::Failed(finished),
        ResultStatus::TimedOut => E::TimedOut(finished),
        ResultStatus::Skipped => E::Skipped(finished),
        ResultStatus::Cancelled => E::Cancelled(finished),
        ResultStatus::Unknown => return None,
    })
}

pub(super) fn check(report: &Report) -> Result<(), InvalidField> {
    payload("result", report.result.as_ref())?;
    field::optional("reason", report.reason.as_deref(), MAX_TEXT_CHARS)?;
    let Some(error) = &report.error else { return Ok(()) };
    field::bytes("error.message", error.message.len(), MAX_ERROR_MESSAGE_BYTES, "is larger than 256 KiB")?;
    field::optional("error.code", error.code.as_deref(), MAX_ERROR_CODE_CHARS)?;
    field::optional("error.type", error.error_type.as_deref(), MAX_ERROR_TYPE_CHARS)?;
    field::optional("error.stack_trace", error.stack_trace.as_deref(), MAX_STACK_TRACE_CHARS)
}

fn payload(field: &'static str, json: Option<&Json>) -> Result<(), InvalidField> {
    let len = json.map_or(0, |json| json.as_str().len());
    field::bytes(field, len, MAX_PAYLOAD_BYTES, "is larger than 256 KiB")
}
