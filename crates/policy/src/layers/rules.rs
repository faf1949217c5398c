//! The layer of the policy set's rules.

use std::collections::BTreeMap;

use proto_events::{
    ApprovalNeed, ApprovalStage, Effect, Facts, FunctionDescription, Layer, Outcome, Requirement, Reviewers,
    RiskLevel, ToolType, Trust,
};
use serde_json::Value;

use super::{Found, Inputs};
use crate::{
    Agent, Evaluation, Function, HistoryFacts, HistoryReads, Need, PolicySet, Request, Requester,
    reads::Family,
};

/// Most members of the circumstances that rules see.
const MAX_ATTRIBUTES: usize = 256;
/// What a function without a description may be: the worst.
const UNDESCRIBED: (ToolType, Effect, RiskLevel) = (ToolType::Action, Effect::Destroy, RiskLevel::Critical);

impl PolicySet {
    /// Whose history the rules read.
    pub fn history_reads(&self) -> HistoryReads {
        let read = self.reads.of(Family::History);
        let any = |of: fn(&str) -> bool| read.all || read.names.iter().any(|name| of(name));
        HistoryReads {
            conversation: any(|name| !name.starts_with("agent_") && !name.starts_with("tenant_")),
            agent: any(|name| name.starts_with("agent_")),
            tenant: any(|name| name.starts_with("tenant_")),
        }
    }
}

/// The members of the circumstances that are texts: what rules see of them.
pub(crate) fn attributes(context: Option<&Value>) -> BTreeMap<String, String> {
    let members = context.and_then(Value::as_object).into_iter().flatten();
    let texts = members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    texts.take(MAX_ATTRIBUTES).collect()
}

fn function<'a>(inputs: &Inputs<'a>) -> Function<'a> {
    let description: Option<&FunctionDescription> = inputs.description;
    let (tool_type, effect, risk) = description
        .map_or(UNDESCRIBED, |description| (description.tool_type, description.effect, description.risk));
    Function {
        name: inputs.call.function.as_str(),
        tool_type,
        effect,
        risk,
        scopes: description.map_or(&[], |description| &description.scopes),
        described: description.is_some(),
        results_trusted: description.is_some_and(|description| description.results == Trust::Trusted),
    }
}

/// What the rules say, the ids of those that matched, and the facts that they read.
pub(super) fn found(
    policy: &PolicySet,
    inputs: &Inputs<'_>,
    matched: &mut Vec<String>,
    facts: &mut Facts,
) -> Found {
    let attributes = attributes(inputs.context);
    let scopes: Vec<String> = inputs.agent_scopes.iter().cloned().collect();
    let nothing = HistoryFacts::default();
    let request = Request {
        agent: Agent { id: &inputs.call.agent, scopes: &scopes },
        requester: Requester {
            id: &inputs.requester.id,
            kind: inputs.requester.kind,
            groups: inputs.requester_groups,
        },
        function: function(inputs),
        arguments: inputs.arguments,
        conversation: &inputs.call.conversation,
        attributes: &attributes,
        now: inputs.now,
        history: inputs.history.map_or(&nothing, |(facts, _)| facts),
    };
    let (evaluation, recorded_facts) = policy.evaluate_recorded(&request);
    matched.extend(evaluation.matched().map(str::to_owned));
    matched.extend(evaluation.errors.iter().map(|error| error.rule.clone()).filter(|rule| !rule.is_empty()));
    facts.extend(recorded_facts);
    let Evaluation { outcome, code, reason, missing, owner, requirement, .. } = evaluation;
    let mut found = Found::new(Layer::Policy, outcome, code.as_str(), reason);
    if outcome == Outcome::Blocked {
        let missing = missing.unwrap_or_else(|| "a rule of the policy set that permits the call".to_owned());
        found = found.remedy(missing, owner.unwrap_or_else(|| "admin".to_owned()));
    }
    match requirement {
        Some(requirement) => found.asking(recorded(requirement)),
        None => found,
    }
}

/// The requirement as it is recorded.
fn recorded(requirement: crate::Requirement) -> Requirement {
    let crate::Requirement { confirmation, approval } = requirement;
    let mut recorded = Requirement {
        confirmation: confirmation.is_some(),
        expires_after_seconds: confirmation
            .and_then(|confirmation| confirmation.expires_seconds)
            .map(u64::from),
        ..Requirement::default()
    };
    let Some(approval) = approval else { return recorded };
    let expires = approval.expires_seconds.map(u64::from);
    recorded.expires_after_seconds = match (recorded.expires_after_seconds, expires) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    recorded.remind_after_seconds = approval.remind_seconds.map(u64::from);
    recorded.self_review = approval.self_review;
    let need = |need: Need| ApprovalNeed {
        rule: need.rule,
        reviewers: reviewers(need.groups, need.people),
        quorum: u32::from(need.quorum),
    };
    let stage = |stage: crate::Stage| ApprovalStage { needs: stage.needs.into_iter().map(need).collect() };
    recorded.stages = approval.stages.into_iter().map(stage).collect();
    let escalation = |escalation: crate::Escalation| proto_events::Escalation {
        after_seconds: u64::from(escalation.after_seconds),
        reviewers: reviewers(escalation.groups, escalation.people),
    };
    recorded.escalations = approval.escalations.into_iter().map(escalation).collect();
    recorded
}

fn reviewers(groups: Vec<String>, people: Vec<proto_events::Actor>) -> Reviewers {
    if groups.is_empty() && people.is_empty() {
        Reviewers::AnyApprover
    } else {
        Reviewers::Named { groups, people }
    }
}
