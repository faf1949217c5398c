//! How a feed stands, for people and for metrics.

use proto_events::GlobalPosition;
use serde::Serialize;
use vidimus_bus::{OpenError, PublishError};
use vidimus_log::ReadError;

/// What keeps a feed from moving on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RelayTrouble {
    /// The stable code.
    pub code: &'static str,
    /// What it is and what to do, in words.
    pub reason: String,
    /// Whether it can pass without anybody doing something.
    pub retryable: bool,
}

/// How a feed stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RelayStatus {
    /// `notifications` or `recorded`.
    pub feed: &'static str,
    /// The stream that it is published on.
    pub stream: String,
    /// Up to here the log is published.
    pub position: GlobalPosition,
    /// Events of the log after that.
    pub lag: u64,
    /// Messages published since the start of the process.
    pub published: u64,
    /// Messages of somebody else that were found on the stream since the start of the process.
    pub foreign: u64,
    /// What keeps it from moving on; `None`: nothing.
    pub trouble: Option<RelayTrouble>,
}

impl RelayTrouble {
    pub(super) fn other_history(reason: String) -> Self {
        Self { code: "relay_other_history", reason, retryable: false }
    }

    pub(super) fn unpublishable(reason: String) -> Self {
        Self { code: "relay_event_unpublishable", reason, retryable: false }
    }
}

impl From<OpenError> for RelayTrouble {
    fn from(error: OpenError) -> Self {
        Self { code: error.code(), reason: error.to_string(), retryable: error.is_retryable() }
    }
}

impl From<PublishError> for RelayTrouble {
    fn from(error: PublishError) -> Self {
        Self { code: error.code(), reason: error.to_string(), retryable: error.is_retryable() }
    }
}

impl From<ReadError> for RelayTrouble {
    fn from(error: ReadError) -> Self {
        Self { code: error.code(), reason: error.to_string(), retryable: error.is_retryable() }
    }
}
