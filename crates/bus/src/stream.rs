//! JetStream streams that a feed is kept on: made where they are missing, checked where they are there.

mod config;
mod open;

use std::time::Duration;

use async_nats::jetstream::message::StreamMessage;
use bytes::Bytes;
pub(crate) use open::{is_api_of, open, refused};
use proto_events::Message;

/// What a stream has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSpec {
    /// Its name.
    pub name: String,
    /// The one subject pattern that it takes.
    pub subjects: String,
    /// What it is for, in words.
    pub description: String,
    /// Most bytes that it holds; then it takes nothing more, rather than losing the oldest. Counts where it is made: an
    /// operator may change it.
    pub max_bytes: u64,
    /// How long it holds a message; `None`: for ever. Counts where it is made.
    pub max_age: Option<Duration>,
    /// On how many servers it is kept (1 to 5). Counts where it is made.
    pub replicas: usize,
    /// Most bytes of a message that is ever put on it, with its headers: a server that takes less is refused at once,
    /// rather than at the message that nothing gets past.
    pub message_bytes: usize,
}

/// What the server counts of a message besides its payload, the names and the values of its headers.
const FRAME_BYTES: usize = 512;

impl StreamSpec {
    /// How large a message is to the server, or a little more.
    pub fn size_of(message: &Message) -> usize {
        let headers: usize = message.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        message.payload.len() + headers + message.id.len() + FRAME_BYTES
    }
}

/// A message as a stream has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its number on the stream, from 1.
    pub sequence: u64,
    /// Where it was sent.
    pub subject: String,
    /// Its headers, the first value of each.
    pub headers: Vec<(String, String)>,
    /// Its payload.
    pub payload: Bytes,
}

impl From<StreamMessage> for StoredMessage {
    fn from(message: StreamMessage) -> Self {
        let StreamMessage { subject, sequence, headers, payload, time: _ } = message;
        let first = |(name, values): (&async_nats::HeaderName, &Vec<async_nats::HeaderValue>)| {
            values.first().map(|value| (name.to_string(), value.as_str().to_owned()))
        };
        let headers = headers.iter().filter_map(first).collect();
        Self { sequence, subject: subject.into_string(), headers, payload }
    }
}

impl StoredMessage {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

/// Why a stream cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No server, or no answer.
    #[error("NATS is not there: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
    },
    /// The server refuses it.
    #[error(
        "NATS does not permit the use of the stream `{stream}` ({reason}): give the user of this connection the permissions that `vidimus nats config` writes"
    )]
    NotPermitted {
        /// The stream.
        stream: String,
        /// What the server said.
        reason: String,
    },
    /// It is there and something else.
    #[error(
        "the stream `{stream}` is there and cannot be used: {reason}; correct it with `nats stream edit`, or remove it"
    )]
    Unfit {
        /// The stream.
        stream: String,
        /// What does not fit.
        reason: String,
    },
    /// The server is of a version that cannot store messages as they are published.
    #[error(
        "the NATS server has version {version}, and publishing needs 2.12 or newer (atomic batches): upgrade the server; nothing was made on it"
    )]
    ServerTooOld {
        /// Its version.
        version: String,
    },
    /// The server takes too little in one message.
    #[error(
        "the NATS server takes at most {server} bytes in one message, and one for the stream `{stream}` can have {needed}: put `max_payload: {needed}` or more into the server's configuration"
    )]
    SmallPayload {
        /// The stream.
        stream: String,
        /// What the server takes.
        server: usize,
        /// What it has to take.
        needed: usize,
    },
    /// It cannot be made.
    #[error("the stream `{stream}` cannot be made: {reason}")]
    NotMade {
        /// The stream.
        stream: String,
        /// What the server said, and what to do.
        reason: String,
    },
}

impl OpenError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "nats_unavailable",
            Self::NotPermitted { .. } => "nats_not_permitted",
            Self::Unfit { .. } => "nats_stream_unfit",
            Self::ServerTooOld { .. } => "nats_server_too_old",
            Self::SmallPayload { .. } => "nats_max_payload_too_small",
            Self::NotMade { .. } => "nats_stream_not_made",
        }
    }

    /// Whether it can pass without anybody doing something.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::ServerTooOld { .. })
    }
}
