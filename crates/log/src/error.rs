//! Errors: one enum per operation; whether trying again can help shows in the variant.

use std::path::PathBuf;

use proto_events::{ExpectedVersion, GlobalPosition, StreamId, StreamVersion};

/// A stream was not at what the writer expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream `{stream}` is at {}, not at {expected}: read it again and decide again", at(*actual))]
pub struct Conflict {
    /// The stream.
    pub stream: StreamId,
    /// What the writer expected.
    pub expected: ExpectedVersion,
    /// What it is at; `None`: no events.
    pub actual: Option<StreamVersion>,
}

fn at(actual: Option<StreamVersion>) -> String {
    actual.map_or_else(|| "no events".to_owned(), |version| format!("version {version}"))
}

/// An append that will never pass as it is. Nothing was appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no events.
    #[error("the append has no events: give it at least one")]
    Empty,
    /// It names a stream twice.
    #[error("the append names stream `{0}` twice: put its events into one write")]
    StreamTwice(StreamId),
    /// Something is over a limit.
    #[error("{what} is {size}, over the limit of {limit}: make it smaller or split it")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The log is a copy.
    #[error("this is a copy of the log, which takes no events: hand them in where the log itself is")]
    Copy,
}

/// The log cannot take it now. Nothing was appended; trying again later can help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too much is waiting already.
    #[error("overloaded: {waiting} {what} are waiting already; try again in a moment")]
    Overloaded {
        /// What is waiting.
        what: &'static str,
        /// How many.
        waiting: usize,
    },
    /// The disk is full.
    #[error("the disk is full: free some space and try again; what was answered is safe and can be read")]
    StorageFull,
    /// The log is a copy, and what it is read from does not answer.
    #[error("the copy of the log cannot be reached ({reason}): try again in a moment")]
    OutOfReach {
        /// What happened.
        reason: String,
    },
}

/// The log does not work any more in this process. Whether an append in flight happened is known after the next open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It was closed.
    #[error("the log is closed")]
    Closed,
    /// The operating system failed to make data durable.
    #[error(
        "the log cannot make data durable ({reason}): check the disk, then restart; what was answered is safe"
    )]
    Storage {
        /// What the operating system said.
        reason: String,
    },
    /// What is stored is damaged.
    #[error(
        "the log is damaged at position {position}: {reason}; run `vidimus log verify` and restore the data directory from a backup"
    )]
    Corrupt {
        /// The first position that is known to be damaged.
        position: GlobalPosition,
        /// What is wrong there.
        reason: String,
    },
    /// The log is a copy, and cannot be had from it whole and unaltered.
    #[error("the copy of the log is of no use at position {position}: {reason}")]
    Copy {
        /// The first position that is missing or damaged.
        position: GlobalPosition,
        /// What is wrong there, and what to do.
        reason: String,
    },
}

/// Why an append did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A stream was not as expected. Nothing was appended; read, decide and append again.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// It will never pass as it is. Nothing was appended.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not now. Nothing was appended; try again later.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The log does not work any more; the outcome is unknown until the next open.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl AppendError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Conflict(_) => "conflict",
            Self::Refused(Refusal::Empty) => "append_empty",
            Self::Refused(Refusal::StreamTwice(_)) => "append_stream_twice",
            Self::Refused(Refusal::TooLarge { .. }) => "append_too_large",
            Self::Refused(Refusal::Copy) => "append_to_copy",
            Self::Unavailable(unavailable) => unavailable.code(),
            Self::Broken(broken) => broken.code(),
        }
    }

    /// Whether the same append can pass later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl Unavailable {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Overloaded { .. } => "overloaded",
            Self::StorageFull => "storage_full",
            Self::OutOfReach { .. } => "log_out_of_reach",
        }
    }
}

impl Broken {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Closed => "log_closed",
            Self::Storage { .. } => "storage_failed",
            Self::Corrupt { .. } | Self::Copy { .. } => "corrupt",
        }
    }
}

/// Why a read has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not now; try again later.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// What is stored is damaged, or the log is closed.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl ReadError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(unavailable) => unavailable.code(),
            Self::Broken(broken) => broken.code(),
        }
    }

    /// Whether the same read can pass later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is not in the tree.
    #[error("{what} {given} cannot be proved: ask for one from 1 to {last}")]
    OutOfRange {
        /// What is not: a position, a size, a subtree.
        what: &'static str,
        /// Which.
        given: u64,
        /// The last that can be proved.
        last: u64,
    },
    /// More was asked for than is proved at once.
    #[error("{asked} events are too many to prove at once: ask for at most {limit}")]
    TooMany {
        /// How many.
        asked: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl ProofError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "proof_out_of_range",
            Self::TooMany { .. } => "proof_too_many",
            Self::Read(error) => error.code(),
        }
    }

    /// Whether the same question can be answered later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Read(error) if error.is_retryable())
    }
}

impl From<Broken> for ProofError {
    fn from(broken: Broken) -> Self {
        Self::Read(broken.into())
    }
}

/// Why a log directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("`{}` is in use by {holder}: stop it, or let it do the work", directory.display())]
    Locked {
        /// The directory.
        directory: PathBuf,
        /// Who holds it, as far as it said.
        holder: String,
    },
    /// The operating system says no.
    #[error("cannot open the log in `{}`: {source}", directory.display())]
    Io {
        /// The directory.
        directory: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// What is stored is damaged, or was written by something else.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl OpenError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "data_locked",
            Self::Io { .. } => "storage_failed",
            Self::Broken(broken) => broken.code(),
        }
    }
}
