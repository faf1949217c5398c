//! A proposal, and the decision on it, in one append.

use proto_events::{
    Actor, ArgumentsDigest, Decision, ExecutionEvent as E, Initiated, Json, Origin, Timestamp,
};

use super::{Case, Decided, only_for};
use crate::{
    execution::{
        Execution, MAX_ASKED_BY, MAX_CONTEXT_BYTES, MAX_SENSITIVE, Propose, Rejection, State, Ttls,
        requirement, requirement_of,
    },
    field::{self, InvalidField},
};

pub(super) fn propose(state: &State, by: &Actor, at: Timestamp, proposal: &Propose) -> Decided {
    check(proposal)?;
    only_for(by, &proposal.call.agent)?;
    if let Some(execution) = state.execution() {
        return if is_same_attempt(execution, proposal) {
            Ok(Vec::new())
        } else {
            Err(Rejection::IdTaken { execution_id: proposal.execution_id })
        };
    }
    Ok(std::iter::once(initiated(proposal)).chain(decided(at, proposal)).collect())
}

fn check(proposal: &Propose) -> Result<(), Rejection> {
    field::call(&proposal.call)?;
    field::requester(&proposal.requester)?;
    asked_by(&proposal.asked_by)?;
    if let Some(key) = &proposal.idempotency_key {
        field::name("idempotency_key", key)?;
    }
    context(proposal.context.as_ref())?;
    check_decision(&proposal.decision, proposal.arguments.digest(), &proposal.sensitive)
}

/// Checks that a decision is on these arguments, and within the limits.
pub(super) fn check_decision(
    decision: &Decision,
    proposed: ArgumentsDigest,
    sensitive: &[String],
) -> Result<(), Rejection> {
    let decided_on = decision.arguments_digest;
    if decided_on != proposed {
        return Err(Rejection::DecisionMismatch { decided_on, proposed });
    }
    self::sensitive(sensitive)?;
    Ok(requirement::check(decision)?)
}

pub(super) fn sensitive(names: &[String]) -> Result<(), InvalidField> {
    if names.len() > MAX_SENSITIVE {
        return Err(InvalidField::Invalid { field: "sensitive", problem: "names more than 64 members" });
    }
    names.iter().try_for_each(|name| field::name("sensitive", name))
}

fn asked_by(others: &[Actor]) -> Result<(), InvalidField> {
    if others.len() > MAX_ASKED_BY {
        return Err(InvalidField::Invalid { field: "asked_by", problem: "names more than 16" });
    }
    others.iter().try_for_each(|other| field::actor("asked_by", other))
}

fn context(context: Option<&Json>) -> Result<(), InvalidField> {
    let len = context.map_or(0, |context| context.as_str().len());
    field::bytes("context", len, MAX_CONTEXT_BYTES, "is larger than 16 KiB")
}

/// Whether `proposal` is the attempt that the execution was made for. What may differ between retries, such as the
/// caller's request id and its words about the circumstances, does not count.
fn is_same_attempt(execution: &Execution, proposal: &Propose) -> bool {
    let (known, call) = (&execution.initiated, &proposal.call);
    known.origin == Origin::Proposed
        && known.execution_id == proposal.execution_id
        && known.call.agent == call.agent
        && known.call.conversation == call.conversation
        && known.call.function == call.function
        && known.requester == proposal.requester
        && known.idempotency_key == proposal.idempotency_key
        && known.arguments_digest == Some(proposal.arguments.digest())
}

fn initiated(proposal: &Propose) -> E {
    E::Initiated(Initiated {
        call: proposal.call.clone(),
        execution_id: proposal.execution_id,
        origin: Origin::Proposed,
        arguments: Some(proposal.arguments.canonical().clone()),
        arguments_digest: Some(proposal.arguments.digest()),
        requester: proposal.requester.clone(),
        idempotency_key: proposal.idempotency_key.clone(),
        asked_by: proposal.asked_by.clone(),
        former_execution: proposal.former_execution,
        context: proposal.context.clone(),
        sensitive: proposal.sensitive.clone(),
    })
}

fn decided(at: Timestamp, proposal: &Propose) -> Vec<E> {
    let case = Case {
        execution_id: proposal.execution_id,
        call: &proposal.call,
        arguments: proposal.arguments.canonical(),
        arguments_digest: proposal.arguments.digest(),
        requester: &proposal.requester,
        sensitive: &proposal.sensitive,
        decision: &proposal.decision,
        requirement: &requirement_of(&proposal.decision),
        at,
    };
    let ttls = Ttls {
        confirmation: proposal.confirmation_ttl,
        approval: proposal.approval_ttl,
        permit: proposal.permit_ttl,
    };
    case.decided(proposal.permit_id, ttls)
}
