//! A proposal, and the decision on it, in one append.

use proto_events::{
    ApprovalRequired, Blocked, ConfirmationRequired, Decided as DecidedEvent, Decision, ExecutionEvent as E,
    Initiated, Json, Origin, Outcome, Reviewers, Timestamp,
};

use super::{Decided, permitted};
use crate::{
    access_policy::remedy,
    execution::{Execution, MAX_CONTEXT_BYTES, Propose, Rejection, State},
    field::{self, InvalidField},
};

/// How many distinct reviewers have to accept.
const QUORUM: u32 = 1;

pub(super) fn propose(state: &State, at: Timestamp, proposal: &Propose) -> Decided {
    check(proposal)?;
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
    if let Some(key) = &proposal.idempotency_key {
        field::name("idempotency_key", key)?;
    }
    context(proposal.context.as_ref())?;
    let (decided_on, proposed) = (proposal.decision.arguments_digest, proposal.arguments.digest());
    if decided_on != proposed {
        return Err(Rejection::DecisionMismatch { decided_on, proposed });
    }
    Ok(())
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
        former_execution: proposal.former_execution,
        context: proposal.context.clone(),
    })
}

fn decided(at: Timestamp, proposal: &Propose) -> Vec<E> {
    let Propose { call, decision, requester, .. } = proposal;
    let decided = || DecidedEvent { call: call.clone(), decision: decision.clone() };
    let arguments = || proposal.arguments.canonical().clone();
    match decision.outcome {
        Outcome::Blocked => vec![E::Blocked(blocked(proposal, decision))],
        Outcome::NoOp => vec![E::NoOp(decided())],
        Outcome::Allowed => {
            let policy_set = decision.policy_set.as_ref();
            let expires_at = at.plus(proposal.permit_ttl);
            let permit =
                permitted(call, proposal.arguments.digest(), policy_set, proposal.permit_id, expires_at);
            vec![E::Allowed(decided()), permit]
        }
        Outcome::ConfirmationRequired => vec![E::ConfirmationRequired(ConfirmationRequired {
            call: call.clone(),
            decision: decision.clone(),
            arguments: arguments(),
            requester: requester.clone(),
            expires_at: at.plus(proposal.confirmation_ttl),
        })],
        Outcome::AwaitingApproval => vec![E::ApprovalRequired(ApprovalRequired {
            call: call.clone(),
            execution_id: proposal.execution_id,
            decision: decision.clone(),
            arguments: arguments(),
            requester: requester.clone(),
            reviewers: Reviewers::AnyApprover,
            quorum: QUORUM,
            expires_at: at.plus(proposal.approval_ttl),
        })],
    }
}

fn blocked(proposal: &Propose, decision: &Decision) -> Blocked {
    let (code, reason) = decision.deciding().map_or_else(
        || ("blocked".to_owned(), "the policy blocks this call".to_owned()),
        |finding| (finding.code.clone(), finding.reason.clone()),
    );
    let (missing_requirement, next_owner) =
        remedy(&code).map(|(missing, owner)| (missing.to_owned(), owner.to_owned())).unzip();
    Blocked {
        call: proposal.call.clone(),
        decision: decision.clone(),
        code,
        reason,
        missing_requirement,
        next_owner,
    }
}
