//! Which executions are asked for, and how.

use proto_events::{Digest, GlobalPosition, Layer, Outcome, RiskLevel, Timestamp, ToolType};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ApprovalStatus, AsOf, AuditOutcome, ExecutionStatus, Stage, stage::named};

/// How to get one execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct GetQuery {
    /// Wait so long for the decision, at most 60 s, for example `30s` or `500ms`. Where the time is over, the answer says
    /// how it stands; ask again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(pattern = "^(([1-5]?[0-9]|60)s|([1-5]?[0-9]{1,4}|60000)ms)$"))]
    pub wait: Option<String>,
    /// What to wait for; `decided` unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub until: Option<Until>,
    /// As it was then: after the event at this position, or at this instant. Not with `wait`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub as_of: Option<AsOf>,
}

named! {
    /// What a long poll waits for.
    Until {
        /// Until nobody has to confirm or approve any more.
        Decided = "decided",
        /// Until it is over.
        Finished = "finished",
    }
}

/// Which executions, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct ExecutionQuery {
    /// Only of this agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Only of this conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Only of this function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Only with this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ExecutionStatus>,
    /// Only in this stage, which says more than the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Only with this approval status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_status: Option<ApprovalStatus>,
    /// Only resolved by the principal with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<String>,
    /// Only with this outcome of the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Only with this outcome in the words of the audit record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_outcome: Option<AuditOutcome>,
    /// Only decided by this layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<Layer>,
    /// Only decided for the reason with this code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Only where the policy rule with this id matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Only decided under this policy set (its digest).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_set: Option<Digest>,
    /// Only of functions of this tool type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_type: Option<ToolType>,
    /// Only of functions with this risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<RiskLevel>,
    /// Only those that started, went silent, and have (`true`) or do not have (`false`) to be settled by evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<bool>,
    /// Only those that a freeze covers (`true`) or does not cover (`false`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    /// Only on behalf of this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// Only decided while the agent could see this tool set (its digest).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visible_tools: Option<Digest>,
    /// Only where this grant lifted the approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<Uuid>,
    /// Only those that led to this record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_record: Option<String>,
    /// Only created from this time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only created before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Only with all these words in function, agent, conversation, arguments, result or error; `word*` for beginnings.
    /// At most 32 words, of letters and digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(max_length = 1000))]
    pub search: Option<String>,
    /// As it was then: after the event at this position, or at this instant. Not with `min_position`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub as_of: Option<AsOf>,
    /// Wait (at most 5 s) until the list has seen the event at this position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_position: Option<GlobalPosition>,
    /// How many items at most; 50 unless told otherwise.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    #[cfg_attr(feature = "openapi", param(pattern = "^[0-9a-f]{44}$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
