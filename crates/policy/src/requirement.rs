//! What has to happen before a held call may run. Plain data.

use proto_events::Actor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the rules that hold a call ask for, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// The requesting user confirms it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// Reviewers approve it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// A confirmation by the requesting user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmation {
    /// The rules that ask for it.
    pub rules: Vec<String>,
    /// After how many seconds without an answer the call expires: the shortest that a rule says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_seconds: Option<u32>,
}

/// An approval by reviewers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// What is needed, in order: a stage begins when the one before it is done.
    pub stages: Vec<Stage>,
    /// After how many seconds without a decision the call expires: the shortest that a rule says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_seconds: Option<u32>,
    /// Who may decide as well when time has passed, soonest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalations: Vec<Escalation>,
    /// After how many seconds reviewers are reminded: the shortest that a rule says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_seconds: Option<u32>,
    /// Whether the requester may review too: only if every rule says so.
    pub self_review: bool,
}

/// One step of an approval: all its needs, in any order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// The stage's number, 1 to 9, as rules give it; numbers may be missing in between.
    pub number: u8,
    /// What is needed, one for each rule.
    pub needs: Vec<Need>,
}

/// What one rule asks of reviewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Need {
    /// The rule.
    pub rule: String,
    /// Groups whose members may decide. With no group and no person, any approver of the tenant may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// People and services who may decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Actor>,
    /// How many distinct people have to approve.
    pub quorum: u8,
}

/// Who may decide as well when time has passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Escalation {
    /// The rule whose need they may decide.
    pub rule: String,
    /// Seconds after the approval was asked for.
    pub after_seconds: u32,
    /// Groups whose members may decide from then on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// People and services who may decide from then on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Actor>,
}
