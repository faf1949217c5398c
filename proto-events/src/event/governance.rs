//! Payloads of the events of governance: freezes, policy sets, grants, reviewers, and what users said.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Actor, CallRef, Decision, Digest, FunctionName, Outcome, Timestamp};

/// What a freeze covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum FreezeScope {
    /// Every call of the tenant.
    Tenant,
    /// The calls of one agent.
    Agent {
        /// The agent.
        agent: String,
    },
    /// The calls of one function.
    Function {
        /// The function.
        function: FunctionName,
    },
}

/// A freeze began: nothing that it covers is allowed, confirmed, approved or started, and deadlines of people and permits
/// stand still. Who and when: the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frozen {
    /// The freeze.
    pub freeze_id: Uuid,
    /// What it covers.
    pub scope: FreezeScope,
    /// Why.
    pub reason: String,
}

/// A freeze ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unfrozen {
    /// The freeze.
    pub freeze_id: Uuid,
    /// Why, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A policy set was stored, with all its bytes, under their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicySetStored {
    /// SHA-256 of the canonical JSON (RFC 8785) of `files`.
    pub policy_set: Digest,
    /// The files, by name.
    pub files: BTreeMap<String, String>,
}

/// A policy set came into force. Who and when: the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicySetActivated {
    /// The set; absent: no set is in force any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_set: Option<Digest>,
    /// What was in force before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Digest>,
    /// Why, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A candidate set is evaluated beside the one in force from now on, without effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicySetShadowed {
    /// The candidate; absent: none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_set: Option<Digest>,
    /// Why, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the candidate would have decided, where that differs from what was decided. It decided nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowDiffered {
    /// Always `true`: this is no decision.
    pub shadow: bool,
    /// The execution that was decided on.
    pub execution_id: Uuid,
    /// The call.
    pub call: CallRef,
    /// What was decided.
    pub decided: Outcome,
    /// What the candidate would have decided.
    pub would_be: Decision,
}

/// What a grant covers: calls that are all of what is named. Nothing named: every call of the tenant is not allowed; an
/// agent and a function have to be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GrantScope {
    /// The agent.
    pub agent: String,
    /// The function.
    pub function: FunctionName,
    /// Only of this conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Only with arguments that meet all of these; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ArgumentCondition>,
}

/// A condition on one argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArgumentCondition {
    /// The argument, by JSON Pointer (RFC 6901).
    pub pointer: String,
    /// What it must be.
    pub test: ArgumentTest,
}

/// What an argument must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ArgumentTest {
    /// One of these texts; at most 64.
    OneOf {
        /// The texts.
        values: Vec<String>,
    },
    /// A number that is at most this.
    AtMost {
        /// The most, as a decimal number in text (`"99.50"`).
        number: String,
    },
    /// A text that begins with this.
    StartsWith {
        /// The beginning.
        text: String,
    },
    /// Absent.
    Absent,
}

/// A grant was given. Who and when: the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantCreated {
    /// The grant.
    pub grant_id: Uuid,
    /// What it covers.
    pub scope: GrantScope,
    /// How many calls it lets through; absent: as many as come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    /// How much they may sum up to, in the catalogue's amount argument, as a decimal number in text; absent: no matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sum: Option<String>,
    /// From when on it is no longer good.
    pub expires_at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A grant let a call through, in the append that decided on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantUsed {
    /// The grant.
    pub grant_id: Uuid,
    /// The call's execution.
    pub execution_id: Uuid,
    /// The call's amount, where the catalogue names the argument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
}

/// A grant is no longer good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantRevoked {
    /// The grant.
    pub grant_id: Uuid,
    /// Why, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Who is in a group of reviewers from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupChanged {
    /// The group; 1 to 64 ASCII letters, digits, `_` and `-`.
    pub group: String,
    /// Everybody who is in it; nobody: there is no such group any more. At most 1,000.
    pub members: Vec<Actor>,
}

/// Somebody lets another decide in their place for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delegated {
    /// The delegation.
    pub delegation_id: Uuid,
    /// Whose approvals.
    pub from: Actor,
    /// Who decides in their place.
    pub to: Actor,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// Why, if they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A delegation ended before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DelegationEnded {
    /// The delegation.
    pub delegation_id: Uuid,
}

/// What the user said to the agent, as the runtime hands it in: what history facts know of the user's will.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserSpoke {
    /// The agent.
    pub agent: String,
    /// The conversation.
    pub conversation: String,
    /// The words; at most 64 KiB.
    pub text: String,
}
