//! Why there are no views of the past.

use proto_events::{GlobalPosition, Timestamp};
use vidimus_log::ReadError;

use crate::{OpenError, ProjectionError, QueryError};

/// Why a question about the past has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PastError {
    /// The log does not go that far.
    #[error("`{asked}` is past the end of the log, which is at {tail}: take a position that an answer gave")]
    PositionUnknown {
        /// What was asked for.
        asked: GlobalPosition,
        /// Where the log ends.
        tail: GlobalPosition,
    },
    /// The instant is still to come: what will have been recorded by then is not known.
    #[error("`{asked}` is still to come: take an instant that is over")]
    TimeUnknown {
        /// What was asked for.
        asked: Timestamp,
    },
    /// The views are being built.
    #[error(
        "the views as of position {position} are being built: {done} of {of} events so far; ask again in a moment"
    )]
    Building {
        /// As of where.
        position: GlobalPosition,
        /// Events that were read.
        done: u64,
        /// Of so many.
        of: u64,
    },
    /// The views of another position are being built, and only one is at a time.
    #[error(
        "the views as of position {position} have to wait, as those as of {other} are being built: {done} of {of} events so far; ask again in a moment"
    )]
    BuildingOther {
        /// What was asked for.
        position: GlobalPosition,
        /// What is being built.
        other: GlobalPosition,
        /// Events that were read.
        done: u64,
        /// Of so many.
        of: u64,
    },
    /// They could not be built.
    #[error(
        "the views as of position {position} could not be built: {reason}; ask again, it is then tried anew"
    )]
    Failed {
        /// As of where.
        position: GlobalPosition,
        /// Stable code of what went wrong.
        code: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// A view has no answer.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl PastError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PositionUnknown { .. } | Self::TimeUnknown { .. } => "position_unknown",
            Self::Building { .. } | Self::BuildingOther { .. } => "as_of_building",
            Self::Failed { code, .. } => code,
            Self::Log(error) => error.code(),
            Self::Query(error) => error.code(),
        }
    }

    /// Whether the same question can have an answer later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::PositionUnknown { .. } | Self::TimeUnknown { .. } => false,
            Self::Building { .. } | Self::BuildingOther { .. } | Self::Failed { .. } => true,
            Self::Log(error) => error.is_retryable(),
            Self::Query(error) => error.is_retryable(),
        }
    }
}

/// Why a build ended without views.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) reason: String,
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self { code: error.code(), reason: error.to_string() }
    }
}

impl From<ProjectionError> for Failure {
    fn from(error: ProjectionError) -> Self {
        Self { code: error.code(), reason: error.to_string() }
    }
}
