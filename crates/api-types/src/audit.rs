//! The audit trail.

use proto_events::{Actor, ActorKind, FunctionName, GlobalPosition, StreamId, StreamVersion, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AsOf, stage::named};

named! {
    /// What an entry of the audit trail is about.
    AuditCategory {
        /// A tool call.
        Execution = "execution",
        /// A setting: access and catalogue, keys, webhooks, registrations, policy, freezes, grants, reviewers.
        Administrative = "administrative",
        /// What is said in a conversation: that, and by whom, never the words.
        Conversation = "conversation",
        /// What a candidate policy set would have decided. Nothing was decided by it.
        Shadow = "shadow",
    }
}

/// One recorded event, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// The event's position.
    pub position: GlobalPosition,
    /// The event's stream.
    pub stream: StreamId,
    /// Its version in the stream.
    pub version: StreamVersion,
    /// The event's id.
    pub event_id: Uuid,
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// Stable name of its type.
    pub event_type: String,
    /// What it is about.
    pub category: AuditCategory,
    /// What it happened to: an execution's id, a function's name, a key's id.
    pub subject: String,
    /// The execution, if it is about one.
    pub execution_id: Option<Uuid>,
    /// The agent, if it is about one.
    pub agent: Option<String>,
    /// The conversation, if it is about one.
    pub conversation: Option<String>,
    /// The function, if it is about one.
    pub function: Option<FunctionName>,
    /// What happened, in a line.
    pub summary: String,
    /// The same for everything that one request from outside led to.
    pub correlation_id: Uuid,
    /// The event or request that led to it.
    pub causation_id: Option<Uuid>,
}

/// Which entries of the audit trail; latest first unless told otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct AuditQuery {
    /// Only by this kind of principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<ActorKind>,
    /// Only by the principal with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Only of this category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<AuditCategory>,
    /// Only of this event type, for example `approval_denied`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(rename = "type"))]
    pub event_type: Option<String>,
    /// Only about this execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<Uuid>,
    /// Only of this agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Only of this conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Only of this function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Only from this time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Earliest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_first: Option<bool>,
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
