//! An execution in the words of its page.

use serde_json::Value;
use vidimus_api_types::{Execution, Explanation, LayerFinding, RuleExplanation, WaitsForKind};

use crate::{
    fields,
    words::{self, When},
};

/// A line of a list of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) struct Fact {
    pub(in crate::pages) name: &'static str,
    pub(in crate::pages) value: Shown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) enum Shown {
    Text(String),
    At(When),
    /// What is copied.
    Id(String),
    /// A text that leads to a page.
    Link(String, String),
}

/// What a layer found.
pub(super) struct Finding {
    pub(super) layer: String,
    pub(super) effect: String,
    pub(super) code: String,
    pub(super) reason: String,
}

/// A part of a rule: its text, whether it holds, the facts that it reads.
type Condition = (String, String, Vec<(String, String)>);

/// A rule that decided.
pub(super) struct Rule {
    pub(super) id: String,
    /// Only for those who may read the policy.
    pub(super) place: Option<String>,
    pub(super) effect: String,
    pub(super) reason: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) otherwise: Option<String>,
    pub(super) conditions: Vec<Condition>,
}

/// An event of the timeline.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) position: String,
    pub(super) name: String,
    pub(super) by: String,
    pub(super) at: Option<When>,
    pub(super) said: Option<String>,
    pub(super) leaf_hash: String,
}

pub(in crate::pages) fn text(name: &'static str, value: impl Into<String>) -> Fact {
    Fact { name, value: Shown::Text(value.into()) }
}

pub(in crate::pages) fn id(name: &'static str, value: impl ToString) -> Fact {
    Fact { name, value: Shown::Id(value.to_string()) }
}

/// Where a fact leads to: the same past, where the page shows it.
struct Links<'a> {
    then: &'a [(&'a str, &'a str)],
}

impl Links<'_> {
    fn fact(&self, name: &'static str, shown: impl ToString, page: &str, pairs: &[(&str, &str)]) -> Fact {
        Fact {
            name,
            value: Shown::Link(shown.to_string(), fields::address(page, &[pairs, self.then].concat())),
        }
    }
}

/// What has to happen next.
pub(super) fn next(execution: &Execution) -> Option<String> {
    let waits = execution.waits_for.as_ref()?;
    let who = match (&waits.by, &waits.reviewers) {
        (Some(by), _) => words::actor(by),
        (None, Some(reviewers)) => reviewers.in_words(),
        (None, None) => "whoever runs it".to_owned(),
    };
    let what = match waits.kind {
        WaitsForKind::Confirmation => "has to confirm it",
        WaitsForKind::Approval => "have to approve it",
        WaitsForKind::Start => "may start it under its permit",
        WaitsForKind::Report => "has to report how it ended",
        WaitsForKind::Settlement => "has to show by evidence how it ended",
    };
    Some(format!("{who} {what}"))
}

/// What is known of the call.
pub(super) fn facts(execution: &Execution, then: &[(&str, &str)]) -> Vec<Fact> {
    const TABLE: &str = "/console/executions";
    let e = execution;
    let links = Links { then };
    let (agent, conversation) = (e.agent.as_str(), e.conversation.as_str());
    let talk = [("agent", agent), ("conversation", conversation)];
    let mut facts = vec![
        links.fact("Agent", agent, TABLE, &[("agent", agent)]),
        links.fact("Conversation", conversation, "/console/conversations", &talk),
        links.fact("Function", &e.function, TABLE, &[("function", e.function.as_str())]),
        text("On behalf of", words::actor(&e.requester)),
        text("Proposed by", words::actor(&e.initiated_by)),
        Fact { name: "Created", value: Shown::At(e.created_at.into()) },
    ];
    let at = |name, at: Option<vidimus_api_types::Timestamp>| {
        at.map(|at| Fact { name, value: Shown::At(at.into()) })
    };
    facts.extend(at("Started", e.started_at));
    facts.extend(at("Finished", e.finished_at));
    facts.extend(at("Resolved at", e.resolved_at));
    facts.extend(e.resolved_by.as_ref().map(|by| text("Resolved by", words::actor(by))));
    facts.extend(at("To be decided by", e.approval_deadline.filter(|_| e.waits_for.is_some())));
    facts.extend(at("To report by", e.lease_expires_at));
    if e.suspended {
        facts.push(text("Suspended", "a freeze covers this call: its deadline stands still"));
    }
    if let Some(entry) = &e.catalogue {
        facts.extend(entry.purpose.as_ref().map(|purpose| text("Purpose", purpose.as_str())));
        facts.extend(entry.tool_type.map(|kind| text("Tool type", kind.as_str())));
        facts.extend(entry.risk.map(|risk| text("Risk", risk.as_str())));
    }
    if let Some(permit) = &e.permit {
        facts.push(id("Permit", permit.permit_id));
        facts.push(Fact { name: "Permit expires", value: Shown::At(permit.expires_at.into()) });
    }
    facts.push(id("Execution id", e.execution_id));
    facts.extend(e.request_id.as_ref().map(|request| id("Request id", request)));
    facts.extend(e.arguments_digest.as_ref().map(|digest| id("Arguments digest", digest)));
    facts.extend(e.idempotency_key.as_ref().map(|key| id("Idempotency key", key)));
    let execution_link = |name, other: uuid::Uuid| links.fact(name, other, &format!("{TABLE}/{other}"), &[]);
    facts.extend(e.former_execution.map(|other| execution_link("Attempt before", other)));
    let revised = e.resolution.as_ref().and_then(|resolution| resolution.revised_as);
    facts.extend(revised.map(|other| execution_link("Revised as", other)));
    if e.attempts > 1 {
        facts.push(text("Proposed", format!("{} times", e.attempts)));
    }
    facts.extend(e.final_record.as_ref().map(|record| id("Final record", record)));
    facts.push(id("Last position", e.position));
    facts
}

/// What was decided.
pub(super) fn decision_facts(execution: &Execution, explanation: Option<&Explanation>) -> Vec<Fact> {
    let mut facts = Vec::new();
    facts.extend(execution.outcome.map(|outcome| text("Outcome", outcome.as_str().replace('_', " "))));
    if let Some(deciding) = &execution.deciding {
        facts.push(text("Decided by", deciding.layer.as_str().replace('_', " ")));
        facts.push(id("Reason code", &deciding.code));
        facts.push(text("Reason", deciding.reason.as_str()));
    }
    facts.extend(execution.missing_requirement.as_ref().map(|missing| text("Missing", missing.as_str())));
    facts.extend(execution.next_owner.as_ref().map(|owner| text("Next owner", owner.as_str())));
    if let Some(progress) = &execution.approval {
        let (stage, stages) = (progress.stage + 1, progress.stages);
        let (accepted, missing) = (progress.accepted, progress.missing);
        let shown = format!("stage {stage} of {stages}: {accepted} accepted, {missing} more needed");
        facts.push(text("Approvals", shown));
    }
    if let Some(resolution) = &execution.resolution {
        facts.push(text("Verdict", resolution.verdict.as_str().replace('_', " ")));
        facts.extend(resolution.comment.as_ref().map(|comment| text("Said with it", comment.as_str())));
        let behalf = resolution.on_behalf_of.as_ref();
        facts.extend(behalf.map(|behalf| text("In place of", words::actor(behalf))));
        let broken = resolution.break_glass.as_ref();
        facts.extend(broken.map(|why| text("Emergency (break-glass)", why.as_str())));
    }
    if let Some(explanation) = explanation {
        facts.push(Fact { name: "Decided at", value: Shown::At(explanation.decided_at.into()) });
        if explanation.decisions > 1 {
            facts.push(text("Decided on", format!("{} times", explanation.decisions)));
        }
        facts.extend(explanation.as_of.map(|position| id("Facts as of position", position)));
    }
    facts.extend(execution.policy_set.as_ref().map(|set| id("Policy set", set)));
    if let Some(grant) = execution.grant {
        facts.push(id("Grant", grant));
    }
    facts.extend(execution.visible_tools.as_ref().map(|tools| id("Visible tools", tools)));
    facts
}

/// What the layers found, strictest first.
pub(super) fn findings(explanation: &Explanation) -> Vec<Finding> {
    explanation.findings.iter().map(finding).collect()
}

fn finding(finding: &LayerFinding) -> Finding {
    Finding {
        layer: finding.layer.as_str().replace('_', " "),
        effect: finding.outcome.as_str().replace('_', " "),
        code: finding.code.clone(),
        reason: finding.reason.clone(),
    }
}

/// The rules that decided, or came nearest to a permit.
pub(super) fn rules(explanation: &Explanation) -> Vec<Rule> {
    let Some(policy) = &explanation.policy else { return Vec::new() };
    policy.rules.iter().chain(&policy.nearest).map(rule).collect()
}

fn rule(rule: &RuleExplanation) -> Rule {
    let condition = |condition: &vidimus_api_types::ConditionExplanation| {
        let value = serde_json::to_value(&condition.facts).unwrap_or_default();
        let facts = value.as_object().into_iter().flatten();
        let facts = facts.map(|(name, value)| (name.clone(), value.to_string())).collect();
        (condition.text.clone(), condition.truth.as_str().to_owned(), facts)
    };
    let effect = match &rule.require {
        Some(require) => format!("asks for {require}"),
        None => rule.effect.clone(),
    };
    Rule {
        id: rule.id.clone(),
        place: rule.file.as_ref().map(|file| format!("{file}:{}", rule.line.unwrap_or_default())),
        effect,
        reason: rule.reason.clone(),
        owner: rule.owner.clone(),
        otherwise: rule.otherwise.clone(),
        conditions: rule.conditions.iter().map(condition).collect(),
    }
}

/// The events, oldest first.
pub(super) fn steps(events: &[Value]) -> Vec<Step> {
    events.iter().map(step).collect()
}

fn step(event: &Value) -> Step {
    let at = |pointer| event.pointer(pointer).and_then(Value::as_str);
    let said = ["/data/comment", "/data/feedback", "/data/reason", "/data/text"].into_iter().find_map(at);
    let by = match (at("/actor/kind"), at("/actor/id")) {
        (Some("user") | None, Some(id)) => id.to_owned(),
        (Some(kind), Some(id)) => format!("{id} ({kind})"),
        _ => String::new(),
    };
    Step {
        position: event
            .get("position")
            .map(|position| position.to_string().replace('"', ""))
            .unwrap_or_default(),
        name: at("/type").unwrap_or_default().replace('_', " "),
        by,
        at: at("/recorded_at")
            .and_then(|at| at.parse().ok())
            .map(|at: vidimus_api_types::Timestamp| at.into()),
        said: said.map(str::to_owned),
        leaf_hash: at("/leaf_hash").unwrap_or_default().to_owned(),
    }
}

/// What people said about it.
pub(super) fn comments(steps: &[Step]) -> Vec<Step> {
    steps.iter().filter(|step| step.name.contains("comment") && step.said.is_some()).cloned().collect()
}
