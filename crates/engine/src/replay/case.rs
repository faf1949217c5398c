//! Recorded decisions as test cases of a policy set.

use proto_events::{Json, Layer};
use vidimus_policy::{Case, Expectation, RequestData};

use super::DecidedCall;

/// The test case of a decision: what the rules saw, and what they decided. Nothing where the rules were not asked.
pub fn case_of(call: &DecidedCall) -> Option<Case> {
    let (initiated, decision) = (&call.initiated, call.decision.as_ref()?);
    let rules = decision.findings.iter().find(|finding| finding.layer == Layer::Policy)?;
    let context = initiated.context.as_ref().map(Json::to_value);
    let arguments = initiated.arguments.as_ref()?.to_value();
    let request = RequestData::of_record(
        &initiated.call,
        &initiated.requester,
        arguments,
        context.as_ref(),
        call.at,
        &decision.facts,
    );
    let again = if call.again { format!(", again at {}", call.position) } else { String::new() };
    Some(Case {
        name: format!("{} {}{again}", initiated.call.function, initiated.execution_id),
        request,
        expect: Expectation {
            outcome: rules.outcome,
            code: Some(rules.code.clone()),
            rules: decision.matched_rules.clone(),
        },
    })
}
