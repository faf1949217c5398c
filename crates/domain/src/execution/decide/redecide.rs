//! A new decision on a call that waits for people, or for its permit to be used.

use proto_events::{Decision, ExecutionEvent as E, Outcome, PermitWithdrawn, Redecided};
use uuid::Uuid;

use super::{Case, Decided, Given, propose::check_decision};
use crate::{
    execution::{
        MAX_REDECISIONS, MAX_TEXT_CHARS, Rejection, Stage, Ttls, requirement_of, state::open_deadline,
    },
    field,
};

impl Given<'_> {
    /// While it waits and the same is asked of people, votes and deadlines stay. Everything else begins anew: what was
    /// said before was said about another decision, and a permit is good under the policy set that it was given under.
    pub(super) fn redecide(
        &self,
        decision: &Decision,
        cause: &str,
        sensitive: &[String],
        permit_id: Uuid,
        ttls: Ttls,
    ) -> Decided {
        let execution = self.execution;
        field::text("cause", cause, MAX_TEXT_CHARS)?;
        let stage = execution.stage;
        let may_be_recorded = stage.is_open() || matches!(stage, Stage::Blocked | Stage::NoOp);
        if may_be_recorded && self.is_recorded(decision) {
            return Ok(Vec::new());
        }
        if !stage.is_open() {
            return Err(Rejection::NothingToRedecide { stage });
        }
        let requirement = requirement_of(decision);
        let case = Case { decision, requirement: &requirement, sensitive, ..self.case()? };
        check_decision(decision, case.arguments_digest, sensitive)?;
        if let Some((deadline, kind)) = open_deadline(execution) {
            self.in_time(kind, Some(deadline))?;
        }
        // A block always gets through, and ends the call: no permit outlives what it was given for.
        if execution.redecisions >= MAX_REDECISIONS && decision.outcome != Outcome::Blocked {
            return Err(Rejection::TooManyRedecisions);
        }
        let call = || execution.call().clone();
        let mut events = vec![E::Redecided(Redecided {
            call: call(),
            decision: decision.clone(),
            cause: cause.to_owned(),
        })];
        let former = execution.decision.as_ref().map(|former| former.outcome);
        if stage.is_waiting() && former == Some(decision.outcome) && requirement == execution.requirement {
            return Ok(events);
        }
        if let Some(permit) = execution.permit.as_ref().filter(|_| stage == Stage::Permitted) {
            let cause = cause.to_owned();
            events.push(E::PermitWithdrawn(PermitWithdrawn { call: call(), permit_id: permit.id, cause }));
        }
        events.extend(case.decided(permit_id, ttls));
        Ok(events)
    }

    fn is_recorded(&self, decision: &Decision) -> bool {
        self.execution.decision.as_ref().is_some_and(|recorded| {
            recorded.policy_set == decision.policy_set
                && recorded.outcome == decision.outcome
                && recorded.requirement == decision.requirement
                && recorded.arguments_digest == decision.arguments_digest
        })
    }
}
