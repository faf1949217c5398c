//! What people decide: confirmation and approval; and what happens when they do not.

use std::time::Duration;

use proto_events::{
    ActorKind, ApprovalAborted, ApprovalAccepted, ApprovalDenied, ArgumentsDigest, Confirmed, Declined,
    ExecutionEvent as E, Expired, Timestamp,
};
use uuid::Uuid;

use super::{Decided, Given, permitted, resolved, standing};
use crate::{
    execution::{DeadlineKind, MAX_TEXT_CHARS, Rejection, Stage, Verdict, deadline_of},
    field,
};

impl Given<'_> {
    pub(super) fn confirm(
        &self,
        digest: Option<ArgumentsDigest>,
        permit_id: Uuid,
        permit_ttl: Duration,
    ) -> Decided {
        let about_these = self.about_these_arguments(digest);
        if about_these.is_ok() && self.already(Verdict::Confirmed, None) {
            return Ok(Vec::new());
        }
        self.may_answer_confirmation()?;
        if self.by.kind == ActorKind::Agent {
            return Err(Rejection::AgentCannotConfirm);
        }
        about_these?;
        let arguments_digest = self.bound_digest()?;
        let confirmed = E::Confirmed(Confirmed { call: self.execution.call().clone(), arguments_digest });
        Ok(vec![confirmed, self.after_confirmation(arguments_digest, permit_id, permit_ttl)])
    }

    /// What follows a confirmation. A decision that asks for an approval as well would continue with
    /// `approval_required` here; today's decisions ask for one of the two.
    fn after_confirmation(
        &self,
        arguments_digest: ArgumentsDigest,
        permit_id: Uuid,
        permit_ttl: Duration,
    ) -> E {
        self.permit(arguments_digest, permit_id, permit_ttl)
    }

    pub(super) fn decline(&self, reason: Option<&String>) -> Decided {
        field::optional("reason", reason.map(String::as_str), MAX_TEXT_CHARS)?;
        if self.already(Verdict::Declined, reason) {
            return Ok(Vec::new());
        }
        self.may_answer_confirmation()?;
        Ok(vec![E::Declined(Declined { call: self.execution.call().clone(), reason: reason.cloned() })])
    }

    pub(super) fn approve(
        &self,
        comment: Option<&String>,
        digest: Option<ArgumentsDigest>,
        eligible: bool,
        permit_id: Uuid,
        permit_ttl: Duration,
    ) -> Decided {
        field::optional("comment", comment.map(String::as_str), MAX_TEXT_CHARS)?;
        let about_these = self.about_these_arguments(digest);
        if about_these.is_ok() && self.already(Verdict::Accepted, comment) {
            return Ok(Vec::new());
        }
        self.may_review(eligible)?;
        about_these?;
        let arguments_digest = self.bound_digest()?;
        let accepted = E::ApprovalAccepted(ApprovalAccepted {
            call: self.execution.call().clone(),
            arguments_digest,
            comment: comment.cloned(),
        });
        Ok(vec![accepted, self.permit(arguments_digest, permit_id, permit_ttl)])
    }

    pub(super) fn deny(&self, reason: &String, eligible: bool) -> Decided {
        field::text("reason", reason, MAX_TEXT_CHARS)?;
        if self.already(Verdict::Denied, Some(reason)) {
            return Ok(Vec::new());
        }
        self.may_review(eligible)?;
        let denied = ApprovalDenied { call: self.execution.call().clone(), reason: reason.clone() };
        Ok(vec![E::ApprovalDenied(denied)])
    }

    pub(super) fn abort(&self, feedback: &String, eligible: bool) -> Decided {
        field::text("feedback", feedback, MAX_TEXT_CHARS)?;
        if self.already(Verdict::Aborted, Some(feedback)) {
            return Ok(Vec::new());
        }
        self.may_review(eligible)?;
        let aborted = ApprovalAborted { call: self.execution.call().clone(), feedback: feedback.clone() };
        Ok(vec![E::ApprovalAborted(aborted)])
    }

    pub(super) fn expire(&self) -> Decided {
        let stage = self.execution.stage;
        let open = deadline_of(self.execution).filter(|(_, kind)| *kind != DeadlineKind::Lease);
        let Some((deadline, kind)) = open else {
            return match stage {
                Stage::ConfirmationExpired | Stage::ApprovalExpired | Stage::PermitExpired => Ok(Vec::new()),
                _ => Err(Rejection::NothingToExpire { stage }),
            };
        };
        if self.at < deadline {
            return Err(Rejection::NotDue { kind, deadline });
        }
        let expired = Expired { call: self.execution.call().clone(), deadline };
        Ok(vec![match kind {
            DeadlineKind::Confirmation => E::ConfirmationExpired(expired),
            DeadlineKind::Approval => E::ApprovalExpired(expired),
            DeadlineKind::Permit | DeadlineKind::Lease => E::PermitExpired(expired),
        }])
    }

    /// Whether this principal resolved it in this way and these words.
    fn already(&self, verdict: Verdict, text: Option<&String>) -> bool {
        self.execution.resolution.as_ref().is_some_and(|resolution| {
            resolution.verdict == verdict && resolution.by == *self.by && resolution.text.as_ref() == text
        })
    }

    fn may_answer_confirmation(&self) -> Result<(), Rejection> {
        if self.by != self.execution.requester() {
            return Err(Rejection::NotTheRequester { requester: self.execution.requester().clone() });
        }
        match self.execution.stage {
            Stage::AwaitingConfirmation => {
                self.in_time(DeadlineKind::Confirmation, self.execution.human_deadline)
            }
            _ => Err(self.closed(Rejection::NoConfirmationAsked, false)),
        }
    }

    /// Who may review comes before how it stands: those who may not are told so, and no more.
    fn may_review(&self, eligible: bool) -> Result<(), Rejection> {
        if self.execution.is_asked_by(self.by) {
            return Err(Rejection::RequesterCannotReview { actor: self.by.clone() });
        }
        if !eligible {
            return Err(Rejection::NotAReviewer { actor: self.by.clone() });
        }
        match self.execution.stage {
            Stage::AwaitingApproval => self.in_time(DeadlineKind::Approval, self.execution.human_deadline),
            _ => Err(self.closed(Rejection::NoApprovalAsked, true)),
        }
    }

    /// Why there is nothing to resolve: it was resolved, or it never came to that, or nobody was asked.
    fn closed(&self, never_asked: Rejection, approval: bool) -> Rejection {
        let is_approval = |verdict| {
            matches!(
                verdict,
                Verdict::Accepted | Verdict::Denied | Verdict::Aborted | Verdict::ApprovalExpired
            )
        };
        match &self.execution.resolution {
            Some(resolution) if is_approval(resolution.verdict) == approval => {
                resolved(self.execution).unwrap_or(never_asked)
            }
            Some(_) => never_asked,
            None => match self.execution.stage {
                Stage::Blocked | Stage::NoOp | Stage::Cancelled => standing(self.execution),
                _ => never_asked,
            },
        }
    }

    /// The digest of what was proposed. Every proposal has one; without it there is nothing to agree to.
    fn bound_digest(&self) -> Result<ArgumentsDigest, Rejection> {
        self.execution.arguments_digest().ok_or(Rejection::Incomplete { stage: self.execution.stage })
    }

    fn permit(&self, arguments_digest: ArgumentsDigest, permit_id: Uuid, permit_ttl: Duration) -> E {
        let policy_set = self.execution.decision.as_ref().and_then(|decision| decision.policy_set.as_ref());
        let expires_at: Timestamp = self.at.plus(permit_ttl);
        permitted(self.execution.call(), arguments_digest, policy_set, permit_id, expires_at)
    }
}
