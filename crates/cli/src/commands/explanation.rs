//! Why a call was decided on as it was, for people.

use vidimus_api_types::{ConditionExplanation, Explanation, RuleExplanation, Truth};

use super::or_dash;
use crate::output::{cut, instant};

pub(super) fn people(explanation: &Explanation) -> String {
    let Explanation { layer, code, reason, findings, policy_set, policy, .. } = explanation;
    let mut lines = vec![
        format!("execution   {}", explanation.execution_id),
        format!("outcome     {}", explanation.outcome.as_str()),
        format!("decided by  {} ({})", or_dash(layer.map(|layer| layer.as_str())), or_dash(code.as_ref())),
        format!("because     {}", or_dash(reason.as_ref())),
        format!("decided at  {} (position {})", instant(explanation.decided_at), explanation.position),
        format!("policy set  {}", or_dash(policy_set.as_ref())),
    ];
    if explanation.decisions > 1 {
        lines.push(format!("decisions   {}; this is the last", explanation.decisions));
    }
    lines.push(String::new());
    lines.push("what each layer found:".to_owned());
    for finding in findings {
        lines.push(format!(
            "  {:<16} {:<22} {} ({})",
            finding.layer.as_str(),
            finding.outcome.as_str(),
            finding.reason,
            finding.code
        ));
        for (name, text) in [("missing", &finding.missing_requirement), ("next owner", &finding.next_owner)] {
            lines.extend(text.iter().map(|text| format!("    {name}: {text}")));
        }
    }
    if let Some(policy) = policy {
        lines.push(String::new());
        lines.push("the rules that decided:".to_owned());
        lines.extend(policy.rules.iter().flat_map(rule));
        if !policy.nearest.is_empty() {
            lines.push("no rule permits it; these came nearest:".to_owned());
            lines.extend(policy.nearest.iter().flat_map(rule));
        }
    }
    if !explanation.facts.is_empty() {
        lines.push(String::new());
        lines.push("the facts that were read:".to_owned());
        let fact = |(name, value): (&String, _)| {
            format!("  {name} = {}", cut(&serde_json::Value::to_string(value), 200))
        };
        lines.extend(explanation.facts.iter().map(fact));
    }
    lines.join("\n")
}

fn rule(rule: &RuleExplanation) -> Vec<String> {
    let require = rule.require.as_ref().map(|require| format!(", holds until {require}")).unwrap_or_default();
    let place = rule.file.iter().zip(rule.line).map(|(file, line)| format!("; {file}:{line}"));
    let place = place.collect::<String>();
    let mut lines = vec![format!("  {} ({}{require}{place})", rule.id, rule.effect)];
    for (name, text) in [("reason", &rule.reason), ("missing", &rule.missing), ("owner", &rule.owner)] {
        lines.extend(text.iter().map(|text| format!("    {name}: {text}")));
    }
    lines.extend(rule.conditions.iter().flat_map(condition));
    lines.extend(rule.otherwise.iter().map(|otherwise| format!("    {otherwise}")));
    lines
}

fn condition(condition: &ConditionExplanation) -> Vec<String> {
    let truth = match condition.truth {
        Truth::Holds => "holds  ",
        Truth::Fails => "fails  ",
        Truth::Unknown => "unknown",
    };
    let mut lines = vec![format!("    {truth}  {}", condition.text.replace('\n', " "))];
    lines.extend(condition.why.iter().map(|why| format!("             {why}")));
    let fact = |(name, value): (&String, _)| {
        format!("             {name} = {}", cut(&serde_json::Value::to_string(value), 200))
    };
    lines.extend(condition.facts.iter().map(fact));
    lines
}
