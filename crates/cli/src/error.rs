//! Why a command failed, its stable code, and the exit code for scripts.

use std::{borrow::Cow, process::ExitCode};

use vidimus_api_types::PolicyFault;
use vidimus_bus::{ConnectError, ConsumerError, ReadError as BusReadError};
use vidimus_client::{ClientError, TransportKind};
use vidimus_engine::EngineError;
use vidimus_log::{AppendError, OpenError, ReadError};
use vidimus_projection::{OpenError as ViewsOpenError, PastError, ProjectionError, QueryError, RemoteError};
use vidimus_webhook::DelivererError;

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    /// The faults of a policy set, each in its place; the message has them in words.
    pub(crate) errors: Vec<PolicyFault>,
}

/// What scripts can tell apart by the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 1: anything else.
    Other,
    /// 2: the command line or the settings are wrong; nothing was done.
    Usage,
    /// 3: what was named does not exist.
    NotFound,
    /// 4: the input or the command is refused; as it is, it will never pass.
    Refused,
    /// 5: what is stored is damaged.
    Damaged,
    /// 6: another process has the data directory.
    InUse,
    /// 7: not now; trying again later can help.
    TryLater,
}

/// 130: ended by Ctrl-C, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

impl Kind {
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Other => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Refused => 4,
            Self::Damaged => 5,
            Self::InUse => 6,
            Self::TryLater => 7,
        })
    }
}

impl Failure {
    pub(crate) fn new(kind: Kind, code: impl Into<Cow<'static, str>>, message: impl ToString) -> Self {
        Self { kind, code: code.into(), message: message.to_string(), errors: Vec::new() }
    }

    pub(crate) fn usage(code: &'static str, message: impl ToString) -> Self {
        Self::new(Kind::Usage, code, message)
    }

    pub(crate) fn refused(code: &'static str, message: impl ToString) -> Self {
        Self::new(Kind::Refused, code, message)
    }

    pub(crate) fn not_found(code: &'static str, message: impl ToString) -> Self {
        Self::new(Kind::NotFound, code, message)
    }

    /// An error with a code of its own: `corrupt` and what can pass later have exit codes of their own.
    pub(crate) fn coded(code: &'static str, retryable: bool, message: impl ToString) -> Self {
        let kind = match code {
            code if is_damage(code) => Kind::Damaged,
            _ if retryable => Kind::TryLater,
            "storage_failed" | "view_storage_failed" | "log_closed" | "encode" => Kind::Other,
            "nats_stream_missing" => Kind::NotFound,
            code if code.ends_with("_not_found") => Kind::NotFound,
            _ => Kind::Refused,
        };
        Self::new(kind, code, message)
    }
}

fn is_damage(code: &str) -> bool {
    matches!(code, "corrupt" | "unreadable_event" | "event_undecodable" | "view_damaged")
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let code = error.code().to_owned();
        let kind = match &error {
            ClientError::Problem { problem, .. } => match problem.status {
                _ if error.is_retryable() => Kind::TryLater,
                404 => Kind::NotFound,
                500.. if is_damage(&code) => Kind::Damaged,
                500.. => Kind::Other,
                _ => Kind::Refused,
            },
            ClientError::Transport { kind: TransportKind::TimedOut, .. } => Kind::TryLater,
            ClientError::Transport { .. } => Kind::Other,
            ClientError::Unexpected { .. } if error.is_retryable() => Kind::TryLater,
            ClientError::Unexpected { .. } => Kind::Other,
            ClientError::Unusable(_) => Kind::Usage,
        };
        let request = error.problem().filter(|problem| problem.status >= 500);
        let request = request.and_then(|problem| problem.request_id.as_deref());
        let mut message = match request {
            Some(request) => format!("{error} (request `{request}`)"),
            None => error.to_string(),
        };
        let errors = error.problem().map(|problem| problem.policy_errors.clone()).unwrap_or_default();
        for fault in &errors {
            message += &format!("\n{fault}");
        }
        Self { errors, ..Self::new(kind, code, message) }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::usage(error.code(), error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::Other, "io", error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match &error {
            // A server says in its name where it is.
            OpenError::Locked { holder, .. } if holder.contains("vidimus serve") => {
                let message =
                    format!("{error}; with `--server` and a key in VIDIMUS_KEY it works through the server");
                Self::new(Kind::InUse, error.code(), message)
            }
            OpenError::Locked { .. } => Self::new(Kind::InUse, error.code(), &error),
            OpenError::Io { .. } => {
                let message = format!(
                    "{error}; check the directory and its permissions, or name another with `--data`"
                );
                Self::new(Kind::Other, error.code(), message)
            }
            OpenError::Broken(_) => Self::coded(error.code(), false, &error),
        }
    }
}

macro_rules! from_coded {
    ($($error:ty),+) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::coded(error.code(), error.is_retryable(), &error)
            }
        })+
    };
}

from_coded!(
    ConsumerError,
    EngineError,
    AppendError,
    ReadError,
    ProjectionError,
    PastError,
    QueryError,
    RemoteError,
    BusReadError,
    DelivererError
);

impl From<ViewsOpenError> for Failure {
    fn from(error: ViewsOpenError) -> Self {
        match error {
            ViewsOpenError::Log(error) => error.into(),
            error => Self::coded(error.code(), false, &error),
        }
    }
}

impl From<crate::bench::Failure> for Failure {
    fn from(error: crate::bench::Failure) -> Self {
        Self::new(Kind::Other, "bench", error)
    }
}
