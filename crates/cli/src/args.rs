//! The command line.

mod agent;
mod approval;
mod bench;
mod catalogue;
mod connection;
mod console;
mod conversation;
mod delegation;
mod demo;
mod execution;
mod freeze;
mod function;
mod grant;
mod group;
mod key;
mod log;
mod nats_config;
mod policy;
mod policy_replay;
mod project;
mod proof;
mod serve;
mod settings;
mod trace;
mod values;
mod view;
mod webhook;

use std::path::{Path, PathBuf};

pub(crate) use agent::Agent;
pub(crate) use approval::{Approval, Batch, Review, Verdict};
pub(crate) use bench::{Bench, BenchPart};
pub(crate) use catalogue::FunctionImport;
use clap::{
    Args as ClapArgs, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
pub(crate) use connection::Connection;
pub(crate) use console::ConsoleFile;
#[cfg(feature = "oidc")]
pub(crate) use console::OidcFile;
pub(crate) use conversation::Conversation;
pub(crate) use delegation::{Delegation, DelegationCreate};
pub(crate) use demo::{Demo, DemoAnswer};
pub(crate) use execution::{Execution, ExecutionList, Watch};
pub(crate) use freeze::{Freeze, FreezeCreate};
pub(crate) use function::Function;
pub(crate) use grant::{Grant, GrantCreate};
pub(crate) use group::Group;
pub(crate) use key::{Key, KeyCreate};
pub(crate) use log::{Log, Range};
pub(crate) use nats_config::{Layout, Nats, NatsConfig, NatsConsumer};
pub(crate) use policy::{Former, Policy, SetName};
pub(crate) use policy_replay::{Place, PolicyCases, PolicyReplay, ReplayRange};
pub(crate) use project::Project;
pub(crate) use proof::{NamedLog, Proof, ProofVerify};
use proto_events::{Access, GlobalPosition, TenantId, Timestamp};
pub(crate) use serve::Serve;
pub(crate) use settings::{NatsArgs, PublishOptions, ServeOptions, SettingsFile};
pub(crate) use trace::{Trace, TraceDecide};
use uuid::Uuid;
pub(crate) use values::{Limit, LogFormat, Networks, Origin, Redact, Replicas, Span, StreamBytes};
use vidimus_api_types::{AsOf, AuditCategory};
pub(crate) use view::ViewCommand;
pub(crate) use webhook::{Webhook, WebhookCreate};

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
    /// The data directory; `vidimus-data` unless told otherwise.
    #[arg(long, global = true, env = "VIDIMUS_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Work through the server at this address, with the key in the variable VIDIMUS_KEY.
    #[arg(long, global = true, env = "VIDIMUS_SERVER", hide_env_values = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// A file with the key for the server, instead of VIDIMUS_KEY.
    #[arg(long, global = true, env = "VIDIMUS_KEY_FILE", value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// The tenant; `default` unless told otherwise. With a server, its key says which.
    #[arg(id = "tenant", long, global = true, env = "VIDIMUS_TENANT", value_name = "TENANT")]
    given_tenant: Option<TenantId>,
    /// Who you are: the actor of what you change here. With a server, its key says who.
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

impl Global {
    /// The data directory.
    pub(crate) fn data(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("vidimus-data"))
    }

    /// The tenant.
    pub(crate) fn tenant(&self) -> TenantId {
        self.given_tenant.clone().unwrap_or_else(|| TenantId::from_record("default".into()))
    }

    /// The tenant, if one was named.
    pub(crate) const fn named_tenant(&self) -> Option<&TenantId> {
        self.given_tenant.as_ref()
    }
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
    /// See it at work: a server, a few agents, and approvals that wait for your answer.
    Demo(Demo),
    /// Put recorded tool calls on the log (JSON Lines, also gzipped; see docs/reference/import.md).
    Import(Import),
    /// Serve the HTTP API on a data directory, until SIGTERM or Ctrl-C.
    Serve(Box<Serve>),
    /// Keys of the HTTP API.
    #[command(subcommand)]
    Key(Key),
    /// Tool executions.
    #[command(subcommand)]
    Execution(Execution),
    /// What waits for an approval or a confirmation.
    #[command(subcommand)]
    Approval(Approval),
    /// Functions: access to them, and what the catalogue says of them.
    #[command(subcommand)]
    Function(Function),
    /// Connections: what functions belong to.
    #[command(subcommand)]
    Connection(Connection),
    /// Conversations: what users say.
    #[command(subcommand)]
    Conversation(Conversation),
    /// Agents: their scopes, and what they can see.
    #[command(subcommand)]
    Agent(Agent),
    /// Policy sets: check, test, compare, put into force, explain, replay.
    #[command(subcommand)]
    Policy(Policy),
    /// Grants: approvals in advance.
    #[command(subcommand)]
    Grant(Grant),
    /// Freezes: the kill switch.
    #[command(subcommand)]
    Freeze(Freeze),
    /// Groups of reviewers.
    #[command(subcommand)]
    Group(Group),
    /// Delegations: who decides in whose place.
    #[command(subcommand)]
    Delegation(Delegation),
    /// Webhooks: notifications, posted to an address.
    #[command(subcommand)]
    Webhook(Webhook),
    /// The audit trail.
    #[command(subcommand)]
    Audit(Audit),
    /// The append-only log.
    #[command(subcommand)]
    Log(Log),
    /// Proofs of what is in the log.
    #[command(subcommand)]
    Proof(Proof),
    /// The views, which are built from the log.
    #[command(subcommand)]
    View(ViewCommand),
    /// Build the views on another machine, from the recorded events on NATS, and follow them until SIGTERM or Ctrl-C.
    Project(Box<Project>),
    /// The bus: the configuration of its server, and its consumers.
    #[command(subcommand)]
    Nats(Nats),
    /// Recorded conversations, decided anew.
    #[command(subcommand)]
    Trace(Trace),
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
    /// First describe the functions of this catalogue, and enable those whose access was never set.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) catalogue: Option<PathBuf>,
    /// Settings as TOML: those of `vidimus serve`, of which the options below and `data` count here.
    #[arg(long, env = "VIDIMUS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) publish: PublishOptions,
    #[command(flatten)]
    pub(crate) nats: NatsArgs,
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
    pub(crate) limit: u32,
    /// Go on after the page before: its `next`.
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// As it was then: after the event at this position, or at this time (RFC 3339).
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) as_of: Option<AsOf>,
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
    #[arg(long, value_parser = named(AuditCategory::ALL, AuditCategory::as_str))]
    pub(crate) category: Option<AuditCategory>,
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

fn rows(text: &str) -> Result<u32, String> {
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
