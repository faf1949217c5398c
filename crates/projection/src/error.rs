//! Errors: one enum per operation; whether trying again can help shows in the variant.

use std::path::PathBuf;

use proto_events::GlobalPosition;
use vidimus_log::ReadError;

use crate::{FeedError, View};

/// Why the directory of the views could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operating system says no.
    #[error("cannot open the views in `{}`: {reason}; check the directory and its permissions", directory.display())]
    Io {
        /// The directory.
        directory: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] ReadError),
}

impl OpenError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "storage_failed",
            Self::Log(error) => error.code(),
        }
    }
}

/// Why a view did not move on. Its rows and its checkpoint are as they were.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// An event is not known to this version of the program, or does not have its shape.
    #[error("cannot project the event at position {position}: {reason}")]
    Undecodable {
        /// Its position.
        position: GlobalPosition,
        /// What is wrong with it, and what to do.
        reason: proto_events::DecodeError,
    },
    /// The disk is full.
    #[error("the disk is full: free some space and try again; the {view} view is as it was")]
    StorageFull {
        /// The view.
        view: View,
    },
    /// The view's file turned out to be damaged; the next catching up rebuilds it.
    #[error("the {view} view is damaged ({reason}): catch up again, it is then rebuilt from the log")]
    Damaged {
        /// The view.
        view: View,
        /// What is wrong.
        reason: String,
    },
    /// The operating system or SQLite says no.
    #[error(
        "cannot write the {view} view: {reason}; check the disk and the directory of the views, then try again"
    )]
    Storage {
        /// The view.
        view: View,
        /// What was said.
        reason: String,
    },
}

impl From<FeedError> for ProjectionError {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Log(error) => Self::Log(error),
            FeedError::Undecodable { position, reason } => Self::Undecodable { position, reason },
        }
    }
}

impl ProjectionError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Log(error) => error.code(),
            Self::Undecodable { .. } => "event_undecodable",
            Self::StorageFull { .. } => "storage_full",
            Self::Damaged { .. } => "view_damaged",
            Self::Storage { .. } => "view_storage_failed",
        }
    }

    /// Whether trying again can help, as things are.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Log(error) => error.is_retryable(),
            Self::Undecodable { .. } => false,
            Self::StorageFull { .. } | Self::Damaged { .. } | Self::Storage { .. } => true,
        }
    }
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The page is too large or empty.
    #[error("a page of {limit} rows is not possible: ask for 1 to {max}")]
    InvalidLimit {
        /// What was asked for.
        limit: usize,
        /// What can be asked for.
        max: usize,
    },
    /// The cursor is damaged, or of another query.
    #[error(
        "`{cursor}` is no cursor of this query: take `next` of the page before, or leave it out to start anew"
    )]
    InvalidCursor {
        /// The cursor as handed in, cut to 80 characters.
        cursor: String,
    },
    /// The search text cannot be searched for.
    #[error("cannot search for `{text}`: {reason}")]
    InvalidSearch {
        /// The text as handed in, cut to 80 characters.
        text: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The view is not there yet, or is being rebuilt.
    #[error("the {view} view is being rebuilt: try again in a moment")]
    Rebuilding {
        /// The view.
        view: View,
    },
    /// The view's file turned out to be damaged; it is rebuilt.
    #[error(
        "the {view} view is damaged ({reason}): try again when it has caught up, it is rebuilt from the log"
    )]
    Damaged {
        /// The view.
        view: View,
        /// What is wrong.
        reason: String,
    },
    /// Too many queries are waiting already.
    #[error("overloaded: too many queries of the {view} view are waiting; try again in a moment")]
    Overloaded {
        /// The view.
        view: View,
    },
    /// The operating system or SQLite says no.
    #[error(
        "cannot read the {view} view: {reason}; check the disk and the directory of the views, then try again"
    )]
    Storage {
        /// The view.
        view: View,
        /// What was said.
        reason: String,
    },
    /// The view did not get there in time.
    #[error("the views are at position {at}, not yet at {wanted}: try again in a moment")]
    NotReached {
        /// Where they have to be.
        wanted: GlobalPosition,
        /// Where they are.
        at: GlobalPosition,
    },
}

impl QueryError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidLimit { .. } => "invalid_limit",
            Self::InvalidCursor { .. } => "invalid_cursor",
            Self::InvalidSearch { .. } => "invalid_search",
            Self::Rebuilding { .. } => "view_rebuilding",
            Self::Damaged { .. } => "view_damaged",
            Self::Overloaded { .. } => "overloaded",
            Self::Storage { .. } => "view_storage_failed",
            Self::NotReached { .. } => "position_not_reached",
        }
    }

    /// Whether the same query can pass later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::InvalidLimit { .. } | Self::InvalidCursor { .. } | Self::InvalidSearch { .. } => false,
            Self::Rebuilding { .. }
            | Self::Damaged { .. }
            | Self::Overloaded { .. }
            | Self::Storage { .. }
            | Self::NotReached { .. } => true,
        }
    }
}
