//! Why a call was decided on as it was.

use vidimus_api_types as wire;
use vidimus_engine::Explanation;
use vidimus_policy::{Condition, Explanation as RulesExplanation, RuleExplanation, Truth};

/// How much of the rules is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Their text and where it stands: to whoever may read the policy.
    Whole,
    /// What they say to people (reason, what is missing, who answers for it), without their text.
    Said,
}

/// The explanation of a decision.
pub fn explanation(explanation: Explanation, shown: Rules) -> wire::Explanation {
    let Explanation { execution_id, decision, position, decided_at, decisions, deciding, rules } =
        explanation;
    let (layer, code, reason) = match deciding {
        Some(finding) => (Some(finding.layer), Some(finding.code), Some(finding.reason)),
        None => (None, None, None),
    };
    wire::Explanation {
        execution_id,
        position,
        decided_at,
        decisions: decisions as u64,
        outcome: decision.outcome,
        layer,
        code,
        reason,
        findings: decision.findings,
        policy_set: decision.policy_set,
        facts: decision.facts,
        as_of: decision.as_of,
        policy: rules.map(|rules| of_rules(rules, shown)),
    }
}

fn of_rules(rules: RulesExplanation, shown: Rules) -> wire::PolicyExplanation {
    let rule = |of| rule(of, shown);
    wire::PolicyExplanation {
        outcome: rules.outcome,
        code: rules.code.as_str().to_owned(),
        reason: rules.reason,
        rules: rules.rules.into_iter().map(rule).collect(),
        nearest: rules.nearest.into_iter().map(rule).collect(),
    }
}

fn rule(rule: RuleExplanation, shown: Rules) -> wire::RuleExplanation {
    let whole = shown == Rules::Whole;
    let conditions = if whole { rule.conditions } else { Vec::new() };
    wire::RuleExplanation {
        id: rule.id,
        file: whole.then_some(rule.file),
        line: whole.then_some(rule.line as u64),
        effect: rule.effect.as_str().to_owned(),
        require: rule.require.map(str::to_owned),
        reason: rule.reason,
        owner: rule.owner,
        missing: rule.missing,
        conditions: conditions.into_iter().map(condition).collect(),
        otherwise: whole.then_some(rule.otherwise),
    }
}

fn condition(condition: Condition) -> wire::ConditionExplanation {
    let (truth, why) = match condition.truth {
        Truth::Holds => (wire::Truth::Holds, None),
        Truth::Fails => (wire::Truth::Fails, None),
        Truth::Unknown(why) => (wire::Truth::Unknown, Some(why)),
    };
    let (text, line) = (condition.text, condition.line as u64);
    wire::ConditionExplanation { text, line, truth, why, facts: condition.facts }
}
