//! Executions: what is proposed, what is answered, and the commands.

use proto_events::{
    ActivityReport, Actor, ArgumentsDigest, CallError, Decision, FunctionName, GlobalPosition, Json, Outcome,
    ResultStatus, Reviewers, Timestamp, Timing,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ApprovalStatus, ExecutionStatus, Stage, given, stage::named};
#[cfg(feature = "openapi")]
use crate::{
    given::{GivenActor, GivenError, GivenTiming},
    i_json::IJsonObject,
};

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
    /// Who may do it, where reviewers do.
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
    /// Outcome of the decision; `null` where it was handed in after the fact.
    pub outcome: Option<Outcome>,
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
    /// SHA-256 of the canonical arguments; `null` where it was handed in without arguments.
    pub arguments_digest: Option<ArgumentsDigest>,
    /// The policy set that it was decided under.
    pub policy_set: Option<String>,
    /// The policy rules that matched.
    pub matched_rules: Vec<String>,
    /// The leave to run once; kept after it was used.
    pub permit: Option<Permit>,
    /// From when on it is too late to confirm or approve; kept after that.
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
    /// Only in answers to commands: whether the command changed nothing, because it had taken effect before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<bool>,

    /// The arguments in canonical JSON (RFC 8785).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub arguments: Option<Json>,
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
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CallError>,
    /// When it ran, as its runtime measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
}

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

/// The requesting user confirms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Confirm {
    /// Digest of the arguments that the user saw; checked where it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<ArgumentsDigest>,
}

/// The requesting user declines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Decline {
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// A reviewer approves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Approve {
    /// Digest of the arguments that the reviewer saw; checked where it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<ArgumentsDigest>,
    /// What the reviewer has to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub comment: Option<String>,
}

/// A reviewer denies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Deny {
    /// Why.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000, pattern = "\\S"))]
    pub reason: String,
}

/// A reviewer aborts, and tells the agent what to know or do instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Abort {
    /// What the agent should know or do instead.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000, pattern = "\\S"))]
    pub feedback: String,
}

/// The call is about to run: its permit is used up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    /// The permit; without it the execution's own, whatever it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permit_id: Option<Uuid>,
    /// Digest of the arguments that are about to run; checked where it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<ArgumentsDigest>,
}

/// The running call is alive; its lease is renewed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Progress {
    /// What it is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub message: Option<String>,
    /// How far it is.
    #[serde(deserialize_with = "given::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 100))]
    pub percent: Option<u8>,
}

/// The running call ended well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Complete {
    /// What the tool returned; at most 256 KiB.
    #[serde(deserialize_with = "given::present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub result: Option<Json>,
    /// When it ran, as its runtime measured it.
    #[serde(deserialize_with = "given::timing", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<GivenTiming>))]
    pub timing: Option<Timing>,
}

named! {
    /// How a call ended that did not succeed.
    FailureStatus {
        /// The tool reported an error.
        Failed = "failed",
        /// The tool did not answer in time, as its caller says.
        TimedOut = "timed_out",
        /// The caller decided not to run it after all.
        Skipped = "skipped",
    }
}

/// The running call ended without success.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Fail {
    /// How it ended; `failed` unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FailureStatus>,
    /// Why the tool failed.
    #[serde(deserialize_with = "given::error", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<GivenError>))]
    pub error: Option<CallError>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
    /// What the tool returned all the same; at most 256 KiB.
    #[serde(deserialize_with = "given::present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub result: Option<Json>,
    /// When it ran, as its runtime measured it.
    #[serde(deserialize_with = "given::timing", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<GivenTiming>))]
    pub timing: Option<Timing>,
}

/// Calls it off: the requester or the proposing agent before it started, its executor after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Cancel {
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// Evidence shows how an unknown call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Settle {
    /// How it ended; never `unknown`.
    #[cfg_attr(feature = "openapi", schema(schema_with = settled_status))]
    pub status: ResultStatus,
    /// What shows it.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000, pattern = "\\S"))]
    pub evidence: String,
    /// What the tool returned, if the evidence has it; at most 256 KiB.
    #[serde(default, deserialize_with = "given::present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json, required = false))]
    pub result: Option<Json>,
}

/// Every status but `unknown`, which settles nothing.
#[cfg(feature = "openapi")]
fn settled_status() -> utoipa::openapi::Schema {
    use ResultStatus as S;
    let known = [S::Succeeded, S::Failed, S::TimedOut, S::Skipped, S::Cancelled].map(S::as_str);
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some(known))
        .description(Some("How it ended."))
        .build()
        .into()
}
