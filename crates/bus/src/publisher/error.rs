//! Why messages are not stored.

/// Messages are not stored, or not known to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct PublishError {
    /// How many of them are stored for certain, from the first on.
    pub published: usize,
    /// Why not more.
    pub failure: PublishFailure,
}

/// Why messages are not stored, or not known to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishFailure {
    /// No answer, or none that says anything: they may be stored.
    #[error("NATS is not there: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
    },
    /// The stream does not end where it was thought to: they are there already, or somebody else's are.
    #[error("the stream does not end where it was known to end ({reason}): it is read again")]
    Fenced {
        /// What the server said.
        reason: String,
    },
    /// There is no room.
    #[error(
        "the stream is full ({reason}): make it larger with `nats stream edit {stream} --max-bytes …`, or give JetStream more room"
    )]
    Full {
        /// The stream.
        stream: String,
        /// What the server said.
        reason: String,
    },
    /// Permissions deny it.
    #[error(
        "NATS does not permit to publish ({reason}): give the user of this connection the permissions that `vidimus nats config` writes"
    )]
    NotPermitted {
        /// What the server said.
        reason: String,
    },
    /// A message is larger than any is expected to be.
    #[error("the message `{id}` has {size} bytes, and the stream takes at most {limit}")]
    TooLarge {
        /// Its id.
        id: String,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The server does not take it, for another reason.
    #[error("NATS does not take the message: {reason}")]
    Refused {
        /// What the server said.
        reason: String,
    },
}

impl PublishFailure {
    pub(super) fn unavailable(error: impl ToString) -> Self {
        Self::Unavailable { reason: error.to_string() }
    }
}

impl PublishError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self.failure {
            PublishFailure::Unavailable { .. } => "nats_unavailable",
            PublishFailure::Fenced { .. } => "nats_fenced",
            PublishFailure::Full { .. } => "nats_stream_full",
            PublishFailure::NotPermitted { .. } => "nats_not_permitted",
            PublishFailure::TooLarge { .. } => "nats_message_too_large",
            PublishFailure::Refused { .. } => "nats_refused",
        }
    }

    /// Whether it can pass without anybody doing something.
    pub const fn is_retryable(&self) -> bool {
        matches!(self.failure, PublishFailure::Unavailable { .. } | PublishFailure::Fenced { .. })
    }
}
