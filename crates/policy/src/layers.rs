//! The decision on a call: the strictest of its layers, each naming itself.
//!
//! freeze → function access → readiness → argument schema → tool risk → policy rules → grant. A grant can only lift an
//! approval, never a block. Everything that was looked up arrives in [`Inputs`]; nothing here reads a log or a clock.

mod access;
mod grant;
mod readiness;
mod risk;
mod rules;

pub use readiness::fits_context;
pub(crate) use rules::attributes;

use std::collections::BTreeSet;

use proto_events::{
    Access, Actor, ApprovalNeed, ApprovalStage, ArgumentsDigest, CallRef, Decision, Digest, Facts,
    FreezeScope, FunctionDescription, GlobalPosition, Layer, LayerFinding, Outcome, Requirement, Reviewers,
    StreamVersion, Timestamp,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{ArgumentSchema, HistoryFacts, PolicySet};

/// Name of the fact: the function's access, `null` where it was never set.
pub const FACT_ACCESS: &str = "function.access";
/// Name of the fact: version of the function's stream that access and description were read at, `null` where there is none.
pub const FACT_FUNCTION_VERSION: &str = "function.access.version";

/// A freeze that covers the call.
#[derive(Clone, Copy, Debug)]
pub struct FreezeInForce<'a> {
    /// Its id.
    pub freeze_id: Uuid,
    /// What it covers.
    pub scope: &'a FreezeScope,
    /// Why.
    pub reason: &'a str,
}

/// All that a decision on a call rests on, as it was looked up.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The call.
    pub call: &'a CallRef,
    /// On whose behalf.
    pub requester: &'a Actor,
    /// The groups that the requester is in.
    pub requester_groups: &'a [String],
    /// What the agent may do.
    pub agent_scopes: &'a BTreeSet<String>,
    /// The arguments: an object.
    pub arguments: &'a Value,
    /// Their digest.
    pub arguments_digest: ArgumentsDigest,
    /// What the caller says about the circumstances.
    pub context: Option<&'a Value>,
    /// Now.
    pub now: Timestamp,
    /// The freeze that covers the call, if one does.
    pub freeze: Option<FreezeInForce<'a>>,
    /// Access to the function; `None` where it was never set.
    pub access: Option<Access>,
    /// Version of the function's stream that access and description were read at.
    pub function_version: Option<StreamVersion>,
    /// What the catalogue says of the function.
    pub description: Option<&'a FunctionDescription>,
    /// Whether the catalogue describes the function's connection: then its functions are visible only where they are
    /// described themselves.
    pub connection_described: bool,
    /// The compiled schema of the arguments, where the description has one.
    pub schema: Option<&'a ArgumentSchema>,
    /// The policy set in force.
    pub policy: Option<&'a PolicySet>,
    /// What earlier events say, and up to which position.
    pub history: Option<(&'a HistoryFacts, GlobalPosition)>,
    /// A grant that covers the call and has room for it.
    pub grant: Option<Uuid>,
    /// The tools that the agent can see.
    pub visible_tools: Option<Digest>,
}

/// What a layer found, and what it asks of people where it does.
pub(crate) struct Found {
    pub(crate) finding: LayerFinding,
    pub(crate) requirement: Option<Requirement>,
}

impl Found {
    pub(crate) fn new(layer: Layer, outcome: Outcome, code: &str, reason: impl Into<String>) -> Self {
        Self { finding: LayerFinding::new(layer, outcome, code, reason), requirement: None }
    }

    pub(crate) fn blocked(layer: Layer, code: &str, reason: impl Into<String>) -> Self {
        Self::new(layer, Outcome::Blocked, code, reason)
    }

    /// What would have to be there, and who can do something about it.
    pub(crate) fn remedy(mut self, missing: impl Into<String>, owner: impl Into<String>) -> Self {
        self.finding.missing_requirement = Some(missing.into());
        self.finding.next_owner = Some(owner.into());
        self
    }

    pub(crate) fn asking(mut self, requirement: Requirement) -> Self {
        self.requirement = Some(requirement);
        self
    }
}

/// One approval by one of `reviewers`.
pub(crate) fn one_approval(rule: &str, reviewers: Reviewers) -> Requirement {
    let need = ApprovalNeed { rule: rule.to_owned(), reviewers, quorum: 1 };
    Requirement { stages: vec![ApprovalStage { needs: vec![need] }], ..Requirement::default() }
}

/// The owner of a function as reviewers: `user:ID` and `service:ID` are one of them, all else is a group; any approver where
/// nobody is named.
pub(crate) fn owner_as_reviewers(owner: Option<&str>) -> Reviewers {
    let named = |groups, people| Reviewers::Named { groups, people };
    match owner {
        None => Reviewers::AnyApprover,
        Some(owner) => match owner.split_once(':') {
            Some(("user", id)) => named(Vec::new(), vec![Actor::user(id.to_owned())]),
            Some(("service", id)) => {
                named(Vec::new(), vec![Actor::new(proto_events::ActorKind::Service, id.to_owned())])
            }
            _ => named(vec![owner.to_owned()], Vec::new()),
        },
    }
}

/// The decision on a call.
pub fn decide_call(inputs: &Inputs<'_>) -> Decision {
    let mut facts = Facts::from([
        (FACT_ACCESS.to_owned(), inputs.access.map_or(Value::Null, |access| Value::from(access.as_str()))),
        (
            FACT_FUNCTION_VERSION.to_owned(),
            inputs.function_version.map_or(Value::Null, |version| Value::from(version.get())),
        ),
    ]);
    if let Some(found) = readiness::no_action(inputs) {
        return decision(inputs, vec![found], Vec::new(), facts);
    }
    let mut all: Vec<Found> = Vec::with_capacity(6);
    all.extend(freeze(inputs));
    all.push(access::found(inputs));
    all.extend(readiness::found(inputs));
    all.extend(schema(inputs));
    all.extend(risk::found(inputs));
    // A call that is blocked already is not put to the rules: its arguments may not have the shape that they rely on.
    let mut matched = Vec::new();
    let blocked = all.iter().any(|found| found.finding.outcome == Outcome::Blocked);
    if let (Some(policy), false) = (inputs.policy, blocked) {
        all.push(rules::found(policy, inputs, &mut matched, &mut facts));
    }
    decision(inputs, all, matched, facts)
}

fn freeze(inputs: &Inputs<'_>) -> Option<Found> {
    let freeze = inputs.freeze?;
    let what = match freeze.scope {
        FreezeScope::Tenant => "everything here".to_owned(),
        FreezeScope::Agent { agent } => format!("agent `{agent}`"),
        FreezeScope::Function { function } => format!("function `{function}`"),
    };
    let reason = format!("{what} is frozen: {}", freeze.reason);
    let found = Found::blocked(Layer::Freeze, "frozen", reason);
    Some(found.remedy(format!("an administrator ends freeze `{}`", freeze.freeze_id), "admin"))
}

fn schema(inputs: &Inputs<'_>) -> Option<Found> {
    const SHOWN: usize = 4;
    let violations = inputs.schema?.check(inputs.arguments).err()?;
    let shown = violations.iter().take(SHOWN).map(|violation| {
        let place = if violation.pointer.is_empty() { "the arguments" } else { &violation.pointer };
        format!("{place}: {}", violation.problem)
    });
    let mut reason =
        format!("the arguments do not fit the function's schema: {}", shown.collect::<Vec<_>>().join("; "));
    if violations.len() > SHOWN {
        reason.push_str("; and more");
    }
    let found = Found::blocked(Layer::ArgumentSchema, "arguments_invalid", reason);
    Some(found.remedy("the agent proposes the call with arguments that fit the schema", "agent"))
}

/// The strictest of what was found, with what all layers ask of people together.
fn decision(inputs: &Inputs<'_>, all: Vec<Found>, matched_rules: Vec<String>, facts: Facts) -> Decision {
    let mut requirement = Requirement::default();
    let (mut findings, mut asked) = (Vec::with_capacity(all.len()), Vec::new());
    for Found { finding, requirement } in all {
        findings.push(finding);
        asked.extend(requirement);
    }
    let mut outcome = findings.iter().map(|finding| finding.outcome).max().unwrap_or(Outcome::Blocked);
    let mut grant = None;
    if outcome != Outcome::Blocked {
        merge(&mut requirement, asked);
        if let Some(found) = too_much(&requirement) {
            (outcome, requirement) = (Outcome::Blocked, Requirement::default());
            findings.push(found.finding);
        }
        if let (Outcome::AwaitingApproval, Some(grant_id)) = (outcome, inputs.grant) {
            grant = Some(grant_id);
            outcome = grant::lift(&mut requirement, &mut findings, grant_id);
        }
    }
    // Strictest first; the layers' own order where they are equally strict.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.outcome));
    Decision {
        policy_set: inputs.policy.map(|policy| policy.digest().to_string()),
        matched_rules,
        facts,
        requirement: (!requirement.is_empty()).then_some(requirement),
        as_of: inputs.policy.and(inputs.history).map(|(_, position)| position),
        grant,
        visible_tools: inputs.visible_tools,
        ..Decision::new(outcome, inputs.arguments_digest, findings)
    }
}

/// More than can be asked of people: the call is blocked, and says why.
fn too_much(requirement: &Requirement) -> Option<Found> {
    use Requirement as R;
    let needs = requirement.stages.iter().map(|stage| stage.needs.len()).max().unwrap_or(0);
    let what = match (requirement.stages.len(), needs, requirement.escalations.len()) {
        (stages, ..) if stages > R::MAX_STAGES => {
            format!("{stages} stages of approval, {} at most", R::MAX_STAGES)
        }
        (_, needs, _) if needs > R::MAX_NEEDS => {
            format!("{needs} approvals in a stage, {} at most", R::MAX_NEEDS)
        }
        (_, _, escalations) if escalations > R::MAX_ESCALATIONS => {
            format!("{escalations} escalations, {} at most", R::MAX_ESCALATIONS)
        }
        _ => return None,
    };
    let found = Found::blocked(Layer::Policy, "asks_too_much", format!("the rules together ask for {what}"));
    Some(found.remedy("a policy set whose rules ask for less together", "admin"))
}

/// Requirements add up: every need counts, the shortest time holds, and the requester may review only where all say so.
fn merge(into: &mut Requirement, asked: Vec<Requirement>) {
    let shorter = |a: Option<u64>, b: Option<u64>| match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let mut self_review = true;
    for requirement in asked {
        into.confirmation |= requirement.confirmation;
        if !requirement.stages.is_empty() {
            self_review &= requirement.self_review;
        }
        // A layer without stages of its own asks in the first stage of the others.
        for (index, stage) in requirement.stages.into_iter().enumerate() {
            match into.stages.get_mut(index) {
                Some(known) => known.needs.extend(stage.needs),
                None => into.stages.push(stage),
            }
        }
        into.expires_after_seconds = shorter(into.expires_after_seconds, requirement.expires_after_seconds);
        into.remind_after_seconds = shorter(into.remind_after_seconds, requirement.remind_after_seconds);
        into.escalations.extend(requirement.escalations);
    }
    into.escalations.sort_by_key(|escalation| escalation.after_seconds);
    into.self_review = self_review && !into.stages.is_empty();
}
