//! One decision: derived again, and decided by the candidate.

use std::{collections::BTreeSet, sync::Arc};

use proto_events::{Digest, Json, Outcome};
use uuid::Uuid;
use vidimus_domain::grant;
use vidimus_policy::{About, FreezeInForce, Inputs, PolicySet, decide_call};

use super::{DecidedCall, ReplayQuery, differences::differences, report::ReplayReport, standing::Standing};

/// Evaluates a decision; `standing` stands where its facts do.
pub(super) fn evaluate(
    query: &ReplayQuery,
    standing: &mut Standing,
    call: &DecidedCall,
    report: &mut ReplayReport,
) {
    let initiated = &*call.initiated;
    let (Some(arguments), Some(digest)) = (&initiated.arguments, initiated.arguments_digest) else {
        report.not_derived("no_arguments");
        return;
    };
    if standing.is_over {
        report.not_derived("too_much_to_keep");
        return;
    }
    let own = match own_set(standing, call) {
        Ok(own) => own,
        Err(reason) => {
            report.not_derived(reason);
            None
        }
    };
    let own_is_known =
        call.decision.as_ref().is_some_and(|decision| own.is_some() == decision.policy_set.is_some());
    let beyond = |set: &PolicySet| {
        let reads = set.history_reads();
        reads.agent || reads.tenant
    };
    report.reads_beyond |=
        own.as_deref().is_some_and(beyond) || query.candidate.as_deref().is_some_and(beyond);

    let (arguments, context) = (arguments.to_value(), initiated.context.as_ref().map(Json::to_value));
    let name = &initiated.call.function;
    let description = standing.function_of(name).and_then(|known| known.state.description.clone());
    let description = description.as_deref();
    let facts = (own.is_some() || query.candidate.is_some()).then(|| {
        standing.history.facts(&About {
            tenant: &query.tenant,
            call: &initiated.call,
            requester: &initiated.requester,
            description,
            arguments: &arguments,
            now: call.at,
            except: Some(initiated.execution_id),
        })
    });
    let function = standing.function_of(name);
    let schema = match function.and_then(|known| known.schema.as_ref()) {
        Some(Err(())) => {
            report.not_derived("argument_schema_unusable");
            return;
        }
        Some(Ok(schema)) => Some(Arc::clone(schema)),
        None => None,
    };
    let groups = standing.groups_of(&initiated.requester);
    let none = BTreeSet::new();
    let freeze = standing.freezes.covering(&initiated.call.agent, name).filter(|_| !call.again);
    let recorded = call.decision.as_ref();
    let inputs = Inputs {
        call: &initiated.call,
        requester: &initiated.requester,
        requester_groups: &groups,
        agent_scopes: standing.scopes_of(&initiated.call.agent).unwrap_or(&none),
        arguments: &arguments,
        arguments_digest: digest,
        context: context.as_ref(),
        now: call.at,
        freeze: freeze.map(|freeze| FreezeInForce {
            freeze_id: freeze.freeze_id,
            scope: &freeze.scope,
            reason: &freeze.reason,
        }),
        access: function.and_then(|known| known.state.access),
        function_version: function.and_then(|known| known.version),
        description,
        connection_described: standing.is_described(name.connection()),
        schema: schema.as_deref(),
        policy: own.as_deref(),
        history: facts.as_ref().map(|facts| (facts, call.as_of())),
        grant: recorded.and_then(|decision| decision.grant),
        visible_tools: recorded.and_then(|decision| decision.visible_tools),
    };
    if let (Some(recorded), true) = (recorded, own_is_known) {
        let derived = decide_call(&inputs);
        report.derived(call, differences(recorded, &derived, call.is_earlier()));
    }
    if let Some(candidate) = &query.candidate {
        let grant = candidate_grant(standing, call, &inputs);
        let would_be = decide_call(&Inputs { policy: Some(candidate), grant, ..inputs });
        report.compared(call, own.as_deref(), &would_be, candidate);
    }
}

/// The set that the decision was made under, if one was in force.
fn own_set(standing: &mut Standing, call: &DecidedCall) -> Result<Option<Arc<PolicySet>>, &'static str> {
    let Some(digest) = call.decision.as_ref().and_then(|decision| decision.policy_set.as_deref()) else {
        return Ok(None);
    };
    let digest = digest.parse::<Digest>().map_err(|_| "policy_set_unreadable")?;
    standing.sets.get(digest).map(Some).ok_or("policy_set_unreadable")
}

/// The grant that the decision used. Where it did not ask for an approval, one that stood then.
fn candidate_grant(standing: &Standing, call: &DecidedCall, inputs: &Inputs<'_>) -> Option<Uuid> {
    let asked = call.decision.as_ref().is_some_and(|decision| decision.outcome == Outcome::AwaitingApproval);
    if inputs.grant.is_some() || asked || call.again {
        return inputs.grant;
    }
    let pointer = inputs.description.and_then(|description| description.amount.as_deref());
    let amount = pointer.and_then(|pointer| grant::amount_at(inputs.arguments, pointer));
    let found =
        grant::applicable(&standing.grants, call.at, inputs.call, inputs.arguments, amount.as_deref());
    found.map(|grant| grant.grant_id)
}
