//! Why the engine has no answer.

use proto_events::{Actor, DecodeError, GlobalPosition};
use vidimus_domain::{attempt, execution, function, key, registry, webhook};
use vidimus_log::{AppendError, ReadError};

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
    /// A decided no of a webhook.
    #[error(transparent)]
    Webhook(#[from] webhook::Rejection),
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
    /// Too many others changed the same stream at the same time.
    #[error("too much happens to this stream at once (tried {tries} times): try again")]
    Contention {
        /// How often it was tried.
        tries: u32,
    },
    /// The log did not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
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
            Self::KeyPepperMissing => "key_pepper_missing",
            Self::MissingRole { .. } => "missing_role",
            Self::Contention { .. } => "contention",
            Self::Append(error) => error.code(),
            Self::Read(error) => error.code(),
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
            Self::Contention { .. } => true,
            _ => false,
        }
    }
}
