//! The decision on a request.
//!
//! By definition a request is evaluated once with all rules, and where only rules with a demand forbid it, once more
//! without them. Cedar's answer depends on nothing but which rules match, so here each rule is looked at once, and both
//! answers follow from that. Whether a rule matches is mostly told without asking Cedar ([`crate::plan`]); whatever is not
//! told is Cedar's.

mod add_up;

use proto_events::{Facts, Outcome};

use crate::{
    Demand, PolicySet, Requirement, Rule, RuleEffect,
    plan::Candidate,
    reads::{Family, Reads},
    request::Request,
    value::FactValue,
    view::{self, View},
};
use add_up::add_up;

/// Why the decision came out as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A rule permits it and none forbids it.
    PolicyPermits,
    /// The requesting user has to confirm it.
    #[serde(rename = "policy_requires_confirmation")]
    ConfirmationRequired,
    /// Reviewers have to approve it.
    #[serde(rename = "policy_requires_approval")]
    ApprovalRequired,
    /// No rule permits it.
    NoRulePermits,
    /// A rule that forbids could not be evaluated.
    RuleError,
    /// A rule forbids it.
    PolicyForbids,
}

impl Code {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PolicyPermits => "policy_permits",
            Self::ConfirmationRequired => "policy_requires_confirmation",
            Self::ApprovalRequired => "policy_requires_approval",
            Self::NoRulePermits => "no_rule_permits",
            Self::RuleError => "rule_error",
            Self::PolicyForbids => "policy_forbids",
        }
    }
}

/// A rule that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RuleError {
    /// The rule; empty where the request itself could not be put to the rules.
    pub rule: String,
    /// What is wrong.
    pub message: String,
}

/// The decision on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Allowed, confirmation required, awaiting approval or blocked.
    pub outcome: Outcome,
    /// Why.
    pub code: Code,
    /// Why, for people: what the deciding rules say.
    pub reason: String,
    /// What would have to be there, as the first deciding rule that knows says.
    pub missing: Option<String>,
    /// Who answers for the first deciding rule that has an owner.
    pub owner: Option<String>,
    /// What has to happen first; there for a call that is held.
    pub requirement: Option<Requirement>,
    /// The rules that permit it, in order of the set.
    pub permits: Vec<String>,
    /// The rules that forbid it, those with a demand included.
    pub forbids: Vec<String>,
    /// The rules that could not be evaluated.
    pub errors: Vec<RuleError>,
    /// The rules that decided: of those above, the ones that the code is about.
    pub deciding: Vec<String>,
}

impl Evaluation {
    /// The rules that matched, permits first.
    pub fn matched(&self) -> impl Iterator<Item = &str> {
        self.permits.iter().chain(&self.forbids).map(String::as_str)
    }
}

/// Which rules matched.
#[derive(Default)]
struct Matches<'a> {
    permits: Vec<&'a Rule>,
    demands: Vec<(&'a Rule, &'a Demand)>,
    forbids: Vec<&'a Rule>,
    forbid_errors: Vec<(&'a Rule, String)>,
    permit_errors: Vec<(&'a Rule, String)>,
}

impl PolicySet {
    /// The decision on `request`.
    pub fn evaluate(&self, request: &Request<'_>) -> Evaluation {
        self.evaluate_with(request, &self.plan.values(request))
    }

    /// The decision on `request`, and what the record keeps of what the rules read.
    pub(crate) fn evaluate_recorded(&self, request: &Request<'_>) -> (Evaluation, Facts) {
        let values = self.plan.values(request);
        let evaluation = self.evaluate_with(request, &values);
        (evaluation, self.plan.recorded(request, &self.reads, values))
    }

    fn evaluate_with<'a>(&self, request: &Request<'a>, values: &[Option<FactValue<'a>>]) -> Evaluation {
        let candidates = self.plan.candidates(self.rules(), request, values);
        let mut untold = candidates.iter().filter(|candidate| !candidate.is_told).peekable();
        let view = if untold.peek().is_some() {
            let rules = untold.map(|candidate| candidate.rule);
            match self.plan.view(&self.types, request, values, rules) {
                Ok(view) => Some(view),
                Err(message) => return unreadable(message),
            }
        } else {
            None
        };
        let holds = |candidate: &Candidate, rule: &Rule| match &view {
            Some(view) if !candidate.is_told => holds(&rule.condition, view),
            _ => Ok(true),
        };
        let rules = candidates.iter().map(|candidate| (candidate, &self.rules()[candidate.rule]));
        conclude(&matches(rules.map(|(candidate, rule)| (rule, holds(candidate, rule)))))
    }

    /// The facts that the rules of these ids read, with their values. What a fact's name begins with is what rules say
    /// (`history.calls`, `text.recipient`); `agent` and `function` stand for `principal` and `resource`.
    pub fn facts<'a>(&self, request: &Request<'_>, rules: impl IntoIterator<Item = &'a str>) -> Facts {
        let mut reads = Reads::default();
        rules.into_iter().filter_map(|id| self.rule(id)).for_each(|rule| reads.add(&rule.reads));
        facts_of(request, &reads)
    }
}

/// The facts that are read, by name.
pub(crate) fn facts_of(request: &Request<'_>, reads: &Reads) -> Facts {
    facts_in(request, reads, Family::ALL)
}

/// Of these families, the facts that are read, by name.
pub(crate) fn facts_in(
    request: &Request<'_>,
    reads: &Reads,
    families: impl IntoIterator<Item = Family>,
) -> Facts {
    let named = |family: Family| {
        view::facts(request, reads, family)
            .into_iter()
            .map(move |(name, value)| (family.fact_name(&name), value.into_json()))
    };
    families.into_iter().flat_map(named).collect()
}

/// Whether `condition` holds; an error says why that cannot be told.
pub(crate) fn holds(condition: &cedar_policy::Expression, view: &View) -> Result<bool, String> {
    match cedar_policy::eval_expression(&view.request, &view.entities, condition) {
        Ok(cedar_policy::EvalResult::Bool(holds)) => Ok(holds),
        Ok(other) => Err(format!("the condition is `{other}`, neither true nor false")),
        Err(error) => Err(error.to_string()),
    }
}

fn matches<'a>(candidates: impl Iterator<Item = (&'a Rule, Result<bool, String>)>) -> Matches<'a> {
    let mut matches = Matches::default();
    for (rule, holds) in candidates {
        match (holds, rule.effect, &rule.demand) {
            (Ok(false), ..) => {}
            (Ok(true), RuleEffect::Permit, _) => matches.permits.push(rule),
            (Ok(true), RuleEffect::Forbid, Some(demand)) => matches.demands.push((rule, demand)),
            (Ok(true), RuleEffect::Forbid, None) => matches.forbids.push(rule),
            (Err(error), RuleEffect::Permit, _) => matches.permit_errors.push((rule, error)),
            (Err(error), RuleEffect::Forbid, _) => matches.forbid_errors.push((rule, error)),
        }
    }
    matches
}

/// A request that cannot be put to the rules is blocked.
fn unreadable(message: String) -> Evaluation {
    Evaluation {
        outcome: Outcome::Blocked,
        code: Code::RuleError,
        reason: format!("the call cannot be put to the rules: {message}"),
        missing: None,
        owner: None,
        requirement: None,
        permits: Vec::new(),
        forbids: Vec::new(),
        errors: vec![RuleError { rule: String::new(), message }],
        deciding: Vec::new(),
    }
}

fn conclude(matches: &Matches<'_>) -> Evaluation {
    let failed: Vec<&Rule> = matches.forbid_errors.iter().map(|(rule, _)| *rule).collect();
    let demanding: Vec<&Rule> = matches.demands.iter().map(|(rule, _)| *rule).collect();
    let requirement = add_up(&matches.demands);
    let (outcome, code, deciding, requirement) = if !matches.forbids.is_empty() {
        (Outcome::Blocked, Code::PolicyForbids, matches.forbids.clone(), None)
    } else if !failed.is_empty() {
        (Outcome::Blocked, Code::RuleError, failed, None)
    } else if matches.permits.is_empty() {
        (Outcome::Blocked, Code::NoRulePermits, Vec::new(), None)
    } else if requirement.approval.is_some() {
        (Outcome::AwaitingApproval, Code::ApprovalRequired, demanding, Some(requirement))
    } else if requirement.confirmation.is_some() {
        (Outcome::ConfirmationRequired, Code::ConfirmationRequired, demanding, Some(requirement))
    } else {
        (Outcome::Allowed, Code::PolicyPermits, matches.permits.clone(), None)
    };
    let error =
        |(rule, message): &(&Rule, String)| RuleError { rule: rule.id.clone(), message: message.clone() };
    let ids = |rules: &[&Rule]| rules.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
    let mut forbids: Vec<&Rule> = matches.forbids.clone();
    forbids.extend(matches.demands.iter().map(|(rule, _)| *rule));
    Evaluation {
        outcome,
        code,
        reason: reason(code, &deciding, matches),
        missing: deciding.iter().find_map(|rule| rule.missing.clone()),
        owner: deciding.iter().find_map(|rule| rule.owner.clone()),
        requirement,
        permits: ids(&matches.permits),
        forbids: ids(&forbids),
        errors: matches.forbid_errors.iter().chain(&matches.permit_errors).map(error).collect(),
        deciding: ids(&deciding),
    }
}

/// The most rules whose reasons are told in a decision's own.
const MAX_REASONS: usize = 3;

fn reason(code: Code, deciding: &[&Rule], matches: &Matches<'_>) -> String {
    match code {
        Code::NoRulePermits => "no rule permits it".to_owned(),
        Code::RuleError => {
            let first = matches.forbid_errors.first();
            first.map_or_else(String::new, |(rule, error)| {
                format!("the rule `{}` forbids, and whether it applies cannot be told: {error}", rule.id)
            })
        }
        _ => {
            let told = |rule: &&Rule| {
                rule.reason.clone().unwrap_or_else(|| format!("the rule `{}` permits it", rule.id))
            };
            let mut reasons: Vec<String> = Vec::new();
            for reason in deciding.iter().map(told) {
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
            let more = reasons.len().saturating_sub(MAX_REASONS);
            reasons.truncate(MAX_REASONS);
            let mut text = reasons.join("; ");
            if more > 0 {
                text.push_str(&format!("; and {more} more"));
            }
            text
        }
    }
}

#[cfg(test)]
mod tests;
