//! What the execution table shows, and what can be asked of it.

use proto_events::{
    ActivityReport, Actor, ArgumentsDigest, CallError, Decision, Digest, FunctionName, GlobalPosition, Json,
    Layer, Outcome, ResultStatus, RiskLevel, StreamVersion, TenantId, Timestamp, Timing, ToolType,
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
    /// What the function is for, as the catalogue said when the call came on record; at most 1,000 characters.
    pub purpose: Option<String>,
    /// What kind of tool the function was by the catalogue then.
    pub tool_type: Option<ToolType>,
    /// How much could go wrong by the catalogue then.
    pub risk: Option<RiskLevel>,
    /// The arguments in a line of at most 240 characters, without what is sensitive; none where there are no arguments.
    pub input_summary: Option<String>,
    /// Members of arguments and result that are left out wherever they are shown, by name.
    pub sensitive: Vec<String>,
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
    /// Outcome of the decision, the last one where it was decided on again; none where it was handed in after the fact.
    pub outcome: Option<Outcome>,
    /// What came of the decision and of the people that were asked, in the words of the audit record; none where nothing
    /// was decided.
    pub audit_outcome: Option<AuditOutcome>,
    /// The layer whose finding was the strictest: the reason for the outcome.
    pub deciding_layer: Option<Layer>,
    /// That finding's code.
    pub deciding_code: Option<String>,
    /// That finding's reason in words. At most 1,000 characters.
    pub deciding_reason: Option<String>,
    /// What would have to be there; on a block.
    pub missing_requirement: Option<String>,
    /// Who can do something about it; on a block.
    pub next_owner: Option<String>,
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
    /// The rules that ever asked for an approval of it; which asked for a confirmation is not on record.
    pub asking_rules: Vec<String>,
    /// The layers that ever did, by their codes.
    pub asking_layers: Vec<String>,
    /// The tools that the agent could see, as the digest of a recorded tool set.
    pub visible_tools: Option<Digest>,
    /// The grant that lifted the approval.
    pub grant: Option<Uuid>,
    /// How often it was decided on again.
    pub redecisions: u64,
    /// A freeze covers it: its deadline stands still.
    pub suspended: bool,
    /// From when on it is too late for what it waits for: to confirm, to approve, to start, to report; as it is now, after
    /// whatever moved it. While it is suspended, as it was when that began.
    pub deadline: Option<Timestamp>,
    /// From when on it is too late to confirm or approve; kept after that, but not where it was decided on again and nobody
    /// is asked any more.
    pub approval_deadline: Option<Timestamp>,
    /// Which stage of the approvals was asked for last, from 0.
    pub approval_stage: Option<u32>,
    /// How many stages of approvals there are.
    pub approval_stages: u32,
    /// How many reviewers accepted in that stage.
    pub votes: u32,
    /// How many have to, one for each of the stage's needs where nobody counts for two.
    pub votes_needed: u32,
    /// How many acceptances that stage still misses; 0 where the reviewers were passed over in an emergency.
    pub votes_missing: u32,
    /// When the requesting user confirmed; also where reviewers were asked after that.
    pub confirmed_at: Option<Timestamp>,
    /// Who confirmed.
    pub confirmed_by: Option<Actor>,
    /// How the confirmation or the approval, whichever was asked for last, was resolved.
    pub verdict: Option<Verdict>,
    /// What was said with that: a comment, a reason, the feedback. At most 1,000 characters.
    pub verdict_comment: Option<String>,
    /// In whose place it was resolved.
    pub resolved_on_behalf_of: Option<Actor>,
    /// Why reviewers were passed over in an emergency. At most 1,000 characters.
    pub break_glass: Option<String>,
    /// The new attempt with the arguments that a reviewer edited.
    pub revised_as: Option<Uuid>,
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
    /// It was proposed again, and answered from the record.
    pub reused: bool,
    /// Link to the record that it led to: member `record_link` or `final_record` of the result, or else of the context.
    pub final_record: Option<String>,
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
    /// The arguments in canonical JSON; where `redacted_arguments` names some, `[redacted]` stands in their place. The digest is
    /// that of the arguments with everything in them.
    pub arguments: Option<Json>,
    /// What is left out of the arguments (JSON Pointers, RFC 6901); the empty pointer: all of them.
    pub redacted_arguments: Vec<String>,
    /// What the caller said about the circumstances.
    pub context: Option<Json>,
    /// What the runtime said of a call that it handed in after the fact.
    pub activity: Option<ActivityReport>,
    /// The decision, the last one where it was decided on again.
    pub decision: Option<Decision>,
    /// What the tool returned; where `redacted_result` names some of it, `[redacted]` stands in its place.
    pub result: Option<Json>,
    /// What is left out of the result (JSON Pointers, RFC 6901); the empty pointer: all of it.
    pub redacted_result: Vec<String>,
    /// Why it failed.
    pub error: Option<CallError>,
    /// When it ran, as its runtime measured it.
    pub timing: Option<Timing>,
}

/// What came of the decision and of the people that were asked, in the six words of the audit record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// It may run, or might: nobody had to be asked, or reviewers approved.
    Allowed,
    /// The requesting user confirmed, and nobody else had to be asked.
    Confirmed,
    /// Somebody has still to be asked: reviewers, or the requesting user.
    PendingApproval,
    /// It may not run.
    Blocked,
    /// Somebody said no, or nobody said yes in time, or it was called off while it waited for people.
    Rejected,
    /// There is nothing to do.
    NoAction,
}

impl AuditOutcome {
    /// Every value.
    pub const ALL: [Self; 6] = [
        Self::Allowed,
        Self::Confirmed,
        Self::PendingApproval,
        Self::Blocked,
        Self::Rejected,
        Self::NoAction,
    ];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Confirmed => "confirmed",
            Self::PendingApproval => "pending_approval",
            Self::Blocked => "blocked",
            Self::Rejected => "rejected",
            Self::NoAction => "no_action",
        }
    }
}

/// How a confirmation or an approval was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The requesting user confirmed.
    Confirmed,
    /// The requesting user declined.
    Declined,
    /// The requesting user did not confirm in time.
    ConfirmationExpired,
    /// Reviewers approved.
    Approved,
    /// A reviewer denied it.
    Denied,
    /// A reviewer aborted it, with feedback.
    Aborted,
    /// A reviewer edited the arguments: a new attempt took its place.
    Revised,
    /// Nobody resolved the approval in time.
    ApprovalExpired,
}

impl Verdict {
    /// Every value.
    pub const ALL: [Self; 8] = [
        Self::Confirmed,
        Self::Declined,
        Self::ConfirmationExpired,
        Self::Approved,
        Self::Denied,
        Self::Aborted,
        Self::Revised,
        Self::ApprovalExpired,
    ];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::ConfirmationExpired => "confirmation_expired",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Aborted => "aborted",
            Self::Revised => "revised",
            Self::ApprovalExpired => "approval_expired",
        }
    }
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
    /// Outcome of the decision.
    pub outcome: Option<Outcome>,
    /// What came of it, in the words of the audit record.
    pub audit_outcome: Option<AuditOutcome>,
    /// The layer that decided.
    pub layer: Option<Layer>,
    /// The code of the reason that decided.
    pub code: Option<String>,
    /// Id of a policy rule that matched.
    pub rule: Option<String>,
    /// The policy set that it was decided under.
    pub policy_set: Option<String>,
    /// What kind of tool the function was.
    pub tool_type: Option<ToolType>,
    /// How much could go wrong.
    pub risk: Option<RiskLevel>,
    /// Whether it started, went silent, and waits to be settled by evidence.
    pub unsettled: Option<bool>,
    /// Whether a freeze covers it.
    pub suspended: Option<bool>,
    /// On whose behalf.
    pub requester: Option<Actor>,
    /// Who proposed it or handed it in.
    pub initiated_by: Option<Actor>,
    /// The tools that the agent could see, as the digest of a recorded tool set.
    pub visible_tools: Option<Digest>,
    /// The grant that lifted the approval.
    pub grant: Option<Uuid>,
    /// Link to the record that it led to.
    pub final_record: Option<String>,
    /// Created at this time or later.
    pub from: Option<Timestamp>,
    /// Created before this time.
    pub to: Option<Timestamp>,
    /// Words that all occur in function, conversation, agent, arguments, context, result or error, as far as they are shown; `word*` finds what begins so.
    pub search: Option<String>,
}

fn text<T: std::fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
