//! What happens when people do nothing.

use std::time::Duration;

use proto_events::{ApprovalEscalated, ApprovalReminded, ExecutionEvent as E, Expired, Timestamp};

use super::{Decided, Given};
use crate::execution::{
    Approval, DeadlineKind, MAX_REMINDERS, Rejection, Stage,
    state::{escalation_due, open_deadline, reminder_due},
};

impl Given<'_> {
    pub(super) fn expire(&self) -> Decided {
        let stage = self.execution.stage;
        let Some((deadline, kind)) = open_deadline(self.execution) else {
            return match stage {
                Stage::ConfirmationExpired | Stage::ApprovalExpired | Stage::PermitExpired => Ok(Vec::new()),
                _ => Err(Rejection::NothingToExpire { stage }),
            };
        };
        self.does_not_stand_still()?;
        if self.at < deadline {
            return Err(Rejection::NotDue { kind, deadline });
        }
        let expired = Expired { call: self.execution.call().clone(), deadline };
        Ok(vec![match kind {
            DeadlineKind::Confirmation => E::ConfirmationExpired(expired),
            DeadlineKind::Approval => E::ApprovalExpired(expired),
            _ => E::PermitExpired(expired),
        }])
    }

    /// All that are due, in order. Where the approval itself has run out meanwhile, that is what happens.
    pub(super) fn escalate(&self) -> Decided {
        let Some(approval) = self.unresolved()? else { return self.expire() };
        let requirement = &self.execution.requirement;
        let mut added = approval.clone();
        let mut events = Vec::new();
        while let (Some(due), Some(escalation)) =
            (escalation_due(&added, requirement), requirement.escalations.get(added.added.len()))
        {
            if self.at < due {
                break;
            }
            events.push(E::ApprovalEscalated(ApprovalEscalated {
                call: self.execution.call().clone(),
                level: u32::try_from(added.added.len()).unwrap_or(u32::MAX),
                due,
                reviewers: escalation.reviewers.clone(),
            }));
            added.added.push(escalation.reviewers.clone());
        }
        let next = escalation_due(approval, requirement);
        self.or_not_due(events, DeadlineKind::Escalation, next, !approval.added.is_empty())
    }

    /// The last that is due: those that were missed before it are passed over. Where the approval itself has run out
    /// meanwhile, that is what happens.
    pub(super) fn remind(&self) -> Decided {
        let Some(approval) = self.unresolved()? else { return self.expire() };
        let next = reminder_due(approval, &self.execution.requirement);
        let seconds = self.execution.requirement.remind_after_seconds.filter(|seconds| *seconds > 0);
        let last = next.zip(seconds).and_then(|(next, seconds)| {
            let every = Duration::from_secs(seconds);
            self.last_due(approval, next, every)
        });
        let events = last.map(|(count, due)| {
            E::ApprovalReminded(ApprovalReminded { call: self.execution.call().clone(), count, due })
        });
        let events = events.into_iter().collect();
        self.or_not_due(events, DeadlineKind::Reminder, next, approval.reminders > 0)
    }

    fn last_due(&self, approval: &Approval, next: Timestamp, every: Duration) -> Option<(u32, Timestamp)> {
        let mut last = None;
        let (mut count, mut due) = (approval.reminders.saturating_add(1), next);
        while due <= self.at && count <= MAX_REMINDERS {
            last = Some((count, due));
            (count, due) = (count.saturating_add(1), due.plus(every));
        }
        last
    }

    /// The approval that people are reminded of; `None` where it ran out.
    fn unresolved(&self) -> Result<Option<&Approval>, Rejection> {
        let stage = self.execution.stage;
        let approval = match (stage, &self.execution.approval) {
            (Stage::AwaitingApproval, Some(approval)) => approval,
            (Stage::ApprovalExpired, _) => return Ok(None),
            _ => return Err(Rejection::NothingToEscalate { stage }),
        };
        self.does_not_stand_still()?;
        let ran_out = self.execution.human_deadline.is_none_or(|deadline| self.at >= deadline);
        Ok((!ran_out).then_some(approval))
    }

    /// `events`; where there are none, nothing if all that are due are on record, and else that nothing is due.
    fn or_not_due(
        &self,
        events: Vec<E>,
        kind: DeadlineKind,
        next: Option<Timestamp>,
        is_on_record: bool,
    ) -> Decided {
        match next {
            _ if is_on_record || !events.is_empty() => Ok(events),
            Some(deadline) => Err(Rejection::NotDue { kind, deadline }),
            None => Err(Rejection::NothingToEscalate { stage: self.execution.stage }),
        }
    }
}
