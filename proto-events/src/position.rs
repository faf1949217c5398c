//! Where an event stands: in the whole log, and in its stream.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// 1-based, gapless index of an event in the whole log. `0` stands for "before the first event".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct GlobalPosition(u64);

impl GlobalPosition {
    /// Before the first event: the tail of an empty log, and where a reader of everything starts after.
    pub const START: Self = Self(0);

    /// The position with this index; `0` is [`GlobalPosition::START`].
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The index as a number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl From<u64> for GlobalPosition {
    fn from(index: u64) -> Self {
        Self(index)
    }
}

impl fmt::Display for GlobalPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// 0-based index of an event in its stream.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct StreamVersion(u64);

impl StreamVersion {
    /// The version of a stream's first event.
    pub const FIRST: Self = Self(0);

    /// The version with this index.
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The index as a number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for StreamVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a writer believes a stream is at when it appends; a wrong belief is a *conflict*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpectedVersion {
    /// Whatever it is.
    Any,
    /// The stream has no events yet.
    NoStream,
    /// The stream's last event has this version.
    Exact(StreamVersion),
}

impl ExpectedVersion {
    /// What a writer expects who saw the stream end at `last` (`None`: saw no events).
    pub const fn after(last: Option<StreamVersion>) -> Self {
        match last {
            None => Self::NoStream,
            Some(version) => Self::Exact(version),
        }
    }

    /// Whether a stream whose last event has version `actual` (`None`: no events) satisfies this.
    pub fn admits(self, actual: Option<StreamVersion>) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual.is_none(),
            Self::Exact(version) => actual == Some(version),
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any version"),
            Self::NoStream => f.write_str("no events"),
            Self::Exact(version) => write!(f, "version {version}"),
        }
    }
}
