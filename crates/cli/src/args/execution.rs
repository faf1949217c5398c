//! `vidimus execution`

use clap::{Args as ClapArgs, Subcommand};
use proto_events::{FunctionName, GlobalPosition};
use uuid::Uuid;
use vidimus_api_types::{ApprovalStatus, ExecutionStatus, Stage};

use super::{CallArgs, PageArgs, execution_id, named, position};

#[derive(Debug, Subcommand)]
pub(crate) enum Execution {
    /// The execution table, newest first.
    List(Box<ExecutionList>),
    /// One execution with everything that is known of it.
    Show {
        /// Its id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
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
    /// Only with all these words in function, agent, conversation, arguments or result; `word*` for beginnings.
    #[arg(long, short, value_name = "WORDS")]
    pub(crate) search: Option<String>,
    #[command(flatten)]
    pub(crate) page: PageArgs,
}
