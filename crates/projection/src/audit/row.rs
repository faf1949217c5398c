//! What the audit trail shows, and what can be asked of it.

use proto_events::{
    Actor, ActorKind, FunctionName, GlobalPosition, StreamId, StreamVersion, TenantId, Timestamp,
};
use serde::Serialize;
use uuid::Uuid;

/// What an audited event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditCategory {
    /// A tool call.
    Execution,
    /// A setting: access to a function and what the catalogue says of it, an API key, a webhook, a registered agent or
    /// conversation, a policy set, a freeze, a grant, a group or a delegation of reviewers.
    Administrative,
    /// What is said in a conversation: that, and by whom, never the words.
    Conversation,
    /// What a candidate policy set would have decided. Nothing was decided by it.
    Shadow,
}

/// One recorded event, for people. Every event has an entry but those that put a set of visible tools on record: they only give
/// a name to what the decisions after them point to, and say nothing of anybody's doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// The event's position.
    pub position: GlobalPosition,
    /// The tenant.
    pub tenant: TenantId,
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
    /// What it happened to: an execution's id, a function's name, a key's id, an agent, `agent/conversation`, a connection, a
    /// policy set's digest, a group, `policy`, `tenant`, `webhooks`, or the id of a freeze, a grant or a delegation.
    pub subject: String,
    /// The execution, if it is about one.
    pub execution_id: Option<Uuid>,
    /// The agent, if it is about a call or an agent.
    pub agent: Option<String>,
    /// The conversation, if it is about a call or a conversation.
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

/// In which direction to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Latest first.
    #[default]
    NewestFirst,
    /// Earliest first.
    OldestFirst,
}

/// Which entries, and in which direction; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The kind of principal.
    pub actor_kind: Option<ActorKind>,
    /// The principal's id.
    pub actor_id: Option<String>,
    /// What it is about.
    pub category: Option<AuditCategory>,
    /// Stable name of the event type.
    pub event_type: Option<String>,
    /// The execution.
    pub execution_id: Option<Uuid>,
    /// The agent.
    pub agent: Option<String>,
    /// The conversation.
    pub conversation: Option<String>,
    /// The function's full name.
    pub function: Option<String>,
    /// Recorded at this time or later.
    pub from: Option<Timestamp>,
    /// Recorded before this time.
    pub to: Option<Timestamp>,
    /// In which direction.
    pub direction: Direction,
}
