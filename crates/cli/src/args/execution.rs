//! `vidimus execution`

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use proto_events::{Digest, FunctionName, GlobalPosition, Layer, Outcome, ResultStatus, RiskLevel, ToolType};
use uuid::Uuid;
use vidimus_api_types::{ApprovalStatus, AsOf, AuditOutcome, ExecutionStatus, Stage};

use super::{CallArgs, NamedLog, PageArgs, execution_id, named, position};

const OUTCOMES: &[Outcome] = &[
    Outcome::Allowed,
    Outcome::ConfirmationRequired,
    Outcome::AwaitingApproval,
    Outcome::Blocked,
    Outcome::NoOp,
];

/// How a call can have ended: all but `unknown`, which settles nothing.
const SETTLED: &[ResultStatus] = &[
    ResultStatus::Succeeded,
    ResultStatus::Failed,
    ResultStatus::TimedOut,
    ResultStatus::Skipped,
    ResultStatus::Cancelled,
];

const LAYERS: &[Layer] = &[
    Layer::Freeze,
    Layer::FunctionAccess,
    Layer::Readiness,
    Layer::ArgumentSchema,
    Layer::ToolRisk,
    Layer::Policy,
    Layer::Grant,
];

#[derive(Debug, Subcommand)]
pub(crate) enum Execution {
    /// The execution table, newest first.
    List(Box<ExecutionList>),
    /// One execution with everything that is known of it.
    Show {
        /// Its id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// As it was then: after the event at this position, or at this time (RFC 3339).
        #[arg(long, value_name = "POSITION|TIME")]
        as_of: Option<AsOf>,
    },
    /// Why a call was decided on as it was: which layer, which rules, on which facts, and what would have had to differ.
    Explain {
        /// Its id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
    },
    /// Prove that its events are in the log: a file (JSON) that `vidimus proof verify` checks without asking anybody.
    Proof {
        /// Its id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// How many events at most, 1 to 250.
        #[arg(long, default_value_t = 250, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..=250))]
        limit: u32,
        /// Go on after the proof before: its `next`.
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
        #[command(flatten)]
        log: NamedLog,
    },
    /// Comment on a call that waits for people.
    Comment {
        /// Its id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// What there is to say.
        text: String,
    },
    /// Edit the arguments of a call that waits for approval: it is aborted, and a new attempt with the others is decided on.
    Revise {
        /// Its id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// A file with the arguments of the new attempt, a JSON object; `-` is standard input.
        #[arg(long, value_name = "FILE.json")]
        arguments: PathBuf,
        /// What the agent should know.
        #[arg(long)]
        feedback: String,
    },
    /// Call it off: its requester or the agent that proposed it before it started, whoever runs it after.
    Cancel {
        /// Its id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Settle by evidence how a call ended that started and went silent.
    Settle {
        /// Its id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// How it ended.
        #[arg(long, value_parser = named(SETTLED, ResultStatus::as_str))]
        status: ResultStatus,
        /// What shows it; goes on the audit trail.
        #[arg(long)]
        evidence: String,
        /// A file with what the tool returned, as JSON; `-` is standard input.
        #[arg(long, value_name = "FILE.json")]
        result: Option<PathBuf>,
    },
    /// Follow what happens, live, a line a notification. Needs `--server`.
    Watch(Watch),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Watch {
    /// Only this execution, from its beginning, until it is over: then the exit code is 0 if it succeeded, else 4.
    #[arg(value_parser = execution_id)]
    pub(crate) id: Option<Uuid>,
    /// Only of this agent.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// Only of this conversation.
    #[arg(long)]
    pub(crate) conversation: Option<String>,
    /// Only of this function (`connection.function`).
    #[arg(long)]
    pub(crate) function: Option<FunctionName>,
    /// Begin after this position, 0 for all of history. Without it, only what comes from now on.
    #[arg(long, value_name = "POSITION", value_parser = position, conflicts_with = "id")]
    pub(crate) after: Option<GlobalPosition>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExecutionList {
    #[command(flatten)]
    pub(crate) calls: CallArgs,
    /// Only with this status.
    #[arg(long, value_parser = named(ExecutionStatus::ALL, ExecutionStatus::as_str))]
    pub(crate) status: Option<ExecutionStatus>,
    /// Only in this state, which says more than the status.
    #[arg(long, value_parser = named(Stage::ALL, Stage::as_str))]
    pub(crate) state: Option<Stage>,
    /// Only with this approval status.
    #[arg(long, value_parser = named(ApprovalStatus::ALL, ApprovalStatus::as_str))]
    pub(crate) approval_status: Option<ApprovalStatus>,
    /// Only resolved by this user.
    #[arg(long, value_name = "USER")]
    pub(crate) resolved_by: Option<String>,
    /// Only with this outcome of the decision.
    #[arg(long, value_parser = named(OUTCOMES, Outcome::as_str))]
    pub(crate) outcome: Option<Outcome>,
    /// Only with this outcome in the words of the audit record.
    #[arg(long, value_parser = named(AuditOutcome::ALL, AuditOutcome::as_str))]
    pub(crate) audit_outcome: Option<AuditOutcome>,
    /// Only decided by this layer.
    #[arg(long, value_parser = named(LAYERS, Layer::as_str))]
    pub(crate) layer: Option<Layer>,
    /// Only decided for the reason with this code.
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// Only where this policy rule matched.
    #[arg(long, value_name = "ID")]
    pub(crate) rule: Option<String>,
    /// Only decided under this policy set.
    #[arg(long, value_name = "DIGEST")]
    pub(crate) policy_set: Option<Digest>,
    /// Only of functions of this tool type.
    #[arg(long, value_parser = named(ToolType::ALL, ToolType::as_str))]
    pub(crate) tool_type: Option<ToolType>,
    /// Only of functions with this risk.
    #[arg(long, value_parser = named(RiskLevel::ALL, RiskLevel::as_str))]
    pub(crate) risk: Option<RiskLevel>,
    /// Only those that started, went silent, and wait to be settled by evidence.
    #[arg(long)]
    pub(crate) unsettled: bool,
    /// Only those that a freeze covers.
    #[arg(long)]
    pub(crate) suspended: bool,
    /// Only on behalf of this user.
    #[arg(long, value_name = "USER")]
    pub(crate) requester: Option<String>,
    /// Only decided while the agent could see this tool set.
    #[arg(long, value_name = "DIGEST")]
    pub(crate) visible_tools: Option<Digest>,
    /// Only where this grant lifted the approval.
    #[arg(long, value_name = "ID")]
    pub(crate) grant: Option<Uuid>,
    /// Only those that led to this record.
    #[arg(long, value_name = "LINK")]
    pub(crate) final_record: Option<String>,
    /// Only with all these words in function, agent, conversation, arguments or result; `word*` for beginnings.
    #[arg(long, short, value_name = "WORDS")]
    pub(crate) search: Option<String>,
    #[command(flatten)]
    pub(crate) page: PageArgs,
}
