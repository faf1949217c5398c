//! Why a stream cannot be read.

/// Why a stream could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No server, or no answer.
    #[error("NATS does not answer ({reason}): try again in a moment")]
    Unavailable {
        /// What happened.
        reason: String,
    },
    /// The server refuses it.
    #[error(
        "NATS does not permit to read the stream `{stream}` ({reason}): the user of this connection needs to publish to `$JS.API.STREAM.INFO.{stream}` and `$JS.API.DIRECT.GET.{stream}`, and to subscribe to its inbox"
    )]
    NotPermitted {
        /// The stream.
        stream: String,
        /// What the server said.
        reason: String,
    },
    /// There is no such stream.
    #[error(
        "there is no stream `{stream}` on this server: check its name, its account, and that it was made"
    )]
    Missing {
        /// The stream.
        stream: String,
    },
    /// It is there and cannot be read by sequence.
    #[error("the stream `{stream}` cannot be read: {reason}")]
    Unfit {
        /// The stream.
        stream: String,
        /// What is wrong, and what to do.
        reason: String,
    },
}

impl ReadError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "nats_unavailable",
            Self::NotPermitted { .. } => "nats_not_permitted",
            Self::Missing { .. } => "nats_stream_missing",
            Self::Unfit { .. } => "nats_stream_unfit",
        }
    }

    /// Whether it can pass without anybody doing something.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
