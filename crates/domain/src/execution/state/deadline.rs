//! When something is due by itself.

use std::time::Duration;

use proto_events::{Requirement, Timestamp};

use crate::execution::{Action, Approval, Execution, MAX_REMINDERS, Stage, State};

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadlineKind {
    /// To confirm.
    Confirmation,
    /// To resolve the approval.
    Approval,
    /// To start under the permit.
    Permit,
    /// To report, for the running call.
    Lease,
    /// To resolve the approval before further reviewers are added.
    Escalation,
    /// To resolve the approval before reviewers are reminded.
    Reminder,
}

impl DeadlineKind {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Approval => "approval",
            Self::Permit => "permit",
            Self::Lease => "lease",
            Self::Escalation => "escalation",
            Self::Reminder => "reminder",
        }
    }

    /// What to ask for when the deadline has come.
    pub const fn action(self) -> Action {
        match self {
            Self::Confirmation | Self::Approval | Self::Permit => Action::Expire,
            Self::Lease => Action::MarkUnknown,
            Self::Escalation => Action::Escalate,
            Self::Reminder => Action::Remind,
        }
    }
}

impl std::fmt::Display for DeadlineKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The next deadline of the execution and what it is for: when it comes, [`DeadlineKind::action`] is due. Of several at
/// the same time, the one that ends the wait. None while a freeze holds it.
pub fn deadline(state: &State) -> Option<(Timestamp, DeadlineKind)> {
    let execution = state.execution()?;
    if execution.suspended.is_some() {
        return None;
    }
    let last = match execution.stage {
        Stage::InProgress => execution.lease_expires_at.map(|at| (at, DeadlineKind::Lease)),
        _ => open_deadline(execution),
    };
    let approval = execution.approval.as_ref().filter(|_| execution.stage == Stage::AwaitingApproval);
    let sooner = approval.into_iter().flat_map(|approval| {
        let escalation = escalation_due(approval, &execution.requirement);
        let reminder = reminder_due(approval, &execution.requirement);
        let escalation = escalation.map(|at| (at, DeadlineKind::Escalation));
        escalation.into_iter().chain(reminder.map(|at| (at, DeadlineKind::Reminder)))
    });
    last.into_iter().chain(sooner).min_by_key(|(at, _)| *at)
}

/// The deadline that [`Action::Expire`] is for, whether it stands still or not.
pub(crate) fn open_deadline(execution: &Execution) -> Option<(Timestamp, DeadlineKind)> {
    let (at, kind) = match execution.stage {
        Stage::AwaitingConfirmation => (execution.human_deadline, DeadlineKind::Confirmation),
        Stage::AwaitingApproval => (execution.human_deadline, DeadlineKind::Approval),
        Stage::Permitted => (execution.permit.as_ref().map(|permit| permit.expires_at), DeadlineKind::Permit),
        _ => return None,
    };
    at.map(|at| (at, kind))
}

/// When the next reviewers are added.
pub(crate) fn escalation_due(approval: &Approval, requirement: &Requirement) -> Option<Timestamp> {
    let next = requirement.escalations.get(approval.added.len())?;
    Some(approval.counts_from.plus(Duration::from_secs(next.after_seconds)))
}

/// When reviewers are reminded next.
pub(crate) fn reminder_due(approval: &Approval, requirement: &Requirement) -> Option<Timestamp> {
    let seconds = requirement.remind_after_seconds.filter(|seconds| *seconds > 0)?;
    if approval.reminders >= MAX_REMINDERS {
        return None;
    }
    let next = u64::from(approval.reminders).saturating_add(1);
    Some(approval.counts_from.plus(Duration::from_secs(seconds.saturating_mul(next))))
}
