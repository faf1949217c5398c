//! The command line.

use std::path::PathBuf;

use clap::{
    Args as ClapArgs, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use proto_events::{Access, FunctionName, GlobalPosition, TenantId, Timestamp};
use uuid::Uuid;
use vidimus_projection::{ApprovalStatus, ExecutionStatus, Stage, View};

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 damaged data, \
    6 data directory in use, 7 try again later, 130 interrupted.";

/// Governs what AI agents do with tools: every call on an append-only log, decided, provable.
#[derive(Debug, Parser)]
#[command(name = "vidimus", bin_name = "vidimus", version, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The data directory.
    #[arg(long, global = true, env = "VIDIMUS_DATA", default_value = "vidimus-data", value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// The tenant.
    #[arg(long, global = true, env = "VIDIMUS_TENANT", default_value = "default")]
    pub(crate) tenant: TenantId,
    /// Who you are: the actor of what you change here.
    // An id of its own: clap would take the `--actor` of `audit list` for the same argument.
    #[arg(
        id = "as",
        long = "as",
        global = true,
        env = "VIDIMUS_USER",
        default_value = "operator",
        value_name = "USER",
        value_parser = user
    )]
    pub(crate) actor: String,
    /// How to print.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs: one JSON document, or one a line where there is no end to them.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put recorded tool calls on the log (JSON Lines, also gzipped; see docs/reference/import.md).
    Import(Import),
    /// Tool executions.
    #[command(subcommand)]
    Execution(Execution),
    /// What waits for an approval or a confirmation.
    #[command(subcommand)]
    Approval(Approval),
    /// Access to functions.
    #[command(subcommand)]
    Function(Function),
    /// The audit trail.
    #[command(subcommand)]
    Audit(Audit),
    /// The append-only log.
    #[command(subcommand)]
    Log(Log),
    /// The views, which are built from the log.
    #[command(subcommand)]
    View(ViewCommand),
    /// Measure this machine, with the physical limit beside it.
    Bench(Bench),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff), or write one for every command into a directory.
    Man {
        /// Where to write them.
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// The files; `-` is standard input.
    #[arg(required = true, value_name = "FILE.jsonl[.gz]")]
    pub(crate) files: Vec<PathBuf>,
    /// What to do with a line that is no tool call.
    #[arg(long, value_enum, default_value_t = OnBadLine::Fail, value_name = "WHAT")]
    pub(crate) on_bad_line: OnBadLine,
}

/// What to do with a line that is no tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnBadLine {
    /// Stop there. What came before stays on record; importing again goes on.
    Fail,
    /// Leave it out, name it, go on.
    Skip,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PageArgs {
    /// How many rows at most, 1 to 1000.
    #[arg(long, default_value_t = 50, value_name = "ROWS", value_parser = rows)]
    pub(crate) limit: usize,
    /// Go on after the page before: its `next`.
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
}

/// Which calls, and when: the same for every list of what happened.
#[derive(Debug, ClapArgs)]
pub(crate) struct CallArgs {
    /// Only of this agent.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// Only of this conversation.
    #[arg(long)]
    pub(crate) conversation: Option<String>,
    /// Only of this function (`connection.function`).
    #[arg(long)]
    pub(crate) function: Option<String>,
    /// Only from this time on (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// Only before this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Timestamp>,
}

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

#[derive(Debug, Subcommand)]
pub(crate) enum Approval {
    /// The approval queue, most urgent first.
    List {
        /// Only what this user may resolve: not their own requests, but their own confirmations.
        #[arg(long = "for", value_name = "USER")]
        reviewer: Option<String>,
        /// Only of this agent.
        #[arg(long)]
        agent: Option<String>,
        /// Only of this function.
        #[arg(long)]
        function: Option<String>,
        #[command(flatten)]
        page: PageArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Function {
    /// Set the access to a function.
    SetAccess {
        /// The function (`connection.function`).
        function: FunctionName,
        /// The access.
        #[arg(value_parser = named(ACCESSES, Access::as_str))]
        access: Access,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Every function whose access was ever set.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// The audit trail, latest first.
    List(Box<AuditList>),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AuditList {
    /// Only by this principal (its id).
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// Only this category.
    #[arg(long, value_enum)]
    pub(crate) category: Option<Category>,
    /// Only this event type, for example `approval_denied`.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) event_type: Option<String>,
    /// Only about this execution.
    #[arg(long, value_name = "ID", value_parser = execution_id)]
    pub(crate) execution: Option<Uuid>,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
    /// Earliest first.
    #[arg(long)]
    pub(crate) oldest_first: bool,
    #[command(flatten)]
    pub(crate) page: PageArgs,
}

/// What an audit entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Category {
    /// Tool calls.
    Execution,
    /// Changes of settings.
    Administrative,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Read everything and recompute numbering, digests, leaf hashes and the tree. Names what is damaged.
    Verify,
    /// Print recorded events of all tenants as JSON Lines, in log order.
    Export(Range),
    /// Play history again, a line an event, for people. Only of the tenant.
    Replay {
        /// Only this execution.
        #[arg(long, value_name = "ID", value_parser = execution_id)]
        execution: Option<Uuid>,
        /// Only this conversation.
        #[arg(long)]
        conversation: Option<String>,
        #[command(flatten)]
        range: Range,
    },
    /// Figures about the log.
    Stats,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Range {
    /// Only after this position.
    #[arg(long, default_value = "0", value_name = "POSITION", value_parser = position)]
    pub(crate) after: GlobalPosition,
    /// Only up to this position, with it.
    #[arg(long, value_name = "POSITION", value_parser = position)]
    pub(crate) until: Option<GlobalPosition>,
}

const ACCESSES: &[Access] = &[Access::Disabled, Access::Enabled, Access::EnabledWithConfirmation];

/// Reads one of `all` by its stable name; help, completions and errors list the names.
fn named<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(move |value| name(*value))).try_map(move |text| {
        all.iter()
            .copied()
            .find(|value| name(*value) == text)
            .ok_or_else(|| format!("`{text}` is none of them"))
    })
}

fn rows(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "a page has a whole number of rows, 1 to 1000".to_owned())
}

fn execution_id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "an execution's id is a UUID: copy it from `vidimus execution list`".to_owned())
}

fn user(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.len() > 255 || text.chars().any(char::is_control) {
        return Err("a user's id is 1 to 255 bytes, not blank, without control characters".to_owned());
    }
    Ok(text.to_owned())
}

fn position(text: &str) -> Result<GlobalPosition, String> {
    text.parse().map(GlobalPosition::new).map_err(|_| "a position is a whole number from 0 on".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum ViewCommand {
    /// Build views anew from the log; all of them unless some are named.
    Rebuild {
        /// Which.
        #[arg(value_enum)]
        views: Vec<ViewName>,
    },
    /// Figures about the views, with their lag.
    Stats,
    /// Compare the views with the log, row for row.
    Verify,
}

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewName {
    Executions,
    Approvals,
    Audit,
}

impl From<ViewName> for View {
    fn from(name: ViewName) -> Self {
        match name {
            ViewName::Executions => Self::Executions,
            ViewName::Approvals => Self::Approvals,
            ViewName::Audit => Self::Audit,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Bench {
    /// Where to put the files: on the disk that is to be measured. Removed afterwards.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Only some of it.
    #[arg(value_enum)]
    pub(crate) parts: Vec<BenchPart>,
    /// Events of the long log.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) events: u64,
    /// Streams of the many-streams run.
    #[arg(long, default_value_t = 10_000_000)]
    pub(crate) streams: u64,
    /// Seconds of one measurement of concurrent appends.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,
    /// How often each is measured; medians are shown.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchPart {
    /// Durable appends by concurrent writers, beside the raw limit.
    Append,
    /// A long log: fill, reopen, replay, verify, memory, disk.
    History,
    /// Rebuild of the views from a long log.
    Views,
    /// Acknowledgement to subscriber.
    Subscriber,
    /// Many streams: memory, and appends beside those of few streams. Left out unless named.
    Streams,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;

    /// clap takes an argument for a global one of the same id without a word.
    #[test]
    fn no_argument_has_the_id_of_a_global_one() {
        let mut command = Args::command();
        let ids = |command: &clap::Command| -> BTreeSet<String> {
            command.get_arguments().map(|argument| argument.get_id().to_string()).collect()
        };
        let global = ids(&command);
        fn visit(command: &clap::Command, check: &dyn Fn(&clap::Command)) {
            for subcommand in command.get_subcommands() {
                check(subcommand);
                visit(subcommand, check);
            }
        }
        visit(&command, &|command| assert!(ids(command).is_disjoint(&global), "{}", command.get_name()));
        command.build();
        command.debug_assert();
    }
}
