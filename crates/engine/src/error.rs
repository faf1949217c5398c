//! Why the engine has no answer.

use proto_events::{Actor, DecodeError, Digest, GlobalPosition};
use uuid::Uuid;
use vidimus_domain::{
    agent, attempt, connection, conversation, execution, freeze, function, grant, key, policy, registry,
    reviewer, webhook,
};
use vidimus_log::{AppendError, ProofError, ReadError};
use vidimus_policy::{ArgumentSchemaError, PolicyErrors, SourceError};

/// Why a command has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// A decided no of an execution.
    #[error(transparent)]
    Execution(#[from] execution::Rejection),
    /// A decided no of a function's access.
    #[error(transparent)]
    Function(#[from] function::Rejection),
    /// A decided no of an idempotency key.
    #[error(transparent)]
    Attempt(#[from] attempt::Rejection),
    /// A decided no of an API key.
    #[error(transparent)]
    Key(#[from] key::Rejection),
    /// A decided no of the registry.
    #[error(transparent)]
    Registry(#[from] registry::Rejection),
    /// A decided no of an agent's scopes.
    #[error(transparent)]
    Agent(#[from] agent::Rejection),
    /// A decided no of a webhook.
    #[error(transparent)]
    Webhook(#[from] webhook::Rejection),
    /// A decided no of a connection of the catalogue.
    #[error(transparent)]
    Connection(#[from] connection::Rejection),
    /// A decided no of what is said in a conversation.
    #[error(transparent)]
    Conversation(#[from] conversation::Rejection),
    /// A decided no of a freeze.
    #[error(transparent)]
    Freeze(#[from] freeze::Rejection),
    /// A decided no of a grant.
    #[error(transparent)]
    Grant(#[from] grant::Rejection),
    /// A decided no of the policy in force.
    #[error(transparent)]
    Policy(#[from] policy::Rejection),
    /// A decided no of groups and delegations of reviewers.
    #[error(transparent)]
    Reviewer(#[from] reviewer::Rejection),
    /// A policy set has faults; each has its file, line and column.
    #[error("{0}\ncorrect it and send it again")]
    PolicyInvalid(#[from] PolicyErrors),
    /// Files that cannot be a policy set, whatever is in them.
    #[error(transparent)]
    PolicySource(#[from] SourceError),
    /// A stored policy set is not there, or cannot be used any more.
    #[error(
        "policy set `{policy_set}` cannot be used: {reason}; apply another one, or use the program that took it"
    )]
    PolicyUnreadable {
        /// The set.
        policy_set: Digest,
        /// Why not.
        reason: String,
    },
    /// The JSON Schema of a function's arguments cannot be used.
    #[error("`arguments_schema` cannot be used: {0}")]
    SchemaInvalid(#[from] ArgumentSchemaError),
    /// The engine was not given the pepper without which no key can be made or checked.
    #[error(
        "API keys cannot be made or checked here, as their pepper is missing: start with the data directory's `key-pepper`"
    )]
    KeyPepperMissing,
    /// The principal does not have the role that the command takes.
    #[error(
        "`{actor}` does not have the role `{role}`: use a key that has it, or ask an administrator for it"
    )]
    MissingRole {
        /// Who tried.
        actor: Actor,
        /// What it takes.
        role: &'static str,
    },
    /// A decision of a batch was refused, and with it all of them.
    #[error(
        "decision {index} of the batch, on execution `{execution_id}`, is refused, and with it all: {error}"
    )]
    Batch {
        /// Which, from 0.
        index: usize,
        /// On which execution.
        execution_id: Uuid,
        /// Why.
        error: Box<EngineError>,
    },
    /// A batch has too few or too many decisions.
    #[error("a batch has 1 to {max} decisions, not {size}: send several batches")]
    BatchSize {
        /// How many it has.
        size: usize,
        /// How many it may have.
        max: usize,
    },
    /// A batch decides twice on an execution.
    #[error("execution `{execution_id}` is in the batch twice: decide on it once")]
    BatchRepeats {
        /// Which.
        execution_id: Uuid,
    },
    /// Too many others changed the same stream at the same time.
    #[error("too much happens to this stream at once (tried {tries} times): try again")]
    Contention {
        /// How often it was tried.
        tries: u32,
    },
    /// A replay of the tenant's decisions runs.
    #[error("a replay of your tenant runs already: wait until it has ended, and ask again")]
    ReplayRunning,
    /// As many replays as may be run, those of other tenants.
    #[error("{max} replays run already, and more do not at a time: ask again in a moment")]
    TooManyReplays {
        /// How many may.
        max: usize,
    },
    /// The thread of a replay ended before it was done.
    #[error("the thread of a replay ended: {0}; report this as a bug")]
    ReplayEnded(String),
    /// The log did not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log could not prove it.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// An event in the log is not one that this program can read.
    #[error("event {position}: {error}")]
    Event {
        /// Which event.
        position: GlobalPosition,
        /// Why not.
        error: DecodeError,
    },
    /// An event could not be written as JSON.
    #[error("an event could not be written as JSON: {0}; report this as a bug")]
    Encode(String),
}

impl EngineError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Execution(rejection) => rejection.code(),
            Self::Function(rejection) => rejection.code(),
            Self::Attempt(rejection) => rejection.code(),
            Self::Key(rejection) => rejection.code(),
            Self::Registry(rejection) => rejection.code(),
            Self::Webhook(rejection) => rejection.code(),
            Self::Connection(rejection) => rejection.code(),
            Self::Conversation(rejection) => rejection.code(),
            Self::Freeze(rejection) => rejection.code(),
            Self::Grant(rejection) => rejection.code(),
            Self::Policy(rejection) => rejection.code(),
            Self::Reviewer(rejection) => rejection.code(),
            Self::PolicyInvalid(_) => "policy_invalid",
            Self::PolicySource(error) => error.code(),
            Self::PolicyUnreadable { .. } => "policy_unreadable",
            Self::SchemaInvalid(_) => "schema_invalid",
            Self::KeyPepperMissing => "key_pepper_missing",
            Self::MissingRole { .. } => "missing_role",
            Self::Agent(rejection) => rejection.code(),
            // What is to be done is what the refused decision says.
            Self::Batch { error, .. } => error.code(),
            Self::BatchSize { .. } => "batch_size",
            Self::BatchRepeats { .. } => "batch_repeats",
            Self::Contention { .. } => "contention",
            Self::ReplayRunning => "replay_running",
            Self::TooManyReplays { .. } => "too_many_replays",
            Self::ReplayEnded(_) => "replay_ended",
            Self::Append(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::Proof(error) => error.code(),
            Self::Event { .. } => "unreadable_event",
            Self::Encode(_) => "encode",
        }
    }

    /// Whether this passes by itself: nothing was appended, and the same command may pass when it is given again. A decided
    /// no is not retryable, whatever may become of the execution later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Append(error) => error.is_retryable(),
            Self::Read(error) => error.is_retryable(),
            Self::Proof(error) => error.is_retryable(),
            Self::Contention { .. } | Self::ReplayRunning | Self::TooManyReplays { .. } => true,
            Self::Batch { error, .. } => error.is_retryable(),
            _ => false,
        }
    }
}
