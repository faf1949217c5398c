//! Executions: what is proposed, what is answered, and which are asked for.

mod query;

use proto_events::{
    ActivityReport, Actor, ArgumentsDigest, CallError, Decision, Digest, FunctionName, GlobalPosition, Json,
    Outcome, ResultStatus, Reviewers, Timestamp, Timing,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ApprovalProgress, ApprovalStatus, AuditOutcome, CatalogueEntry, Deciding, ExecutionStatus, LastComment,
    Resolution, Stage, given, stage::named,
};
#[cfg(feature = "openapi")]
use crate::{given::GivenActor, i_json::IJsonObject};
pub use query::{ExecutionQuery, GetQuery, Until};

/// A call that an agent wants to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// The agent that wants to make the call.
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub agent: String,
    /// The conversation that triggered it.
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub conversation: String,
    /// The caller's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub request_id: Option<String>,
    /// What is to be called: `connection.function`.
    pub function: FunctionName,
    /// Its arguments: a JSON object of strict I-JSON (RFC 7493), at most 256 KiB and 64 levels deep.
    #[cfg_attr(feature = "openapi", schema(value_type = IJsonObject))]
    pub arguments: Json,
    /// On whose behalf: who confirms, and never reviews. Without it, the authenticated principal itself.
    #[serde(default, deserialize_with = "given::actor", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<GivenActor>))]
    pub requester: Option<Actor>,
    /// The circumstances, for people and policy; at most 16 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub context: Option<Json>,
    /// The caller's key for this attempt; the same as the header `Idempotency-Key`, which wins where both are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            min_length = 1,
            max_length = 255,
            pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$"
        )
    )]
    pub idempotency_key: Option<String>,
}

named! {
    /// How an execution came to be on record.
    OriginKind {
        /// It was proposed and decided here.
        Proposed = "proposed",
        /// It ran elsewhere and was handed in when it was over.
        Recorded = "recorded",
    }
}

named! {
    /// What has to happen next.
    WaitsForKind {
        /// The requester has to confirm.
        Confirmation = "confirmation",
        /// Reviewers have to approve.
        Approval = "approval",
        /// The agent may start it under its permit.
        Start = "start",
        /// The executor has to report.
        Report = "report",
        /// Evidence has to show how it ended.
        Settlement = "settlement",
    }
}

/// What an execution waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitsFor {
    /// What has to happen.
    pub kind: WaitsForKind,
    /// Who has to do it, where that is one principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// Who may do it, where reviewers do; absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewers: Option<Reviewers>,
    /// From when on it is too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// The leave to run once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permit {
    /// Its id; `start` names it.
    pub permit_id: Uuid,
    /// From when on it is too late to start.
    pub expires_at: Timestamp,
    /// The permit as a signed token, which a tool server verifies by itself; only in answers about one execution, for whoever
    /// asks for the call or runs it, and while it may be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A tool execution. What can be large (`arguments`, `context`, `activity`, `decision`, `result`, `error`) is left out of
/// lists and of answers to commands; `GET /v1/executions/{id}` has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Execution {
    /// Its id.
    pub execution_id: Uuid,
    /// Position of its last event: a list that has reached it shows this.
    pub position: GlobalPosition,
    /// The agent that wants to make the call.
    pub agent: String,
    /// The conversation that triggered it.
    pub conversation: String,
    /// The caller's id of the request.
    pub request_id: Option<String>,
    /// What is called.
    pub function: FunctionName,
    /// How it came to be on record.
    pub origin: OriginKind,
    /// Where it stands, in full.
    pub stage: Stage,
    /// Where it stands, in one of four words.
    pub status: ExecutionStatus,
    /// Whether people agreed, where they were asked.
    pub approval_status: ApprovalStatus,
    /// Outcome of the decision, the last one where it was decided on again; `null` where it was handed in after the fact.
    pub outcome: Option<Outcome>,
    /// What came of the decision and of the people that were asked, in the words of the audit record; absent where the
    /// execution table does not show it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_outcome: Option<AuditOutcome>,
    /// The finding that decided; `null` where nothing was decided.
    pub deciding: Option<Deciding>,
    /// What the catalogue said of the function when the call came on record; absent where it said nothing, and in answers
    /// to commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueEntry>,
    /// The arguments in a line of at most 240 characters, without what is sensitive; absent in answers to
    /// commands and of long polls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_summary: Option<String>,
    /// How the call ended, as far as anybody knows.
    pub result_status: Option<ResultStatus>,
    /// What has to happen next; `null` where nothing can.
    pub waits_for: Option<WaitsFor>,
    /// Stable code of why it did not succeed: of the block, or the tool's.
    pub reason_code: Option<String>,
    /// Why, in words: of a block, a denial, an abort (the feedback), a decline, a cancellation, an error; what a
    /// settlement rests on. Cut to 1,000 characters in lists.
    pub reason: Option<String>,
    /// What would have to be there for a blocked call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_requirement: Option<String>,
    /// Who can do something about a blocked call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_owner: Option<String>,
    /// On whose behalf.
    pub requester: Actor,
    /// Who proposed it or handed it in.
    pub initiated_by: Actor,
    /// Who ran it.
    pub started_by: Option<Actor>,
    /// Who resolved the approval or the confirmation.
    pub resolved_by: Option<Actor>,
    /// The requesting user who confirmed; also where reviewers were asked after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<Actor>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// SHA-256 of the canonical arguments; `null` where it was handed in without arguments.
    pub arguments_digest: Option<ArgumentsDigest>,
    /// The policy set that it was decided under.
    pub policy_set: Option<String>,
    /// The policy rules that matched.
    pub matched_rules: Vec<String>,
    /// The tools that the agent could see, as the digest of a recorded tool set.
    pub visible_tools: Option<Digest>,
    /// The grant that lifted the approval.
    pub grant: Option<Uuid>,
    /// How often it was decided on again.
    pub redecisions: u64,
    /// Whether a freeze covers it: its deadline stands still.
    pub suspended: bool,
    /// The freeze that covers it; absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<Uuid>,
    /// How many comments were made on the call; absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<u64>,
    /// What everybody who commented said last; absent in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_comments: Vec<LastComment>,
    /// How far the approval is; `null` where none was asked for, or where it was decided on again and none is any more.
    pub approval: Option<ApprovalProgress>,
    /// How the confirmation or the approval was resolved.
    pub resolution: Option<Resolution>,
    /// The leave to run once; kept after it was used.
    pub permit: Option<Permit>,
    /// From when on it is too late to confirm or approve; kept after that, but not where it was decided on again and nobody
    /// is asked any more.
    pub approval_deadline: Option<Timestamp>,
    /// By when the running call has to report.
    pub lease_expires_at: Option<Timestamp>,
    /// When it came on record.
    pub created_at: Timestamp,
    /// When it started to run.
    pub started_at: Option<Timestamp>,
    /// When it reached an end.
    pub finished_at: Option<Timestamp>,
    /// When the approval or the confirmation was resolved; for a call that needed neither, when it ended.
    pub resolved_at: Option<Timestamp>,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
    /// The earlier attempt under the same key with other arguments.
    pub former_execution: Option<Uuid>,
    /// How often this attempt was proposed, at least.
    pub attempts: u64,
    /// Link to the record that it led to: member `record_link` or `final_record` of the result, or else of the context;
    /// absent in answers to commands and of long polls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_record: Option<String>,
    /// Only in answers to commands: whether the command changed nothing, because it had taken effect before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<bool>,

    /// The arguments in canonical JSON (RFC 8785).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub arguments: Option<Json>,
    /// What is left out of the arguments (JSON Pointers, RFC 6901), with `[redacted]` in its place; the empty pointer: all
    /// of them. The digest is that of the arguments with everything in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted_arguments: Vec<String>,
    /// What the caller said about the circumstances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub context: Option<Json>,
    /// What the runtime said of a call that it handed in after the fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<ActivityReport>,
    /// The decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What the tool returned.
    #[serde(default, deserialize_with = "given::present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub result: Option<Json>,
    /// What is left out of the result (JSON Pointers, RFC 6901), with `[redacted]` in its place; the empty pointer: all of
    /// it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted_result: Vec<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CallError>,
    /// When it ran, as its runtime measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
}
