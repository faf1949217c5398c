//! Why a decision came out as it did, and what would have had to differ.

use proto_events::{Facts, Outcome};
use serde::Serialize;

use crate::{
    Code, Demand, Evaluation, PolicySet, Rule, RuleEffect,
    evaluate::{facts_of, holds},
    reads::{Family, Reads},
    request::Request,
    rule::Part,
    view::View,
};

/// How many rules are shown that came nearest to permitting a call.
const MAX_NEAREST: usize = 3;

/// Whether a condition holds for a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "truth", content = "why")]
pub enum Truth {
    /// It does.
    Holds,
    /// It does not.
    Fails,
    /// By itself it cannot be told, for the reason given; often a condition before it asks whether the value is there.
    Unknown(String),
}

/// A part of a rule's condition that must hold by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Condition {
    /// As it stands in the rule; `!( )` is around what stands in an `unless`.
    pub text: String,
    /// The line of the file, from 1.
    pub line: usize,
    /// Whether it holds.
    #[serde(flatten)]
    pub truth: Truth,
    /// The facts that it reads, with their values; a fact that the call does not have is not in it.
    pub facts: Facts,
}

/// A rule, part by part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleExplanation {
    /// Its id.
    pub id: String,
    /// The file that it stands in.
    pub file: String,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Whether it permits or forbids.
    pub effect: RuleEffect,
    /// `confirmation` or `approval`, where it waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require: Option<&'static str>,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What would have to be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// The parts of its condition; none where it matches every call.
    pub conditions: Vec<Condition>,
    /// What would have had to differ, in words.
    pub otherwise: String,
}

/// Why a decision came out as it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The outcome.
    pub outcome: Outcome,
    /// Why.
    pub code: Code,
    /// Why, for people.
    pub reason: String,
    /// The rules that decided.
    pub rules: Vec<RuleExplanation>,
    /// Where no rule permits the call: those that came nearest, by the number of conditions that do not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<RuleExplanation>,
}

impl Explanation {
    /// Leaves out the values of arguments and circumstances: for calls of which not everybody may see all.
    pub fn leave_out_arguments(&mut self) {
        let conditions =
            self.rules.iter_mut().chain(&mut self.nearest).flat_map(|rule| rule.conditions.iter_mut());
        for condition in conditions {
            condition.facts.retain(|name, _| {
                let family = name.split('.').next().unwrap_or_default();
                !Family::ALL.iter().any(|known| known.is_tagged() && known.as_str() == family)
            });
        }
    }
}

impl PolicySet {
    /// Why `evaluation` is the decision of this set on `request`.
    pub fn explain(&self, request: &Request<'_>, evaluation: &Evaluation) -> Explanation {
        let mut explanation = Explanation {
            outcome: evaluation.outcome,
            code: evaluation.code,
            reason: evaluation.reason.clone(),
            rules: Vec::new(),
            nearest: Vec::new(),
        };
        // Without a view there is no rule that decided either.
        let Ok(view) = View::of_reads(&self.types, request, &self.reads) else { return explanation };
        let deciding = evaluation.deciding.iter().filter_map(|id| self.rule(id));
        explanation.rules = deciding.map(|rule| explain_rule(rule, request, &view)).collect();
        if evaluation.code == Code::NoRulePermits {
            explanation.nearest = self.nearest(request, &view);
        }
        explanation
    }

    fn nearest(&self, request: &Request<'_>, view: &View) -> Vec<RuleExplanation> {
        let permits = self.rules().iter().filter(|rule| rule.effect == RuleEffect::Permit);
        let mut counted: Vec<(usize, &Rule)> = permits
            .map(|rule| (rule.parts.iter().filter(|part| truth(part, view) != Truth::Holds).count(), rule))
            .collect();
        // Of two that fail alike, the one of which more holds is nearer.
        counted.sort_by_key(|(failing, rule)| (*failing, std::cmp::Reverse(rule.parts.len())));
        counted.truncate(MAX_NEAREST);
        counted.into_iter().map(|(_, rule)| explain_rule(rule, request, view)).collect()
    }
}

fn explain_rule(rule: &Rule, request: &Request<'_>, view: &View) -> RuleExplanation {
    let condition = |part: &Part| Condition {
        text: part.text.clone(),
        line: part.at.line,
        truth: truth(part, view),
        facts: facts_of(request, &reads(part)),
    };
    let conditions: Vec<Condition> = rule.parts.iter().map(condition).collect();
    RuleExplanation {
        id: rule.id.clone(),
        file: rule.file.clone(),
        line: rule.at.line,
        effect: rule.effect,
        require: rule.demand.as_ref().map(|demand| match demand {
            Demand::Confirmation { .. } => "confirmation",
            Demand::Approval(_) => "approval",
        }),
        reason: rule.reason.clone(),
        owner: rule.owner.clone(),
        missing: rule.missing.clone(),
        otherwise: otherwise(rule, &conditions),
        conditions,
    }
}

/// What would have had to differ.
fn otherwise(rule: &Rule, conditions: &[Condition]) -> String {
    let verb = if rule.demand.is_some() { "hold" } else { rule.effect.as_str() };
    // A `forbid` is shown where it matched, or could not be evaluated.
    let is_error = rule.effect == RuleEffect::Forbid;
    let open: Vec<String> = conditions
        .iter()
        .filter(|condition| condition.truth != Truth::Holds)
        .map(|condition| format!("`{}`", condition.text))
        .collect();
    match (conditions.len(), open.as_slice()) {
        (_, [open]) if is_error => {
            format!("it would not stop the call if {open} could be told, and did not hold")
        }
        (0, _) => format!("it {verb}s every call"),
        (1, []) => format!("it would not {verb} the call if its condition did not hold"),
        (count, []) => format!("it would not {verb} the call if one of its {count} conditions did not hold"),
        (_, open) if is_error => {
            let open = open.join(" and ");
            format!("it would not stop the call if {open} could be told, and one of them did not hold")
        }
        (_, open) => format!("it would {verb} the call if {} held", open.join(" and ")),
    }
}

fn truth(part: &Part, view: &View) -> Truth {
    match part.text.parse() {
        Ok(expression) => match holds(&expression, view) {
            Ok(true) => Truth::Holds,
            Ok(false) => Truth::Fails,
            Err(error) => Truth::Unknown(error),
        },
        Err(error) => Truth::Unknown(error.to_string()),
    }
}

/// What a part of a condition reads.
fn reads(part: &Part) -> Reads {
    let alone = format!("permit (principal, action, resource) when {{ {}\n}};", part.text);
    let policy = cedar_policy::Policy::parse(None, alone).ok().and_then(|policy| policy.to_json().ok());
    policy.map(|policy| Reads::of_policy(&policy)).unwrap_or_default()
}
