//! What can be asked of an execution, with all that had to be looked up for it.

use std::time::Duration;

use proto_events::{
    ActivityReport, Actor, ArgumentsDigest, CallError, CallRef, Decision, Json, ResultStatus, Timestamp,
    Timing,
};
use uuid::Uuid;

use super::{FrozenBy, Reviewer, SeenCard, Ttls};
use crate::arguments::Arguments;

/// A command: who wants what, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The authenticated principal.
    pub by: Actor,
    /// Now, as the engine's clock has it.
    pub at: Timestamp,
    /// The freeze that covers the call, as looked up; while there is one, nothing is confirmed, approved, started or
    /// expired. A proposal does not read it: its decision has a layer for freezes.
    pub frozen: Option<FrozenBy>,
    /// The card that the principal saw. Whoever confirms, declines, approves, denies or aborts decides on that one or not at
    /// all, and it goes on record with what they say; everything else does not look at it.
    pub card: Option<SeenCard>,
    /// What is wanted.
    pub action: Action,
}

/// What can be wanted of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Propose a call and have it decided.
    Propose(Propose),
    /// The requesting user confirms.
    Confirm {
        /// What the user saw; checked where it is given.
        arguments_digest: Option<ArgumentsDigest>,
        /// A fresh id for the permit.
        permit_id: Uuid,
        /// How long the permit may wait to be used.
        permit_ttl: Duration,
        /// How long reviewers have, where they are asked next.
        approval_ttl: Duration,
    },
    /// The requesting user declines.
    Decline {
        /// Why.
        reason: Option<String>,
    },
    /// A reviewer approves.
    Approve {
        /// What the reviewer has to say.
        comment: Option<String>,
        /// What the reviewer saw; checked where it is given.
        arguments_digest: Option<ArgumentsDigest>,
        /// The stage that the reviewer saw, from 0. Where it is given it is exact: the vote counts in this stage or in
        /// none, and the same again is a repetition, also when the next stage has begun. Without it the vote is about the
        /// present stage: who accepted in an earlier one, and is a reviewer of this one too, accepts this one, in
        /// whatever words. To take it for a repetition would tell a reviewer who is still waited for that all is done.
        /// So who sends a vote again because its answer was lost should name the stage.
        stage: Option<u32>,
        /// What the principal may review as, as looked up.
        reviewer: Reviewer,
        /// Why the reviewers that were asked for are passed over in an emergency; for an administrator.
        break_glass: Option<String>,
        /// A fresh id for the permit.
        permit_id: Uuid,
        /// How long the permit may wait to be used.
        permit_ttl: Duration,
        /// How long the reviewers of the next stage have, where there is one.
        approval_ttl: Duration,
    },
    /// A reviewer denies.
    Deny {
        /// Why.
        reason: String,
        /// What the principal may review as, as looked up.
        reviewer: Reviewer,
    },
    /// A reviewer aborts, and tells the agent what to know or do instead.
    Abort {
        /// What the agent should know or do instead.
        feedback: String,
        /// What the principal may review as, as looked up.
        reviewer: Reviewer,
        /// The new attempt with the arguments that the reviewer edited.
        revised_as: Option<Uuid>,
    },
    /// Somebody comments on a call that waits: of the requester's side, or a reviewer.
    Comment {
        /// What they say.
        text: String,
        /// Whether the principal is a reviewer of this call; see [`super::Execution::may_review`].
        eligible: bool,
    },
    /// A deadline passed: of the confirmation, the approval or the permit, whichever is open.
    Expire,
    /// Nobody resolved the approval for so long that further reviewers are added: all that are due.
    Escalate,
    /// Nobody resolved the approval for so long that reviewers are reminded. Several that were missed are made up for by
    /// one.
    Remind,
    /// The call waits or has a permit, and what was decided on may have changed.
    Redecide {
        /// The new decision on exactly the same arguments.
        decision: Decision,
        /// What changed, for example `policy_set_activated`.
        cause: String,
        /// Members of the arguments that the catalogue calls sensitive, by name; at most 64.
        sensitive: Vec<String>,
        /// A fresh id, used if a permit results.
        permit_id: Uuid,
        /// How long what results may wait.
        ttls: Ttls,
    },
    /// A freeze covers the call: deadlines of people and of the permit stand still. Vidimus itself says so.
    Suspend {
        /// The freeze.
        freeze_id: Uuid,
        /// When it began.
        since: Timestamp,
    },
    /// No freeze covers the call any more. Vidimus itself says so.
    Resume,
    /// Start the call and use up its permit.
    Start {
        /// The permit.
        permit_id: Uuid,
        /// What is about to run; checked where it is given.
        arguments_digest: Option<ArgumentsDigest>,
        /// How long it may be silent before its result counts as unknown.
        lease: Duration,
        /// The policy set in force now; a permit that was given under another one is refused.
        policy_set: Option<String>,
    },
    /// The running call is alive.
    Progress {
        /// What it is doing.
        message: Option<String>,
        /// How far it is, 0 to 100.
        percent: Option<u8>,
        /// How long it may be silent from now on.
        lease: Duration,
    },
    /// It ended well.
    Succeed(Report),
    /// It ended with an error.
    Fail(Report),
    /// It did not answer in time, as its caller says.
    TimeOut(Report),
    /// It was not run after all.
    Skip(Report),
    /// Call it off: the requester or the proposing agent before it started, its executor after.
    Cancel {
        /// Why.
        reason: Option<String>,
    },
    /// The lease ran out: nobody knows how it ended.
    MarkUnknown,
    /// Evidence shows how an unknown call ended.
    Settle {
        /// How it ended; never `unknown`.
        status: ResultStatus,
        /// What shows it.
        evidence: String,
        /// What the tool returned, if the evidence has it.
        result: Option<Json>,
        /// Whether the principal may settle this tenant's calls, as looked up.
        eligible: bool,
    },
    /// Put a call on record that ran elsewhere and is over.
    Record(Record),
    /// The same attempt was proposed again and answered from state.
    Reattempt {
        /// How often, since the count that is on record.
        seen: u64,
    },
}

impl Action {
    /// The action's stable name, for logs and messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Propose(_) => "propose",
            Self::Confirm { .. } => "confirm",
            Self::Decline { .. } => "decline",
            Self::Approve { .. } => "approve",
            Self::Deny { .. } => "deny",
            Self::Abort { .. } => "abort",
            Self::Comment { .. } => "comment",
            Self::Expire => "expire",
            Self::Escalate => "escalate",
            Self::Remind => "remind",
            Self::Redecide { .. } => "redecide",
            Self::Suspend { .. } => "suspend",
            Self::Resume => "resume",
            Self::Start { .. } => "start",
            Self::Progress { .. } => "progress",
            Self::Succeed(_) => "succeed",
            Self::Fail(_) => "fail",
            Self::TimeOut(_) => "time_out",
            Self::Skip(_) => "skip",
            Self::Cancel { .. } => "cancel",
            Self::MarkUnknown => "mark_unknown",
            Self::Settle { .. } => "settle",
            Self::Record(_) => "record",
            Self::Reattempt { .. } => "reattempt",
        }
    }
}

/// A proposal, with the decision on it and the ids and times to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propose {
    /// The execution's id: derived from the idempotency key where there is one, else fresh.
    pub execution_id: Uuid,
    /// The call.
    pub call: CallRef,
    /// Its arguments.
    pub arguments: Arguments,
    /// On whose behalf: never a reviewer of this call. The proposing principal where none is named.
    pub requester: Actor,
    /// Others on the asking side, who review no more than the requester does: who proposed the attempts that this one is
    /// instead of. At most 16.
    pub asked_by: Vec<Actor>,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
    /// The earlier attempt under the same key with other arguments.
    pub former_execution: Option<Uuid>,
    /// What the caller says about the circumstances.
    pub context: Option<Json>,
    /// Members of arguments and result that the catalogue calls sensitive, by name; at most 64.
    pub sensitive: Vec<String>,
    /// The decision on exactly these arguments.
    pub decision: Decision,
    /// A fresh id, used if a permit results.
    pub permit_id: Uuid,
    /// How long the requester has to confirm.
    pub confirmation_ttl: Duration,
    /// How long reviewers have to resolve the approval.
    pub approval_ttl: Duration,
    /// How long the permit may wait to be used.
    pub permit_ttl: Duration,
}

/// What the executor says about the end of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the tool returned; see [`crate::arguments::payload`].
    pub result: Option<Json>,
    /// Why it failed.
    pub error: Option<CallError>,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// When it ran.
    pub timing: Option<Timing>,
}

/// A call that ran elsewhere and is over. Nothing is decided on it, no permit is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The execution's id.
    pub execution_id: Uuid,
    /// The call.
    pub call: CallRef,
    /// Its arguments, if it came with any.
    pub arguments: Option<Arguments>,
    /// On whose behalf; the principal that hands it in where none is named.
    pub requester: Actor,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
    /// What the caller says about the circumstances.
    pub context: Option<Json>,
    /// Members of arguments and result that the catalogue calls sensitive, by name; at most 64.
    pub sensitive: Vec<String>,
    /// What the runtime says about the call.
    pub activity: ActivityReport,
    /// How it ended; never `unknown`.
    pub status: ResultStatus,
    /// What came of it.
    pub report: Report,
}
