//! A call and the decision on it: the events that say what comes next.

use proto_events::{
    Actor, ApprovalRequired, ApprovalStage, ArgumentsDigest, Blocked, CallRef, ConfirmationRequired,
    Decided as DecidedEvent, Decision, ExecutionEvent as E, Json, Outcome, Permitted, Requirement, Timestamp,
};
use uuid::Uuid;

use crate::execution::{Ttls, requirement::in_short};

/// What the events of a decision are made of.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) execution_id: Uuid,
    pub(super) call: &'a CallRef,
    pub(super) arguments: &'a Json,
    pub(super) arguments_digest: ArgumentsDigest,
    pub(super) requester: &'a Actor,
    pub(super) sensitive: &'a [String],
    pub(super) decision: &'a Decision,
    /// What the decision asks of people.
    pub(super) requirement: &'a Requirement,
    pub(super) at: Timestamp,
}

impl Case<'_> {
    /// What follows the decision: an end, a permit, or the first people who are asked.
    pub(super) fn decided(&self, permit_id: Uuid, ttls: Ttls) -> Vec<E> {
        let decided = || DecidedEvent { call: self.call.clone(), decision: self.decision.clone() };
        match self.decision.outcome {
            Outcome::Blocked => vec![E::Blocked(self.blocked())],
            Outcome::NoOp => vec![E::NoOp(decided())],
            Outcome::Allowed => vec![E::Allowed(decided()), self.permitted(permit_id, ttls)],
            Outcome::ConfirmationRequired | Outcome::AwaitingApproval => {
                vec![self.asked(permit_id, ttls)]
            }
        }
    }

    /// The first that people are asked: the confirmation, and else the approval.
    fn asked(&self, permit_id: Uuid, ttls: Ttls) -> E {
        if !self.requirement.confirmation {
            return self.next_stage(0, permit_id, ttls);
        }
        E::ConfirmationRequired(ConfirmationRequired {
            call: self.call.clone(),
            decision: self.decision.clone(),
            arguments: self.arguments.clone(),
            requester: self.requester.clone(),
            expires_at: self.people_have(ttls.confirmation),
            sensitive: self.sensitive.to_vec(),
        })
    }

    /// The approval of `stage` is asked for; the permit, where there is no such stage.
    pub(super) fn next_stage(&self, stage: u32, permit_id: Uuid, ttls: Ttls) -> E {
        let index = usize::try_from(stage).ok();
        match index.and_then(|index| self.requirement.stages.get(index)) {
            Some(asked) => self.approval_required(stage, asked, ttls),
            None => self.permitted(permit_id, ttls),
        }
    }

    fn approval_required(&self, stage: u32, asked: &ApprovalStage, ttls: Ttls) -> E {
        let (reviewers, quorum) = in_short(asked);
        E::ApprovalRequired(ApprovalRequired {
            call: self.call.clone(),
            execution_id: self.execution_id,
            decision: self.decision.clone(),
            arguments: self.arguments.clone(),
            requester: self.requester.clone(),
            reviewers,
            quorum,
            expires_at: self.people_have(ttls.approval),
            stage,
            sensitive: self.sensitive.to_vec(),
        })
    }

    /// The permit: exactly these arguments, once.
    pub(super) fn permitted(&self, permit_id: Uuid, ttls: Ttls) -> E {
        E::Permitted(Permitted {
            call: self.call.clone(),
            permit_id,
            arguments_digest: self.arguments_digest,
            policy_set: self.decision.policy_set.clone(),
            expires_at: self.at.plus(ttls.permit),
        })
    }

    fn people_have(&self, ttl: std::time::Duration) -> Timestamp {
        let asked = self.requirement.expires_after_seconds.map(std::time::Duration::from_secs);
        self.at.plus(asked.unwrap_or(ttl))
    }

    fn blocked(&self) -> Blocked {
        let finding = self.decision.deciding();
        let said = finding.map(|finding| (finding.code.clone(), finding.reason.clone()));
        let (code, reason) =
            said.unwrap_or_else(|| ("blocked".to_owned(), "the decision blocks this call".to_owned()));
        Blocked {
            call: self.call.clone(),
            decision: self.decision.clone(),
            code,
            reason,
            missing_requirement: finding.and_then(|finding| finding.missing_requirement.clone()),
            next_owner: finding.and_then(|finding| finding.next_owner.clone()),
        }
    }
}
