//! Why a call was decided on as it was.

use proto_events::{Facts, GlobalPosition, Layer, LayerFinding, Outcome, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::stage::named;

/// Why a call was decided on as it was, by its last decision: which layer, which rules, on which facts, and what would have
/// had to differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// The execution.
    pub execution_id: Uuid,
    /// Position of the event with the last decision.
    pub position: GlobalPosition,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// How often it was decided on.
    pub decisions: u64,
    /// The outcome.
    pub outcome: Outcome,
    /// The layer that decided: the strictest.
    pub layer: Option<Layer>,
    /// Stable code of why.
    pub code: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// What each layer found, strictest first.
    pub findings: Vec<LayerFinding>,
    /// The policy set that it was decided under; `null` where there was none.
    pub policy_set: Option<String>,
    /// The facts that were read.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub facts: Facts,
    /// The history facts are as of this position; `null` where none were read.
    pub as_of: Option<GlobalPosition>,
    /// What the rules of the policy set made of the call; `null` where there was no set, or an earlier layer blocked it.
    pub policy: Option<PolicyExplanation>,
}

/// What the rules of a policy set made of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyExplanation {
    /// What they ask for.
    pub outcome: Outcome,
    /// Stable code of why.
    pub code: String,
    /// Why, in words.
    pub reason: String,
    /// The rules that decided.
    pub rules: Vec<RuleExplanation>,
    /// Where no rule permits the call: those that came nearest.
    #[serde(default)]
    pub nearest: Vec<RuleExplanation>,
}

/// A rule, part by part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleExplanation {
    /// Its id.
    pub id: String,
    /// The file that it stands in; absent for those who may not read the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line on which it begins, from 1; absent for those who may not read the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// `permit` or `forbid`.
    pub effect: String,
    /// `confirmation` or `approval`, where the rule holds the call until that has happened.
    #[serde(default)]
    pub require: Option<String>,
    /// Why, for people.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// What would have to be there.
    #[serde(default)]
    pub missing: Option<String>,
    /// The parts of its condition; none where it matches every call, and for those who may not read the policy.
    #[serde(default)]
    pub conditions: Vec<ConditionExplanation>,
    /// What would have had to differ, in words; absent for those who may not read the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
}

named! {
    /// Whether a part of a condition holds.
    Truth {
        /// It does.
        Holds = "holds",
        /// It does not.
        Fails = "fails",
        /// By itself it cannot be told.
        Unknown = "unknown",
    }
}

/// A part of a rule's condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConditionExplanation {
    /// As it stands in the rule; `!( )` is around what stands in an `unless`.
    pub text: String,
    /// The line of the file, from 1.
    pub line: u64,
    /// Whether it holds.
    pub truth: Truth,
    /// Why that cannot be told.
    #[serde(default)]
    pub why: Option<String>,
    /// The facts that it reads, with their values; a fact that the call does not have is not in it.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub facts: Facts,
}
