//! The decision on a call: what each layer found, what has to happen first, and on which facts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Actor, ArgumentsDigest, Digest, GlobalPosition};

/// Outcome of the decision on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Decided: there is nothing to do.
    NoOp,
    /// It may run.
    Allowed,
    /// The requesting user has to confirm it.
    ConfirmationRequired,
    /// Reviewers have to approve it.
    AwaitingApproval,
    /// It may not run.
    Blocked,
}

impl Outcome {
    /// The outcome's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoOp => "no_op",
            Self::Allowed => "allowed",
            Self::ConfirmationRequired => "confirmation_required",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Blocked => "blocked",
        }
    }
}

/// A layer of the decision; the strictest layer's outcome counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The kill switch: the tenant, the agent or the function is frozen.
    Freeze,
    /// The function's access: `Disabled`, `Enabled`, `EnabledWithConfirmation`.
    FunctionAccess,
    /// What has to be so before a call: the function is visible to the agent, scopes and circumstances are there, the data is
    /// fresh, the intended use fits, the review owner is known.
    Readiness,
    /// The JSON Schema of the arguments.
    ArgumentSchema,
    /// The function's tool type and risk level.
    ToolRisk,
    /// The rules of the policy set in force.
    Policy,
    /// A grant: lifts an approval, never a block.
    Grant,
}

impl Layer {
    /// The layer's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::FunctionAccess => "function_access",
            Self::Readiness => "readiness",
            Self::ArgumentSchema => "argument_schema",
            Self::ToolRisk => "tool_risk",
            Self::Policy => "policy",
            Self::Grant => "grant",
        }
    }
}

/// What one layer found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LayerFinding {
    /// The layer.
    pub layer: Layer,
    /// What it asks for.
    pub outcome: Outcome,
    /// Stable code of the reason, for example `function_disabled`.
    pub code: String,
    /// The reason in words, for people.
    pub reason: String,
    /// What would have to be there; on a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_requirement: Option<String>,
    /// Who can do something about it; on a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_owner: Option<String>,
}

/// What has to happen before the call may run: what all rules and layers together ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Requirement {
    /// The requesting user has to confirm; where reviewers have to approve as well, first.
    #[serde(default)]
    pub confirmation: bool,
    /// The approvals, in order: each stage has to be complete before the next begins. At most 9; none: no approval.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<ApprovalStage>,
    /// How long people have, in seconds; the shortest of what was asked for. Absent: the installation's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after_seconds: Option<u64>,
    /// Reviewers are reminded each time so many seconds passed. Absent: they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_after_seconds: Option<u64>,
    /// Who is added when nobody has resolved it for so long, earliest first; at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<Escalation>,
    /// Whether the requester may review; only where every rule that asks for approval says so.
    #[serde(default)]
    pub self_review: bool,
}

/// Approvals that are asked for at the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalStage {
    /// Each of these has to be met; at most 32.
    pub needs: Vec<ApprovalNeed>,
}

/// So many distinct people of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalNeed {
    /// The rule that asks, or the layer's code.
    pub rule: String,
    /// Who counts.
    pub reviewers: Reviewers,
    /// How many distinct people; 1 to 100.
    pub quorum: u32,
}

/// Further reviewers, once it has waited for so long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Escalation {
    /// So many seconds after the approval was asked for.
    pub after_seconds: u64,
    /// Who may resolve it from then on, beside those that could before.
    pub reviewers: Reviewers,
}

impl Requirement {
    /// Most stages.
    pub const MAX_STAGES: usize = 9;
    /// Most needs of one stage.
    pub const MAX_NEEDS: usize = 32;
    /// Most escalations.
    pub const MAX_ESCALATIONS: usize = 16;

    /// Whether nobody has to be asked.
    pub fn is_empty(&self) -> bool {
        !self.confirmation && self.stages.is_empty()
    }
}

/// The facts that a decision read, by name.
pub type Facts = BTreeMap<String, serde_json::Value>;

/// A decision on a call with all that is needed to derive it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// The strictest finding's outcome.
    pub outcome: Outcome,
    /// Digest of the arguments that were decided on.
    pub arguments_digest: ArgumentsDigest,
    /// Version (digest) of the policy set in force; absent while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_set: Option<String>,
    /// What each layer found, strictest first.
    pub findings: Vec<LayerFinding>,
    /// Ids of the policy rules that matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matched_rules: Vec<String>,
    /// The facts that were read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub facts: Facts,
    /// What has to happen first; absent where nothing has to, and in decisions that asked for one approval by any approver
    /// or for a confirmation and were recorded before there were requirements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<Requirement>,
    /// The history facts are folds of the log up to and including this position; absent where none were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<GlobalPosition>,
    /// The grant that lifted the approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Uuid>,
    /// The tools that the agent could see, as the digest of a recorded tool set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_tools: Option<Digest>,
}

impl LayerFinding {
    /// What `layer` found, where it is no block that somebody could do something about.
    pub fn new(layer: Layer, outcome: Outcome, code: impl Into<String>, reason: impl Into<String>) -> Self {
        let (code, reason) = (code.into(), reason.into());
        Self { layer, outcome, code, reason, missing_requirement: None, next_owner: None }
    }
}

impl Decision {
    /// A decision that rests on nothing but these findings; the rest is for whoever decides to fill in.
    pub const fn new(
        outcome: Outcome,
        arguments_digest: ArgumentsDigest,
        findings: Vec<LayerFinding>,
    ) -> Self {
        Self {
            outcome,
            arguments_digest,
            policy_set: None,
            findings,
            matched_rules: Vec::new(),
            facts: Facts::new(),
            requirement: None,
            as_of: None,
            grant: None,
            visible_tools: None,
        }
    }

    /// The strictest finding, the first of equally strict ones: the reason for the outcome. Where a grant lifted the
    /// approval, the grant's.
    pub fn deciding(&self) -> Option<&LayerFinding> {
        if self.grant.is_some() {
            return self.findings.iter().find(|finding| finding.layer == Layer::Grant);
        }
        self.findings.iter().rev().max_by_key(|finding| finding.outcome)
    }
}

/// Who may resolve an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Reviewers {
    /// Any approver of the tenant who is not the requester.
    AnyApprover,
    /// These, and the members of these groups.
    Named {
        /// Groups by name; at most 32.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<String>,
        /// Principals; at most 32.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        people: Vec<Actor>,
    },
}

impl Reviewers {
    /// The principals and groups in words: `any approver`, or `group finance, user:ana`.
    pub fn in_words(&self) -> String {
        match self {
            Self::AnyApprover => "any approver".to_owned(),
            Self::Named { groups, people } => {
                let groups = groups.iter().map(|group| format!("group {group}"));
                groups.chain(people.iter().map(ToString::to_string)).collect::<Vec<_>>().join(", ")
            }
        }
    }
}
