//! What the requesting user decides.

use proto_events::{ActorKind, ArgumentsDigest, Confirmed, Declined, ExecutionEvent as E};

use super::{Decided, Given, Next, resolved, standing};
use crate::{
    execution::{DeadlineKind, MAX_TEXT_CHARS, Rejection, Stage, Verdict},
    field,
};

impl Given<'_> {
    pub(super) fn confirm(&self, digest: Option<ArgumentsDigest>, next: Next) -> Decided {
        let about_these = self.about_these_arguments(digest);
        if about_these.is_ok() && self.answered(Verdict::Confirmed, None) {
            return Ok(Vec::new());
        }
        self.may_answer_confirmation()?;
        if self.by.kind == ActorKind::Agent {
            return Err(Rejection::AgentCannotConfirm);
        }
        about_these?;
        let card = self.about_this_card()?;
        let case = self.case()?;
        let arguments_digest = case.arguments_digest;
        let confirmed =
            E::Confirmed(Confirmed { call: self.execution.call().clone(), arguments_digest, card });
        Ok(vec![confirmed, case.next_stage(0, next.permit_id, next.ttls())])
    }

    pub(super) fn decline(&self, reason: Option<&String>) -> Decided {
        field::optional("reason", reason.map(String::as_str), MAX_TEXT_CHARS)?;
        if self.answered(Verdict::Declined, reason) {
            return Ok(Vec::new());
        }
        self.may_answer_confirmation()?;
        let card = self.about_this_card()?;
        let call = self.execution.call().clone();
        Ok(vec![E::Declined(Declined { call, reason: reason.cloned(), card })])
    }

    /// Whether this principal answered in this way and these words.
    fn answered(&self, verdict: Verdict, text: Option<&String>) -> bool {
        self.execution.confirmation.as_ref().is_some_and(|answer| {
            answer.verdict == verdict && answer.by == *self.by && answer.text.as_ref() == text
        })
    }

    fn may_answer_confirmation(&self) -> Result<(), Rejection> {
        let execution = self.execution;
        if self.by != execution.requester() {
            return Err(Rejection::NotTheRequester { requester: execution.requester().clone() });
        }
        match (execution.stage, &execution.confirmation) {
            (Stage::AwaitingConfirmation, _) => {
                self.in_time(DeadlineKind::Confirmation, execution.human_deadline)
            }
            (Stage::Blocked | Stage::NoOp, _) | (Stage::Cancelled, None) => Err(standing(execution)),
            (_, Some(answer)) => Err(resolved(answer)),
            (_, None) => Err(Rejection::NoConfirmationAsked),
        }
    }
}
