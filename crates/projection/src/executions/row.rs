//! What the execution table shows, and what can be asked of it.

use proto_events::{
    ActivityReport, Actor, ArgumentsDigest, CallError, Decision, FunctionName, GlobalPosition, Json, Outcome,
    ResultStatus, StreamVersion, TenantId, Timestamp, Timing,
};
use serde::{Serialize, Serializer};
use uuid::Uuid;
use vidimus_domain::execution::{ApprovalStatus, ExecutionStatus, Stage};

/// One line of the execution table. What can be large is in [`ExecutionDetail`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExecutionRow {
    /// Position of its `initiated` event: newest first is by this.
    pub position: GlobalPosition,
    /// The tenant.
    pub tenant: TenantId,
    /// Its id.
    pub execution_id: Uuid,
    /// The agent that triggered it.
    pub agent: String,
    /// The conversation that it was triggered in.
    pub conversation: String,
    /// The caller's id of the request.
    pub request_id: Option<String>,
    /// What is called.
    pub function: FunctionName,
    /// How it came to be on record.
    pub origin: OriginKind,
    /// Where it stands, in full.
    #[serde(serialize_with = "text")]
    pub stage: Stage,
    /// Where it stands, in one of four words.
    #[serde(serialize_with = "text")]
    pub status: ExecutionStatus,
    /// Whether humans agreed, where they were asked.
    #[serde(serialize_with = "text")]
    pub approval_status: ApprovalStatus,
    /// Outcome of the decision; none where it was handed in after the fact.
    pub outcome: Option<Outcome>,
    /// How the call ended, as far as anybody knows.
    pub result_status: Option<ResultStatus>,
    /// Stable code of why it did not succeed: of the block, or the tool's.
    pub reason_code: Option<String>,
    /// Why, in words: of a block, a denial, an abort (the feedback), a decline, a cancellation, an error; what a
    /// settlement rests on. At most 1,000 characters.
    pub reason: Option<String>,
    /// On whose behalf.
    pub requester: Actor,
    /// Who proposed it or handed it in.
    pub initiated_by: Actor,
    /// Who ran it.
    pub started_by: Option<Actor>,
    /// Digest of the arguments.
    pub arguments_digest: Option<ArgumentsDigest>,
    /// The policy set that it was decided under.
    pub policy_set: Option<String>,
    /// The policy rules that matched.
    pub matched_rules: Vec<String>,
    /// From when on it is too late to confirm or approve; kept after that.
    pub approval_deadline: Option<Timestamp>,
    /// Its permit.
    pub permit_id: Option<Uuid>,
    /// From when on it is too late to start under the permit.
    pub permit_expires_at: Option<Timestamp>,
    /// By when the running call has to report.
    pub lease_expires_at: Option<Timestamp>,
    /// What the running call last reported.
    pub progress: Option<Progress>,
    /// When it came on record.
    pub created_at: Timestamp,
    /// When something last happened to it.
    pub updated_at: Timestamp,
    /// When it started to run.
    pub started_at: Option<Timestamp>,
    /// When it reached an end.
    pub finished_at: Option<Timestamp>,
    /// When the approval or the confirmation was resolved; for a call that needed neither, when it ended.
    pub resolved_at: Option<Timestamp>,
    /// Who resolved the approval or the confirmation (a deadline: the system).
    pub resolved_by: Option<Actor>,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
    /// The earlier attempt under the same key with other arguments.
    pub former_execution: Option<Uuid>,
    /// How often this attempt was proposed, at least.
    pub attempts: u64,
    /// Position of its last event.
    pub last_position: GlobalPosition,
    /// Version of its last event.
    pub last_version: StreamVersion,
}

/// An execution with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExecutionDetail {
    /// Its line in the table.
    #[serde(flatten)]
    pub row: ExecutionRow,
    /// The arguments in canonical JSON.
    pub arguments: Option<Json>,
    /// What the caller said about the circumstances.
    pub context: Option<Json>,
    /// What the runtime said of a call that it handed in after the fact.
    pub activity: Option<ActivityReport>,
    /// The decision.
    pub decision: Option<Decision>,
    /// What would have to be there for a blocked call.
    pub missing_requirement: Option<String>,
    /// Who can do something about a blocked call.
    pub next_owner: Option<String>,
    /// What the tool returned.
    pub result: Option<Json>,
    /// Why it failed.
    pub error: Option<CallError>,
    /// When it ran, as its runtime measured it.
    pub timing: Option<Timing>,
}

/// How an execution came to be on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// It was proposed and decided here.
    Proposed,
    /// It ran elsewhere and was handed in when it was over.
    Recorded,
}

/// What a running call reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// What it is doing.
    pub message: Option<String>,
    /// How far it is, 0 to 100.
    pub percent: Option<u8>,
}

/// Which executions; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutionFilter {
    /// The agent.
    pub agent: Option<String>,
    /// The conversation.
    pub conversation: Option<String>,
    /// The function's full name.
    pub function: Option<String>,
    /// The coarse status.
    pub status: Option<ExecutionStatus>,
    /// Where it stands, in full.
    pub stage: Option<Stage>,
    /// The approval status.
    pub approval_status: Option<ApprovalStatus>,
    /// Id of the principal who resolved the approval or the confirmation.
    pub resolved_by: Option<String>,
    /// Created at this time or later.
    pub from: Option<Timestamp>,
    /// Created before this time.
    pub to: Option<Timestamp>,
    /// Words that all occur in function, conversation, agent, arguments, result or error; `word*` finds what begins so.
    pub search: Option<String>,
}

fn text<T: std::fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
